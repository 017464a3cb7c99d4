"""Events to observations: log source routes, an index by witnesses, rules as functions."""

from pipeline.match.matcher import Matcher, MatchError, RuleError
from pipeline.match.taxonomy import Taxonomy, load_taxonomy

__all__ = [
    "MatchError",
    "Matcher",
    "RuleError",
    "Taxonomy",
    "load_taxonomy",
]
