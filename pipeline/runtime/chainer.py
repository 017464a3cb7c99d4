"""The one writer of audit chains."""

from collections.abc import Iterable

from pipeline.incidents.audit import Chainer, Draft
from pipeline.ports import AuditStore


def audited(store: AuditStore, drafts: Iterable[Draft]) -> None:
    """Link drafts onto their chains and keep them; what is known is left out.

    Call inside a transaction: head and entry must be read and written together.
    """
    entries = Chainer(store.head, store.known)(drafts)
    if entries:
        store.append(entries)
