"""An incident as a card for people: PDF, A4, in Kazakh, Russian or English.

Equal records give equal bytes with the same font: the document's dates are the record's own. What
the font cannot show stands as an escape. The card is written and never read back.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from fpdf import FPDF
from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace

from pipeline.model import NANOSECONDS, Tri
from pipeline.notify.exports.font import Font
from pipeline.notify.exports.record import Details, Exported, Told
from pipeline.notify.exports.titles import CARD, title
from pipeline.notify.texts import Texts

Words = Callable[[str, str], str]
"""Gives the pack's word for a name in the card's language, by section (limbs, acts, aims, roles,
legs, answer, severity, occurrence, word) and name."""

MOST_ROWS = 25  # findings and notices each; a card is for a table, not for evidence
_FAMILY = "card"
_TEXT, _SMALL, _TITLE, _SECTION = 9, 8, 14, 11  # points
_LINE = 4.6  # millimetres
_MARGIN = 15
_TOGETHER = 40  # of a section, so that no heading stands alone at the end of a page
_SHADE = FontFace(emphasis="BOLD", fill_color=(235, 238, 242))


@dataclass(frozen=True, slots=True)
class Card:
    """Writes cards in one language with one font."""

    texts: Texts
    language: str
    font: Font

    def __call__(self, records: Sequence[Exported], words: Mapping[str, Words]) -> bytes:
        """Write a document with one card an incident, each from a new page.

        ``words``: by incident id, those of the law pack that judged it.
        """
        pdf = self._document(max((one.written_at for one in records), default=0))
        for record in records:
            pdf.add_page()  # which ends the page before with the incident that it is of
            pdf.incident = record.incident_id
            _Sheet(pdf, record, self, words[record.incident_id]).draw()
        return bytes(pdf.output())

    def say(self, name: str, **values: str) -> str:
        """Give a text of the card."""
        return self.texts.say(self.language, CARD, name, **values)

    def _document(self, written_at: int) -> "_Document":
        pdf = _Document(format="A4")
        pdf.paging = self.say
        pdf.set_title(self.say("heading"))
        pdf.set_lang(self.language)
        pdf.set_creator("Saqshy")
        pdf.set_producer("Saqshy")
        pdf.set_creation_date(datetime.fromtimestamp(written_at // NANOSECONDS, UTC))
        pdf.add_font(_FAMILY, "", self.font.regular)
        pdf.add_font(_FAMILY, "B", self.font.bold)
        pdf.set_margin(_MARGIN)
        pdf.set_auto_page_break(auto=True, margin=_MARGIN + 5)
        return pdf


class _Document(FPDF):
    """A document whose pages end with the incident's id and their number."""

    incident = ""
    paging: Callable[..., str] | None = None

    def footer(self) -> None:
        """End a page; fpdf2 calls it."""
        if self.paging is None:
            return
        self.set_y(-_MARGIN)
        self.set_font(_FAMILY, "", _SMALL)
        page = self.paging("page", number=str(self.page_no()), total=str(self.str_alias_nb_pages))
        self.cell(0, _LINE, f"{self.incident}   {page}", align="C")


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The pages of one incident, drawn from top to bottom."""

    pdf: _Document
    record: Exported
    card: Card
    words: Words

    def draw(self) -> None:
        """Draw all that the record has; of a stub what a stub may say."""
        record, details = self.record, self.record.details
        self.pdf.set_font(_FAMILY, "B", _SMALL)
        self._line(f"TLP:{record.tlp.upper()}", align="R")
        self.pdf.set_font(_FAMILY, "B", _TITLE)
        self._line(title(record, self.card.texts, self.card.language), height=7)
        self.pdf.ln(2)
        self._pairs(self._facts())
        self.pdf.ln(2)
        if details is None:
            self._line(self._say("stub"))
            return
        if details.trial:
            self._line(self._say("trial"))
        self._law(details)
        self._findings(details)
        self._told(details)
        self._proof(details)

    def _facts(self) -> Iterator[tuple[str, str]]:
        """Give what is known in one line each: of a stub only what a stub may say."""
        record, details, when = self.record, self.record.details, self._when
        yield self._say("incident"), record.incident_id
        yield self._say("object"), self._object()
        if details is not None:
            yield from self._standing(details)
        else:
            yield self._say("time.first_event_at"), when(record.time)
        yield self._say("severity"), self.words("severity", record.severity)
        if details is not None:
            yield from self._attributes(details)
        acts = ", ".join(self.words("acts", one) for one in record.acts)
        yield self._say("section.acts"), acts or self._say("acts.none")
        yield self._say("rsit"), record.rsit or "-"
        yield self._say("centre"), record.centre
        yield self._say("written_at"), when(record.written_at)

    def _object(self) -> str:
        record = self.record
        names = record.details.object_names if record.details is not None else {}
        name = names.get(self.card.language) or names.get("kk")
        return f"{record.object}, {name}" if name else record.object

    def _standing(self, details: Details) -> Iterator[tuple[str, str]]:
        if details.sector:
            yield (
                self._say("sector"),
                self.card.texts.word(self.card.language, "sector", details.sector),
            )
        yield self._say("state"), self.words("word", details.state)
        yield self._say("revision"), str(details.revision)
        if details.closing_verdict:
            closing = f"closing.{details.closing_verdict}"
            word = self.card.texts.word(self.card.language, CARD, closing)
            yield self._say("closing_verdict"), word
        if details.merged_into:
            yield self._say("merged_into"), details.merged_into
        for name in (
            "detected_at", "opened_at", "first_event_at", "last_event_at", "acknowledged_at",
            "contained_at", "restored_at", "closed_at",
        ):  # fmt: skip
            at = getattr(details.times, name)
            if at is not None:
                yield self._say(f"time.{name}"), self._when(at)

    def _attributes(self, details: Details) -> Iterator[tuple[str, str]]:
        law = details.law
        yield self._say("priority"), self.words("word", law.priority)
        yield self._say("occurrence"), self.words("occurrence", law.occurrence)
        for name in ("intent", "origin", "reality"):
            yield self._say(name), self.words("word", getattr(law, name))
        if law.aims:
            yield self._say("aims"), ", ".join(self.words("aims", one) for one in law.aims)
        if details.attack:
            yield self._say("attack"), ", ".join(details.attack)
        yield self._say("events"), str(details.event_count)

    def _law(self, details: Details) -> None:
        law = details.law
        self._section("section.class")
        rows = [(self._say("verdict"), law.verdict, law.basis.get("is_incident", ""))]
        rows += [(self.words("limbs", one.name), one.holds, one.basis) for one in law.limbs]
        rows += [
            (self.words("acts", name), holds, law.basis.get(f"acts.{name}", ""))
            for name, holds in law.acts.items()
            if holds is not Tri.UNKNOWN
        ]
        told = [(name, self.words("answer", holds.value), basis) for name, holds, basis in rows]
        self._table(("limb", "answer", "basis"), told, (46, 14, 40))

    def _findings(self, details: Details) -> None:
        if not details.findings:
            return
        self._section("section.findings")
        rows = [
            (
                one.title,
                str(one.event_count),
                self._when(one.first_event_at),
                self._when(one.last_event_at),
            )
            for one in details.findings[:MOST_ROWS]
        ]
        self._table(("rule", "count", "first", "last"), rows, (46, 8, 23, 23))
        self._beyond(details.finding_count - len(rows))

    def _told(self, details: Details) -> None:
        self._section("section.told")
        if not details.told:
            self._line(self._say("told.none"))
            return
        rows = [
            (
                self.words("roles", one.role),
                self.words("legs", one.leg),
                self._when(one.made_at),
                f"{self._when(one.due_at)} ({self.words('word', one.set_by)})",
                self._receipt(one),
                one.basis,
            )
            for one in details.told[:MOST_ROWS]
        ]
        columns = ("recipient", "leg", "made_at", "due_at", "received_at", "basis")
        self._table(columns, rows, (18, 15, 16, 18, 17, 16))
        self._beyond(len(details.told) - len(rows))

    def _receipt(self, one: Told) -> str:
        state = self.words("word", one.state)
        return state if one.received_at is None else f"{state}, {self._when(one.received_at)}"

    def _proof(self, details: Details) -> None:
        self._section("section.proof")
        commands = f"saqshy incidents show {self.record.incident_id} --json; saqshy audit verify"
        self._line(f"{self._say('hash')}:")
        self._line(details.hash)
        self._line(self._say("proof"))
        self._line(commands)

    def _section(self, name: str) -> None:
        self.pdf.ln(3)
        if self.pdf.will_page_break(_TOGETHER):
            self.pdf.add_page()
        self.pdf.set_font(_FAMILY, "B", _SECTION)
        self._line(self._say(name), height=6)
        self.pdf.set_font(_FAMILY, "", _TEXT)

    def _beyond(self, count: int) -> None:
        if count > 0:
            self._line(self._say("beyond", count=str(count)))

    def _line(self, text: str, height: float = _LINE, align: str = "L") -> None:
        self.pdf.multi_cell(
            0, height, self.card.font.shown(text), align=align, new_x="LMARGIN", new_y="NEXT"
        )

    def _pairs(self, rows: Iterable[tuple[str, str]]) -> None:
        self.pdf.set_font(_FAMILY, "", _TEXT)
        with self.pdf.table(
            col_widths=(32, 68),
            first_row_as_headings=False,
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            line_height=_LINE,
            padding=0.6,
            text_align="LEFT",
        ) as table:
            for name, value in rows:
                row = table.row()
                row.cell(self.card.font.shown(name), style=_SHADE)
                row.cell(self.card.font.shown(value))

    def _table(
        self,
        columns: Sequence[str],
        rows: Sequence[Sequence[str]],
        widths: tuple[int, ...],
    ) -> None:
        self.pdf.set_font(_FAMILY, "", _SMALL)
        with self.pdf.table(
            col_widths=widths,
            headings_style=_SHADE,
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            line_height=_LINE - 0.6,
            padding=0.6,
            text_align="LEFT",
        ) as table:
            for cells in ([self._say(one) for one in columns], *rows):
                row = table.row()
                for cell in cells:
                    row.cell(self.card.font.shown(cell))
        self.pdf.set_font(_FAMILY, "", _TEXT)

    def _say(self, name: str, **values: str) -> str:
        return self.card.say(name, **values)

    def _when(self, at: int) -> str:
        moment = datetime.fromtimestamp(at // NANOSECONDS, UTC)
        return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
