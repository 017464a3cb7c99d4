"""Of which generation a process is: none begins in one that is not ready, or no longer the last."""

from contextlib import closing

from connectors.stores.kafka.admin import Administration
from pipeline.errors import ConfigurationError, Problem
from pipeline.settings import ClusterSettings

_WHERE = "settings: cluster.generation"


def fit_generation(settings: ClusterSettings) -> None:
    """See that the settings' generation is the one in force; ConfigurationError where not.

    Two generations side by side would send the same notices twice. StoreError where no broker
    answers.
    """
    after = settings.model_copy(update={"generation": settings.generation + 1})
    with closing(Administration(settings)) as administration:
        if administration.committed(after.group("notifier")):
            what = f"is {settings.generation}, and {after.generation} is ready"
            way_out = f"set {after.generation} or more, for every process of the cluster"
            raise ConfigurationError([Problem(_WHERE, 0, what, way_out)])
        own = settings.group("notifier")
        if settings.generation > 1 and not administration.committed(own):
            what = f"is {settings.generation}, which is not ready"
            way_out = "run saqshy cluster rebuild to its end with the generation before it"
            raise ConfigurationError([Problem(_WHERE, 0, what, way_out)])
