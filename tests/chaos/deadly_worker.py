"""A worker that a record kills as a fault in native code would, wherever it is matched."""

import sys
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from pipeline.ports import ContentStore
from pipeline.runtime import stages
from pipeline.runtime.cli import main
from pipeline.runtime.cluster import working
from pipeline.runtime.cores.alone import Alone
from pipeline.runtime.cores.child import Child
from pipeline.settings import Settings
from tests.runtime.cores.deadly import Deadly


def deadly_alone(settings: Settings, content: ContentStore) -> Alone:
    """Match apart in processes that the same record kills."""
    program = "tests.runtime.cores.deadly"
    return Alone(
        partial(Child.begun, settings.log, settings.content.cache, program), content.bundle
    )


if __name__ == "__main__":
    stages.Answers = Deadly  # type: ignore[misc] # a fault put where native code would have it
    working.make_alone = deadly_alone  # type: ignore[attr-defined] # a name that it imports
    main()
