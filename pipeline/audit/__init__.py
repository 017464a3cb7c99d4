"""The auditor's reading of history: which notices were owed, and what became of them.

Shares no code with who judges, routes and delivers; it stands on the model alone.
"""

from pipeline.audit.chains import ChainEnd, Follower, chain_cut, chain_rewritten, entry_hash
from pipeline.audit.checkpoints import (
    OVERDUE,
    CheckpointFollower,
    Forest,
    checkpoint_rewritten,
    checkpoints_cut,
    overdue,
)
from pipeline.audit.chronicle import Allowance, Books, Chronicle, Library
from pipeline.audit.discrepancy import KINDS, Discrepancy
from pipeline.audit.duties import Duty, duties_of
from pipeline.audit.examination import Examine, Examined
from pipeline.audit.lawbook import LawBook
from pipeline.audit.likeness import Wanted
from pipeline.audit.matching import wanted_notices
from pipeline.audit.register import Register

__all__ = [
    "KINDS",
    "OVERDUE",
    "Allowance",
    "Books",
    "ChainEnd",
    "CheckpointFollower",
    "Chronicle",
    "Discrepancy",
    "Duty",
    "Examine",
    "Examined",
    "Follower",
    "Forest",
    "LawBook",
    "Library",
    "Register",
    "Wanted",
    "chain_cut",
    "chain_rewritten",
    "checkpoint_rewritten",
    "checkpoints_cut",
    "duties_of",
    "entry_hash",
    "overdue",
    "wanted_notices",
]
