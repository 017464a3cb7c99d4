"""What is doubtful in rules that can be used: told with file and line, changing nothing."""

import difflib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from pipeline.content import Content, Correlation, Rule
from pipeline.content.documents import RuleDocument, Unreadable, read_documents
from pipeline.content.sources import unpack_files
from pipeline.errors import Problem
from pipeline.match.necessary import needed_leaves, never_matches
from pipeline.match.reach import entries_giving, never_there, reached_by
from pipeline.match.taxonomy import Taxonomy

USUAL = 3  # a field that so many rules of a log source read is one of its fields
LIKENESS = 0.89
_TACTICS = (
    "collection", "command-and-control", "credential-access", "defense-evasion",
    "defense-impairment", "discovery", "evasion", "execution", "exfiltration", "impact",
    "impair-process-control", "inhibit-response-function", "initial-access", "lateral-movement",
    "persistence", "privilege-escalation", "reconnaissance",
    "resource-development", "stealth",
)  # fmt: skip
# Sigma specification 2.1, tags appendix, namespace attack; tactics of ATT&CK, also for ICS.
_ATTACK = re.compile(
    rf"attack\.(t\d{{4}}(\.\d{{3}})?|[gsma]\d{{4}}|ds\d{{4}}|{'|'.join(_TACTICS)})",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Doubt:
    """One thing to look at: its kind, the rule's id ("" where none is known), and where it is."""

    kind: str
    rule_id: str
    problem: Problem


@dataclass(slots=True)
class Linter:
    """Look over the rules and correlations of one content, for events of a taxonomy."""

    content: Content
    taxonomy: Taxonomy
    _documents: dict[str, list[RuleDocument]] = field(default_factory=dict)
    _files: dict[str, bytes] = field(default_factory=dict)
    _reached: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)
    _usual: dict[tuple[str, str, str], Counter[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._files = {file.name: file.data for file in unpack_files(self.content.bundle())}
        for rule in self.content.rules.values():
            self._usual.setdefault(_source(rule), Counter()).update(rule.fields)

    def __call__(self, files: frozenset[str] | None = None) -> list[Doubt]:
        """Give what is quarantined and what is doubtful, of these files or of all, by place."""
        doubts = [Doubt("quarantined", "", problem) for problem in self.content.quarantined]
        titles: dict[str, Rule | Correlation] = {}
        items: list[Rule | Correlation] = [
            *self.content.rules.values(),
            *self.content.correlations.values(),
        ]
        for item in sorted(items, key=lambda item: (item.file, item.line)):
            doubts += self._of_any(item, titles)
            if isinstance(item, Rule):
                doubts += self._of_rule(item)
        chosen = [doubt for doubt in doubts if files is None or doubt.problem.file in files]
        return sorted(chosen, key=lambda one: (one.problem.file, one.problem.line, one.kind))

    def _of_any(
        self, item: Rule | Correlation, titles: dict[str, Rule | Correlation]
    ) -> Iterator[Doubt]:
        other = titles.setdefault(item.title.casefold(), item)
        if other is not item:
            message = f"the title {item.title!r} stands in {other.file}:{other.line} too"
            yield self._doubt(item, "duplicate_title", message, "give it one of its own", "title")
        for name in ("level", "status"):
            if not getattr(item, name):
                yield self._doubt(item, f"no_{name}", f"has no {name}", f"give it a {name}")
        for tag in item.tags:
            if tag.startswith("attack.") and not _ATTACK.fullmatch(tag):
                way_out = _near(tag, [f"attack.{name}" for name in _TACTICS])
                message = f"{tag!r} is no tactic and no id of ATT&CK"
                yield self._doubt(item, "bad_attack_tag", message, way_out, "tags")

    def _of_rule(self, rule: Rule) -> Iterator[Doubt]:
        if not self._vocabularies(rule):
            yield self._unreached(rule)
        yield from self._unknown_fields(rule)
        if reason := never_matches(rule.predicate):
            yield self._doubt(rule, "never_matches", f"can never match: {reason}", "", "detection")
            return
        if fields := never_there(rule, self.taxonomy):
            message = f"can never match: no event of {source_words(rule)} has the {fields} it asks"
            way_out = "mend its log source, or what it asks"
            yield self._doubt(rule, "never_matches", message, way_out, "detection")
        if needed_leaves(rule.predicate) is None:
            message = "asks for nothing that must be in an event: it is asked about every event"
            way_out = "add a selection that an event must show"
            yield self._doubt(rule, "asked_always", message, way_out, "detection")

    def _vocabularies(self, rule: Rule) -> list[str]:
        key = _source(rule)
        if key not in self._reached:
            self._reached[key] = reached_by(rule, self.taxonomy)
        return self._reached[key]

    def _unreached(self, rule: Rule) -> Doubt:
        known = sorted(
            {
                label
                for vocabulary in self.taxonomy.vocabularies.values()
                for entry in vocabulary.sources
                for label in (*entry.product, *entry.category, *entry.service)
            }
        )
        wrong = [name for name in _source(rule) if name and name not in known]
        hints = (_near(name, known) for name in wrong)
        way_out = next((hint for hint in hints if hint), "add it to rules/taxonomies/sigma")
        message = f"no vocabulary has events of the log source {source_words(rule)}"
        return self._doubt(rule, "unreached_log_source", message, way_out, "logsource")

    def _unknown_fields(self, rule: Rule) -> Iterator[Doubt]:
        """Tell fields that nobody knows and that look like one that is known: misspelt ones.

        A vendor's field is found under its own name, so that a mere absence says nothing.
        """
        usual = self._usual[_source(rule)]
        known = {name for name, count in usual.items() if count >= USUAL}
        for name in self._vocabularies(rule):
            vocabulary = self.taxonomy.vocabularies[name]
            known.update(vocabulary.fields)
            known.update(other for names in vocabulary.fields.values() for other in names)
            for kind, label in zip(("category", "service"), _source(rule)[1:], strict=True):
                for entry in entries_giving(vocabulary, kind, label):
                    known.update(entry.fields)
        for name in rule.fields:
            if name in known:
                continue
            if hint := _near(name, sorted(known)):
                message = f"the field {name!r} is not known for {source_words(rule)}"
                yield self._doubt(rule, "unknown_field", message, hint, "detection", name)

    def _doubt(
        self, item: Rule | Correlation, kind: str, message: str, way_out: str, *place: str
    ) -> Doubt:
        line = self._line(item, place)
        return Doubt(kind, item.id, Problem(item.file, line, message, way_out))

    def _line(self, item: Rule | Correlation, place: tuple[str, ...]) -> int:
        """Give the line of a part of a rule's document: of a field that of its first use."""
        if item.file not in self._documents:
            self._documents[item.file] = _documents_of(self._files.get(item.file, b""))
        for document in self._documents[item.file]:
            if document.line != item.line:
                continue
            if len(place) > 1:
                for there, line in document.lines.items():
                    if there and str(there[-1]).partition("|")[0] == place[1]:
                        return line
            return document.line_of(*place[:1])
        return item.line


def source_words(rule: Rule) -> str:
    """Write a rule's log source in one line."""
    parts = zip(("product", "category", "service"), _source(rule), strict=True)
    return ", ".join(f"{kind} {label}" for kind, label in parts if label) or "any"


def _source(rule: Rule) -> tuple[str, str, str]:
    return rule.product, rule.category, rule.service


def _near(name: str, known: list[str]) -> str:
    folded = {other.casefold(): other for other in known}
    close = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=LIKENESS)
    return f"did you mean {folded[close[0]]!r}?" if close else ""


def _documents_of(data: bytes) -> list[RuleDocument]:
    try:
        return [one for one in read_documents(data) if isinstance(one, RuleDocument)]
    except Unreadable:
        return []
