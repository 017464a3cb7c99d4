"""What others know of an event's values, added after reading and before matching.

Each enrichment is a pure function of an event that answers a delta; ``Enrichment`` applies them in
their order. Data files are read by ``load_enrichment`` and named by the enrichment's revision.
"""

from pipeline.normalize.enrichment.data_file import DataFile
from pipeline.normalize.enrichment.delta import Enricher, Step, merge
from pipeline.normalize.enrichment.enrichment import Enrichment
from pipeline.normalize.enrichment.loading import enrichment_from_bundle, load_enrichment

__all__ = [
    "DataFile",
    "Enricher",
    "Enrichment",
    "Step",
    "enrichment_from_bundle",
    "load_enrichment",
    "merge",
]
