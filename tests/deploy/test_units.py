"""The units as they are installed: a real systemd starts them, with all that they may not do."""

import re
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.runtime.catalogue import CATALOGUE
from tests.connectors.elastic_server import PASSWORD, Server, empty_store
from tests.connectors.kafka_broker import Broker
from tests.dashboards.prometheus_server import until
from tests.deploy.booted import Booted, booted
from tests.runtime.centre import entry, failures

STEPS = Path(__file__).parents[2] / "deploy" / "systemd" / "README.md"
SETTINGS = "/etc/saqshy/saqshy.yml"
STANDALONE = ("saqshy", "saqshy-auditor", "saqshy-web")
CLUSTER = ("indexer", "notifier", "worker", "collect")
PATIENCE = 240.0
# Shown only once it is used: streams and messages of the coordination centre are not set up here.
UNUSED = ("saqshy_event_stream_", "saqshy_ncc_")
pytestmark = pytest.mark.proof


def steps() -> list[list[str]]:
    """Give the commands of the README, a list a block; what has no copy here is left out."""
    blocks: list[list[str]] = [[]]
    for line in STEPS.read_text("utf-8").splitlines():
        if line.startswith("    sudo "):
            blocks[-1].append(line.strip())
        elif blocks[-1]:
            blocks.append([])
    ready = ("sudo git clone", "sudo deploy/dev/install.sh")  # boot.sh gives what these make
    return [[one for one in block if not one.startswith(ready)] for block in blocks if block]


def follow(machine: Booted, commands: list[str]) -> None:
    """Run a README's commands as root, those of a user as that user."""
    for command in commands:
        if user := re.match(r"sudo -u (\w+) ", command):
            machine("sh", "-c", f"cd /opt/saqshy && {command[user.end() :]}", user=user[1])
        else:
            machine("sh", "-c", f"cd /opt/saqshy && {command.replace('sudo ', '')}")


def free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()


def asked(url: str) -> str:
    """Give what an address answers; "" while it does not, or is not well."""
    try:
        with urllib.request.urlopen(url, timeout=10) as found:
            return str(found.read().decode())
    except (OSError, urllib.error.HTTPError):
        return ""


def sent(port: int, records: list[bytes]) -> None:
    """Send records as syslog over TCP."""
    with socket.create_connection(("127.0.0.1", port)) as wire:
        wire.sendall(b"".join(b"%d %s" % (len(one), one) for one in records))


def closed_in(machine: Booted, unit: str) -> None:
    """See that a unit's processes run as they should: filtered, without rights, never restarted."""
    why = machine.told(unit.partition("@")[0])[-3000:]
    assert machine.shown(unit, "ActiveState") == "active", why
    assert machine.shown(unit, "NRestarts") == "0", why
    pid = machine.shown(unit, "MainPID")
    told = dict(re.findall(r"(?m)^(\w+):\t(.*)$", machine("cat", f"/proc/{pid}/status")))
    assert (told["Seccomp"], told["NoNewPrivs"], int(told["CapEff"], 16)) == ("2", "1", 0)
    assert told["Uid"].split()[0] != "0"


@pytest.fixture(scope="module")
def machine() -> Iterator[Booted]:
    """Follow the README to a machine that runs everything in one process."""
    with booted() as made:
        first, second = steps()
        status, console, wire = free_ports(3)
        install = [one for one in first if "saqshy init" in one]
        follow(made, install)
        path = made.file(SETTINGS)
        change: dict[str, Any] = {
            "workers": 2,
            "listeners": [{"name": "wire", "kind": "syslog_tcp", "port": wire}],
            "web": {"port": status},
            "login": {
                "origin": f"http://127.0.0.1:{console}",
                "accounts": "var/accounts.db",
                "key": "var/login.key",
            },
            "serving": {"port": console},
        }
        path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text("utf-8")), **change}))
        follow(made, [one for one in first if one not in install])
        follow(made, second)
        yield made


def test_the_standalone_units_work(machine: Booted) -> None:
    """Listener, matching processes, store, notices, auditor and console work under their units."""
    said = yaml.safe_load(machine.file(SETTINGS).read_text("utf-8"))
    url = f"http://127.0.0.1:{said['web']['port']}/metrics"
    until(lambda: "saqshy_matching_processes 2.0" in asked(url), "two processes match", PATIENCE)
    sent(said["listeners"][0]["port"], [*failures(45), entry(45)])
    until(lambda: "saqshy_incidents{" in asked(url), "it becomes an incident", PATIENCE)
    console = f"http://127.0.0.1:{said['serving']['port']}/login"
    until(lambda: "<form" in asked(console), "the console answers", PATIENCE)
    until(lambda: "auditor.db" in machine("ls", "/var/lib/saqshy"), "the auditor looks", PATIENCE)
    for unit in STANDALONE:
        closed_in(machine, unit)
    assert machine("ls", "/etc/saqshy/var/") == machine("ls", "/var/lib/saqshy")


def test_a_password_is_asked_for_under_its_unit(machine: Booted) -> None:
    """Whoever is unknown is refused by the page, so argon2 runs where memory is never code."""
    said = yaml.safe_load(machine.file(SETTINGS).read_text("utf-8"))
    url = f"http://127.0.0.1:{said['serving']['port']}/login"
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    until(lambda: "<form" in asked(url), "the console answers", PATIENCE)
    with opener.open(url, timeout=30) as page:
        names = re.findall(r'name="(\w+)"(?: [^>]*)? value="([^"]*)"', page.read().decode())
    form = {**dict(names), "name": "nobody", "password": "wrong"}
    data = "&".join(f"{name}={value}" for name, value in form.items()).encode()
    try:
        with opener.open(url, data, timeout=60) as answer:
            status = answer.status
    except urllib.error.HTTPError as error:
        status = error.code
    assert status in {200, 400, 401, 403, 422}
    closed_in(machine, "saqshy-web")


