"""Events to observations: log source routes, an index by witnesses, rules as functions."""

from pipeline.match.compilation import COMPILED  # first: it decides which form is imported
from pipeline.match.engine import Cost
from pipeline.match.matcher import Matcher, MatchError, RuleError
from pipeline.match.taxonomy import Taxonomy, load_taxonomy

__all__ = [
    "COMPILED",
    "Cost",
    "MatchError",
    "Matcher",
    "RuleError",
    "Taxonomy",
    "load_taxonomy",
]
