"""The language in which people ask: a documented subset of KQL, read into conditions.

See README.md for its rules, and ``meaning.condition`` for the way in.
"""

from pipeline.query.language import RULES
from pipeline.query.meaning import condition, meant
from pipeline.query.parsing import QueryError, parse
from pipeline.query.syntax import written

__all__ = ["RULES", "QueryError", "condition", "meant", "parse", "written"]
