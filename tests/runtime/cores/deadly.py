"""A matching process that some records kill, or stop, as a fault in native code would."""

import os
import signal

from pipeline.model import RawBatch
from pipeline.normalize import Normalized
from pipeline.runtime import stages
from pipeline.runtime.cores.process import serve

DEADLY = b"d34dly"


class Deadly(stages.Answers):
    """Answers whose normaliser does not survive a record."""

    def normalize(self, batch: RawBatch) -> Normalized:
        """Die of a deadly record, else read the batch."""
        if any(DEADLY in record for record in batch.records):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().normalize(batch)


if __name__ == "__main__":
    stages.Answers = Deadly  # type: ignore[misc] # a fault put where native code would have it
    serve()
