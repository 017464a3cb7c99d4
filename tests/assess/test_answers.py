"""Tests of how yes, no and unknown are written."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from pipeline.assess.answers import NO, RANK, TRI, UNKNOWN, YES, Answer, Answers
from pipeline.model import Tri

ANSWER: TypeAdapter[Tri] = TypeAdapter(Answer)
ANSWERS: TypeAdapter[dict[str, Tri]] = TypeAdapter(Answers)


@pytest.mark.parametrize(
    ("given", "answer"),
    [(True, Tri.YES), (False, Tri.NO), (None, Tri.UNKNOWN), ("yes", Tri.YES), ("no", Tri.NO),
     ("unknown", Tri.UNKNOWN)],
)  # fmt: skip
def test_yaml_and_json_answers_are_the_same(given: Any, answer: Tri) -> None:
    """A bare yes of YAML is true and a bare no is false; both are read as what was written."""
    assert ANSWER.validate_python(given) is answer


@pytest.mark.parametrize("given", ["maybe", 1, [], "YES "])
def test_what_is_no_answer_is_refused(given: Any) -> None:
    """Anything else is an error, never unknown."""
    with pytest.raises(ValidationError):
        ANSWER.validate_python(given)


def test_a_list_names_what_holds() -> None:
    """A bare list of harms or acts says yes to each."""
    assert ANSWERS.validate_python(["copy"]) == {"copy": Tri.YES}
    assert ANSWERS.validate_python({"copy": False}) == {"copy": Tri.NO}
    assert ANSWERS.validate_python(None) == {}


def test_numbers_and_answers_are_one_to_one() -> None:
    """Every answer has one number and comes back from it."""
    assert [TRI[RANK[answer]] for answer in Tri] == list(Tri)
    assert NO < UNKNOWN < YES
