"""A process of the version after this one: ``next_version.py messages|state COMMAND...``.

What it writes of the one or the other bears that version.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from connectors.stores import partition_rows
from connectors.stores.kafka import frames

MESSAGES, STATE = frames.VERSION + 1, partition_rows.VERSION + 1

if __name__ == "__main__":
    if sys.argv.pop(1) == "messages":
        frames.VERSION = MESSAGES  # before anything else has it by its name
    else:
        partition_rows.VERSION = STATE
        partition_rows.VERSIONED = (partition_rows.VERSIONED[0], b"%d" % STATE)
    from pipeline.runtime.cli import main

    main()
