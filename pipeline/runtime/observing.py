"""The stateless half of one batch, whatever its records do to it."""

from pipeline.errors import SaqshyError
from pipeline.model import Failure, RawBatch
from pipeline.runtime.chain import Chain, Observed, poison_failure, without

ATTEMPTS = 3


def observe(chain: Chain, batch: RawBatch) -> Observed:
    """Run the stateless half; records that break it three times become failures."""
    for _ in range(ATTEMPTS):
        try:
            return chain.observe(batch)
        except SaqshyError:
            raise
        except Exception as error:  # noqa: BLE001 (it counts and routes)
            # The error's own text may quote the record, so its kind must do.
            reason = type(error).__name__
    poison = _isolate(chain, batch, tuple(range(len(batch.records))))
    observed = chain.observe(without(batch, poison))
    left = [failure for failure in observed.failures if failure.index not in poison]
    failures: list[Failure] = [
        *left,
        *(poison_failure(batch, index, reason) for index in poison),
    ]
    return Observed(observed.events, failures, observed.observation, observed.stopped)


def _isolate(chain: Chain, batch: RawBatch, indexes: tuple[int, ...]) -> list[int]:
    """Bisect a batch down to the records that break the stateless half."""
    others = tuple(set(range(len(batch.records))) - set(indexes))
    try:
        chain.observe(without(batch, others))
    except Exception:  # noqa: BLE001 (finding the record that breaks is the purpose)
        if len(indexes) == 1:
            return list(indexes)
    else:
        return []
    half = len(indexes) // 2
    return [
        *_isolate(chain, batch, indexes[:half]),
        *_isolate(chain, batch, indexes[half:]),
    ]
