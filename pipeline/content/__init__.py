"""Detection content: Sigma rules, correlations and filters, parsed by pySigma, by revision."""

from pipeline.content.content import Content
from pipeline.content.loading import content_from_bundle, load_content
from pipeline.content.rule import Comparison, Correlation, CorrelationCondition, Rule

__all__ = [
    "Comparison",
    "Content",
    "Correlation",
    "CorrelationCondition",
    "Rule",
    "content_from_bundle",
    "load_content",
]
