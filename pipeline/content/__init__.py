"""Detection content: Sigma rules, correlations and filters, parsed by pySigma, by revision."""

from pipeline.content.content import Content
from pipeline.content.loading import content_from_bundle, load_content
from pipeline.content.rule import Correlation, CorrelationCondition, Rule

__all__ = [
    "Content",
    "Correlation",
    "CorrelationCondition",
    "Rule",
    "content_from_bundle",
    "load_content",
]
