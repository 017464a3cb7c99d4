"""Findings to verdicts: the law pack, labels, predicate, severity, route, terms."""

from pipeline.assess.assessment import Case, assess, object_flags, regimes
from pipeline.assess.folding import fold_key, join_within
from pipeline.assess.labels import labels_for, read_tags
from pipeline.assess.pack import Pack, load_pack, pack_from_bundle
from pipeline.assess.reach import unreachable
from pipeline.assess.terms import CentreTerms, Due, Moments, Term, terms_due
from pipeline.assess.words import pack_words

__all__ = [
    "Case",
    "CentreTerms",
    "Due",
    "Moments",
    "Pack",
    "Term",
    "assess",
    "fold_key",
    "join_within",
    "labels_for",
    "load_pack",
    "object_flags",
    "pack_from_bundle",
    "pack_words",
    "read_tags",
    "regimes",
    "terms_due",
    "unreachable",
]
