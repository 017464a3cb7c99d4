"""The norms of the detectors of duties are the law pack's."""

from pathlib import Path

from pipeline.assess import load_pack
from pipeline.correlate.duties_watch import DUTY_DETECTORS
from pipeline.runtime.duty_norms import duty_norms

LAW = Path(__file__).parents[2] / "rules" / "law"


def test_the_kazakh_pack_has_a_norm_for_every_detector() -> None:
    """Each names an article of one of its two laws."""
    norms = duty_norms(load_pack(LAW / "kz"))
    assert norms.keys() == DUTY_DETECTORS.keys()
    assert all(one.startswith(("kz-418-V/", "kz-527-IV/")) for (one,) in norms.values())


def test_another_pack_has_none() -> None:
    """What is a duty in one country is none in another."""
    assert duty_norms(load_pack(LAW / "nis2")) == {}
