"""What a device's own words say of an event's kind."""

import pytest

from pipeline.model import Json
from pipeline.normalize.nature import categorise, outcome_told

ADDRESS: Json = {"source": {"ip": "192.0.2.1"}}


@pytest.mark.parametrize(
    ("words", "action", "more", "expected"),
    [
        ("User login failed", "", {}, {"category": ["authentication"], "type": ["start"],
                                       "outcome": "failure"}),
        ("Successful logon", "", ADDRESS, {"category": ["authentication"], "type": ["start"],
                                           "outcome": "success"}),
        ("Вход пользователя в систему", "", {}, {"category": ["authentication"],
                                                 "type": ["start"]}),
        ("Жүйеге кіру сәтсіз", "", {}, {"category": ["authentication"], "type": ["start"],
                                        "outcome": "failure"}),
        ("user logged out", "", {}, {"category": ["authentication"], "type": ["end"]}),
        ("Virus detected", "", {}, {"category": ["malware"], "type": ["info"]}),
        ("Обнаружен вредоносный объект", "", {}, {"category": ["malware"], "type": ["info"]}),
        ("Virus definitions updated", "", {}, {}),
        ("flow", "drop", ADDRESS, {"category": ["network"], "type": ["connection", "denied"]}),
        ("flow", "seen", ADDRESS, {"category": ["network"], "type": ["connection"]}),
        ("heartbeat", "", {}, {}),
    ],
)  # fmt: skip
def test_kinds(words: str, action: str, more: Json, expected: Json) -> None:
    """Words in three languages, or else addresses and a verdict, name the kind; or nothing does."""
    ecs: Json = {"event": {"dataset": "x"}, **more}
    categorise(ecs, words, action)
    assert ecs["event"] == {"dataset": "x", **expected}


@pytest.mark.parametrize(
    ("code", "dataset", "kind", "category"),
    [
        ("GNRL_EV_VIRUS_FOUND", "kaspersky.ksc", "alert", ["malware"]),
        ("GNRL_EV_SOMETHING_NEW", "kaspersky.ksc", "event", ["host"]),
        ("KLAUD_EV_OBJECTMODIFY", "kaspersky.ksc", "event", ["configuration"]),
        ("4000003000", "kaspersky.kics", "alert", ["intrusion_detection", "network"]),
    ],
)
def test_event_types_of_kaspersky(code: str, dataset: str, kind: str, category: list[str]) -> None:
    """An event type of Kaspersky's names its kind by its beginning."""
    ecs: Json = {"event": {"dataset": dataset, "kind": "event", "code": code}}
    categorise(ecs, f"{code} words", "")
    assert (ecs["event"]["kind"], ecs["event"]["category"]) == (kind, category)


@pytest.mark.parametrize(
    ("words", "outcome"),
    [("unsuccessful", "failure"), ("/Success", "success"), ("отказано", "failure"), ("", "")],
)
def test_outcomes(words: str, outcome: str) -> None:
    """Failure counts before success, of which its word is a part."""
    assert outcome_told(words) == outcome
