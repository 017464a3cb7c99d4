"""The part of `saqshy cluster apply` that is for Elasticsearch: templates, indices, aliases."""

from connectors.stores.elasticsearch.store import open_elastic
from connectors.stores.elasticsearch.templates import apply, differences
from pipeline.settings import ElasticsearchSettings


def apply_indices(settings: ElasticsearchSettings | None, *, dry_run: bool) -> list[str]:
    """Put templates and make indices; say what was done, with ``dry_run`` what is not as it should.

    Nothing where the settings have no Elasticsearch. StoreError where it does not answer.
    """
    if settings is None:
        return []
    store = open_elastic(settings)
    try:
        if dry_run:
            return list(differences(store.client, store.documents.names))
        return apply(store.client, store.documents.names, settings)
    finally:
        store.close()