def test_a_reload_and_the_nightly_units_work(machine: Booted) -> None:
    """The running process reads its files again; retention and backup end well, and leave one."""
    machine("systemctl", "reload", "saqshy")
    for unit in ("saqshy-retention", "saqshy-backup"):
        machine("systemctl", "start", f"{unit}.service")
        assert machine.shown(f"{unit}.service", "Result") == "success", machine.told(unit)
    assert machine("sh", "-c", "ls /var/lib/saqshy/backups/*").strip()
    closed_in(machine, "saqshy")


def test_a_killed_process_comes_back(machine: Booted) -> None:
    """A process that is killed is started again, finds its store, and works on."""
    said = yaml.safe_load(machine.file(SETTINGS).read_text("utf-8"))
    url = f"http://127.0.0.1:{said['web']['port']}/metrics"
    machine("systemctl", "kill", "--signal=KILL", "saqshy")
    until(lambda: machine.shown("saqshy", "NRestarts") == "1", "it is started again", PATIENCE)
    until(lambda: "saqshy_events_kept 13.0" in asked(url), "it has its events", PATIENCE)
    assert machine.shown("saqshy", "ActiveState") == "active"


def test_the_clusters_units_work(
    machine: Booted, kafka: Broker, elastic: Server, tmp_path: Path
) -> None:
    """Each process of the cluster is ready under its unit, and shows what the catalogue says."""
    empty_store(elastic).close()
    ports = dict(zip((*CLUSTER, "wire"), free_ports(5), strict=True))
    machine.file("/etc/saqshy/tls/elastic-ca.pem").write_bytes(elastic.pki.ca.read_bytes())
    machine.file("/etc/saqshy/password").write_text(PASSWORD)
    common = yaml.safe_load(machine.file(SETTINGS).read_text("utf-8"))
    for name in ("web", "login", "serving", "listeners", "workers"):
        common.pop(name)
    for name in (*CLUSTER, "admin"):
        document = {
            **common,
            "store": {"path": f"var/{name}.db"},
            "tick_seconds": 0.5,
            "cluster": {
                "brokers": [kafka.plain], "prefix": f"{tmp_path.name}.", "partitions": 2,
                "replication": 1, "folder": f"var/{name}", "port": ports.get(name),
                "ticks": name == "collect",
            },
            "elasticsearch": {
                "urls": [elastic.url], "user": "root" if name == "admin" else "indexer",
                "password_file": "password", "ca": "tls/elastic-ca.pem", "replicas": 0,
            },
        }  # fmt: skip
        if name == "collect":
            wire = {"name": "wire", "kind": "syslog_tcp", "port": ports["wire"]}
            document["listeners"] = [wire]
        machine.file(f"/etc/saqshy/{name}.yml").write_text(yaml.safe_dump(document))
    machine("chgrp", "-R", "saqshy", "/etc/saqshy")
    machine("chmod", "-R", "u=rwX,g=rX,o=", "/etc/saqshy")
    apply = ("/opt/saqshy/.venv/bin/saqshy", "cluster", "apply", "--config")
    machine(*apply, "/etc/saqshy/admin.yml", user="saqshy")
    urls = {name: f"http://127.0.0.1:{ports[name]}" for name in CLUSTER}
    for name in CLUSTER:
        machine("systemctl", "restart", f"saqshy@{name}")
    for name in CLUSTER:
        until(lambda name=name: asked(f"{urls[name]}/readyz"), f"{name} is ready", PATIENCE)
    sent(ports["wire"], [*failures(45), entry(45)])
    until(lambda: _has(urls["worker"], "saqshy_incidents_opened_total{"), "it is found", PATIENCE)
    until(lambda: _has(urls["indexer"], 'items_total{result="written"}'), "indexed", PATIENCE)
    for name in CLUSTER:
        closed_in(machine, f"saqshy@{name}")
        shows_its_catalogue(machine, name, asked(f"{urls[name]}/metrics"))
    assert {machine.shown(f"saqshy@{name}", "ActiveState") for name in CLUSTER} == {"active"}


def _has(url: str, series: str) -> bool:
    values = re.findall(rf"(?m)^\S*{re.escape(series)}\S* (\S+)$", asked(f"{url}/metrics"))
    return any(float(one) > 0 for one in values)


def shows_its_catalogue(machine: Booted, process: str, page: str) -> None:
    """See that a page has every series that the catalogue gives its process, and promtool is well.

    promtool's only objection is the name that the process of Python itself has chosen.
    """
    process = "collector" if process == "collect" else process
    shown = set(re.findall(r"(?m)^# TYPE (\S+)", page))
    told = {name for name, one in CATALOGUE.items() if process in one.shown_by}
    assert {one for one in told - shown if not one.startswith(UNUSED)} == set(), process
    assert shown <= CATALOGUE.keys(), process
    path = machine.file(f"/tmp/{process}.prom")
    path.write_text(page)
    assert machine("sh", "-c", f"promtool check metrics </tmp/{process}.prom 2>&1") == ""
