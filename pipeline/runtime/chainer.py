"""The one writer of audit chains."""

from collections.abc import Iterable, Sequence

from pipeline.incidents.audit import Chainer, Draft
from pipeline.model import AuditEntry, as_document
from pipeline.ports import AuditStore, Trail


def audited(store: AuditStore | Trail, drafts: Iterable[Draft]) -> Sequence[AuditEntry]:
    """Link drafts onto their chains and keep them; give the entries. What is known is left out.

    Call inside a transaction: head and entry must be read and written together. A process that
    chains nothing itself tells the one that does, and has no entries.
    """
    if isinstance(store, Trail):
        store.tell([as_document(draft) for draft in drafts])
        return ()
    entries = Chainer(store.head, store.known)(drafts)
    if entries:
        store.append(entries)
    return entries
