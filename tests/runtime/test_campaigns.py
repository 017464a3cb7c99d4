"""A campaign against several owners, from syslog to incidents, and once more from the journal."""

from pathlib import Path

from pipeline.model import Finding, to_json
from pipeline.runtime.engine import Engine
from tests.runtime.centre import Centre, centre, prepare

RULE = """
title: One Address Tries Several Owners
id: 7c0de8a5-3a0e-4d0c-9d43-6a5e7a0f1b42
status: test
level: high
tags: [attack.t1110, saqshy.act.unauthorised-access]
custom: {saqshy.scope: centre}
correlation:
  type: value_count
  rules: [sshd_failed_password]
  group-by: [source.ip]
  timespan: 10m
  condition: {gte: 2, field: saqshy.object_id}
"""
ADDRESS = "198.51.100.99"


def failed(host: str, second: int) -> bytes:
    """Give one failed logon at a host of some object."""
    return (
        f"<86>1 2026-03-02T20:40:{second:02d}.000+05:00 {host} sshd 9 - - "
        f"Failed password for invalid user u-{host} from {ADDRESS} port 4000 ssh2"
    ).encode()


def campaign(made: Centre) -> list[Finding]:
    """Give the findings of the rule across objects."""
    return [one for one in made.findings() if "campaign" in one.fields]


def test_each_owner_is_told_of_its_own_part(tmp_path: Path) -> None:
    """Two owners behind one address: each has a finding and an incident of its own events."""
    prepare(tmp_path)
    (tmp_path / "correlation" / "several_owners.yml").write_text(RULE, encoding="utf-8")
    with centre(tmp_path) as made:
        made.take([failed("bank-gw01", 1), failed("transport-ctl01", 2)])
        assert campaign(made) == []  # the transport's system is in trial operation
        made.take([failed("tec-jump01", 3)])
        found = {one.object_id: one for one in campaign(made)}
        assert set(found) == {"kz-bank", "kz-energy-tec"}
        assert {one.fields["affected_objects"] for one in found.values()} == {2}
        assert len({one.fields["campaign"] for one in found.values()}) == 1
        assert b"bank" not in to_json(found["kz-energy-tec"])
        assert b"tec" not in to_json(found["kz-bank"])
        for object_id, one in found.items():
            (incident,) = made.system.stores.incidents.latest(object_id)
            assert one.id in incident.finding_ids
        made.tick(5)
        kept = made.system.stores.state.objects()
        assert "@centre" in kept
        assert list(made.system.stores.incidents.latest("@centre")) == []


def test_an_engine_that_starts_again_finds_the_same(tmp_path: Path) -> None:
    """State across objects is read from the store: a restart in between changes nothing."""
    told = []
    for name, restarts in (("steady", False), ("restarted", True)):
        folder = tmp_path / name
        folder.mkdir()
        prepare(folder)
        (folder / "correlation" / "several_owners.yml").write_text(RULE, encoding="utf-8")
        with centre(folder) as made:
            for number, host in enumerate(["bank-gw01", "tec-jump01", "bank-gw01", "egov-web01"]):
                made.take([failed(host, number)])
                if restarts:
                    engine = made.system.engine
                    made.system.engine = Engine(
                        engine.stores, engine.chain, engine.clock, engine.telemetry
                    )
                    made.system.engine.watch = made.outcomes.append
            told.append([(one.object_id, one.revision, one.event_count) for one in campaign(made)])
    assert told[0] == told[1]
    assert {object_id for object_id, _, _ in told[0]} == {
        "kz-bank", "kz-energy-tec", "kz-egov-portal",
    }  # fmt: skip
