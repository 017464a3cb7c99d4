"""What a sender is told of records that are not kept: why, and how its source is registered."""

from collections.abc import Mapping

from pipeline.ports import Delivery
from pipeline.registry import UNKNOWN_SOURCE, Refusal
from pipeline.runtime.collect import Collector


def told_refusals(collector: Collector, delivery: Delivery) -> Mapping[int, str]:
    """Say of each record that the collector does not keep why; shows nothing of its content."""
    refused = collector.admission.refusals(delivery, collector.clock.now())
    return {index: _words(refusal, delivery) for index, refusal in refused.items()}


def _words(refusal: Refusal, delivery: Delivery) -> str:
    if refusal.reason != UNKNOWN_SOURCE:
        return (
            f"records of {refusal.sender} are not taken ({refusal.reason}): its owner's head "
            "has to attest the object open, see its attestation in the registry"
        )
    if delivery.proven:
        return (
            f"{delivery.proven} is not registered: add this source to its object in the registry, "
            "or correct the token's line"
        )
    return (
        f"no registered object has the source {refusal.sender}: add it to its object's sources "
        f"in the registry, with match: listeners [{delivery.source}], addresses [{delivery.peer}], "
        "and hosts, certificates or fields that are its own"
    )
