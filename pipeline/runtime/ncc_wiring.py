"""Messages of the coordination centre put together: the link, the inventory, what counts."""

from functools import partial

from prometheus_client import CollectorRegistry

from connectors.sources.ncc_messages import NccMessages
from pipeline.registry.inventory import read_inventories
from pipeline.runtime.collect import Collector
from pipeline.runtime.ncc_figures import MessageFigures
from pipeline.runtime.ncc_intake import MessageIntake
from pipeline.settings import Settings


def make_messages(
    settings: Settings, collector: Collector, metrics: CollectorRegistry
) -> MessageIntake | None:
    """Make what asks for messages; None where no key to verify them is set.

    ConfigurationError where a file of the link cannot be used.
    """
    ncc = settings.notify.ncc
    if ncc is None or ncc.message_key is None:
        return None
    inventories = partial(read_inventories, settings.registry)
    figures = MessageFigures(metrics)
    return MessageIntake(NccMessages(ncc), collector, inventories, figures, ncc.messages_seconds)
