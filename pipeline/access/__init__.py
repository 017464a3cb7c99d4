"""Who may see and do what: one policy table, asked in one place (SPEC 6)."""

from pipeline.access.access import Access
from pipeline.access.policy import Policy, load_policy
from pipeline.access.sight import NotAskable, Sight
from pipeline.access.viewer import Factor, Role, Viewer

__all__ = ["Access", "Factor", "NotAskable", "Policy", "Role", "Sight", "Viewer", "load_policy"]
