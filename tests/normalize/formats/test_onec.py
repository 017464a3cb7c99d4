"""1C's event log: what becomes of an element, and of what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Event, FailureCode, TimeConfidence
from tests.normalize.golden_rows import rows_of
from tests.normalize.reading import ALMATY, at, batch_of, event_of, failure_of, normalized

EVENT = (
    "<v8e:Event><v8e:Level>Information</v8e:Level><v8e:Date>2026-03-02T14:00:00</v8e:Date>"
    "<v8e:Event>_$Session$_.Start</v8e:Event>{}</v8e:Event>"
)


def test_a_time_is_read_in_the_source_s_zone() -> None:
    """The log gives local times without a zone."""
    found = event_of(EVENT.format(""), zone=ALMATY)
    assert found.document()["@timestamp"] == "2026-03-02T09:00:00Z"
    assert found.time_confidence is TimeConfidence.ZONE_ASSUMED


@pytest.mark.parametrize(
    ("data", "native"),
    [
        ("<v8e:Data xsi:nil='true'/>", {}),
        ('<v8e:Data xsi:type="xs:string">a &lt; ә</v8e:Data>', {"Data": "a < ә"}),
        ("<v8e:Data><a:Value>1</a:Value><a:Value>2</a:Value></v8e:Data>", {"Data": ["1", "2"]}),
        (
            (
                '<v8e:Data xmlns:q="http://example.org/q"><q:Property name="Права"><q:Value>'
                "<q:Value>Чтение</q:Value><q:Value>Запись</q:Value></q:Value></q:Property></v8e:Data>"
            ),
            {"Data.Права": ["Чтение", "Запись"]},
        ),
        (
            (
                '<v8e:Data><v8:Property name="A"><v8:Property name="B"><v8:Value>c</v8:Value>'
                "</v8:Property></v8:Property></v8e:Data>"
            ),
            {"Data.A.B": "c"},
        ),
        ("<v8e:Metadata><v8e:Item>Роль.А</v8e:Item></v8e:Metadata>", {"Metadata": "Роль.А"}),
        ("<v8e:Comment><![CDATA[x <b> y]]></v8e:Comment>", {"Comment": "x <b> y"}),
        ("<v8e:Comment>a\x01b</v8e:Comment>", {"Comment": "a\ufffdb"}),
    ],
    ids=str,
)
def test_data_of_any_shape_is_kept(data: str, native: dict[str, object]) -> None:
    """Structures, lists and texts stand under their own names, whatever prefixes they have."""
    found = event_of(EVENT.format(data)).native
    for name in ("Level", "Date", "Event"):
        del found[name]
    assert found == native


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ("<v8e:Event><v8e:Level>a", FailureCode.TRUNCATED),
        ("<v8e:Event><v8e:Level>a</v8e:Date></v8e:Event>", FailureCode.SYNTAX),
        ("<v8e:Event></v8e:Event>", FailureCode.UNKNOWN_FORMAT),
        ("<v8e:Other/>", FailureCode.UNKNOWN_FORMAT),
        ('<v8e:Event><!DOCTYPE a [<!ENTITY b "c">]>&b;</v8e:Event>', FailureCode.SYNTAX),
        ("<v8e:Event>" + "<v8e:a>" * 9000 + "</v8e:Event>", FailureCode.SYNTAX),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_no_event_is_refused(record: str, code: FailureCode) -> None:
    """Cut, broken and empty elements, and declarations of entities, are refused with a reason."""
    assert failure_of(record, "onec").code is code


def test_many_and_deep_members_are_bounded() -> None:
    """Neither thousands of properties nor deep structures make an event without end."""
    many = "".join(f'<p name="{n}"><v>1</v></p>' for n in range(5000))
    assert len(event_of(EVENT.format(f"<v8e:Data>{many}</v8e:Data>")).native) <= 512
    deep = '<p name="x">' * 200 + "</p>" * 200
    assert at(event_of(EVENT.format(f"<v8e:Data>{deep}</v8e:Data>")).ecs, "event.action")


ROWS = [row.record for row in rows_of("onec")]


@given(st.sampled_from(ROWS), st.integers(0, 2000), st.integers(0, 60), st.binary(max_size=12))
def test_a_changed_record_is_an_event_or_refused(
    record: bytes, start: int, length: int, instead: bytes
) -> None:
    """Real records with any stretch replaced give one Event or one Failure."""
    changed = record[:start] + instead + record[start + length :]
    (item,) = normalized(batch_of(changed, format_name="onec"))
    assert isinstance(item, Event) or item.detail
