"""What is deployed: every command and setting in it exists, and every file it names is there."""

import os
import re
import shlex
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from pipeline.errors import ConfigurationError
from pipeline.registry import load_registry
from pipeline.runtime.cli.app import COMMANDS
from pipeline.runtime.configuration import read_settings
from pipeline.settings import ClusterSettings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
MANIFESTS = sorted((DEPLOY / "kubernetes" / "base").glob("*.yaml"))
LONG = ("collect", "worker", "notifier", "indexer", "web", "auditor")
EXPOSURE = 2.0  # of 10, as systemd-analyze counts; lower is safer


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prepare a copy of the stack's folder, as its README says."""
    top = tmp_path_factory.mktemp("stack")
    shutil.copytree(DEPLOY, top / "deploy", ignore=shutil.ignore_patterns("var"))
    shutil.copytree(ROOT / "rules" / "objects", top / "rules" / "objects")
    compose = top / "deploy" / "compose"
    for _ in range(2):  # what is there is kept
        subprocess.run([str(compose / "prepare.sh")], check=True, capture_output=True, timeout=120)
    return compose


def stack() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose" / "compose.yml").read_text("utf-8"))
    return found


def test_mounts_name_files_that_are_there(prepared: Path) -> None:
    """Every folder and file that a service mounts is in the repository, or made by prepare.sh."""
    volumes = set(stack()["volumes"])
    for name, service in stack()["services"].items():
        for mount in service.get("volumes", []):
            place = mount.split(":")[0]
            if place.startswith("."):
                outside = place.startswith("../../")
                base = DEPLOY / "compose" if outside else prepared
                assert (base / place).exists(), f"{name}: {place}"
            else:
                assert place in volumes, f"{name}: {place}"


def test_secrets_are_closed_and_never_committed(prepared: Path) -> None:
    """Keys verify under the authority, and git ignores all that prepare.sh makes."""
    context = ssl.create_default_context(cafile=prepared / "tls" / "ca.pem")
    for key in (prepared / "tls").glob("*.key.pem"):
        if key.name != "ca.key.pem":
            context.load_cert_chain(key.with_name(key.name.replace(".key", "")), key)
    ignored = (DEPLOY / "compose" / ".gitignore").read_text("utf-8").split()
    made = {one.name for one in prepared.iterdir()} - {
        one.name for one in (DEPLOY / "compose").iterdir()
    }
    assert made <= {one.strip("/") for one in ignored}
    assert len({one.read_text() for one in (prepared / "secrets").glob("*")}) == len(
        list((prepared / "secrets").glob("*"))
    )


def test_rights_come_before_topics_and_topics_before_processes(prepared: Path) -> None:
    """Each process starts once its user has rights and its topics are there; each user is known."""
    services = stack()["services"]
    assert services["rights"]["command"][:2] == ["cluster", "rights"]
    assert "rights" in services["prepare"]["depends_on"]
    roles = yaml.safe_load((DEPLOY / "kafka" / "acls.yml").read_text("utf-8"))
    known = (prepared / "secrets" / "users_roles").read_text("utf-8")
    for name, one in services.items():
        if one.get("command", [""])[0] in LONG:
            assert list(one["depends_on"]) == ["prepare"], name
            own = Path(one["environment"]["SAQSHY__CLUSTER__CERTIFICATE"]).stem
            assert own.removeprefix("saqshy-") in roles, name
            user = one["environment"].get("SAQSHY__ELASTICSEARCH__USER")
            assert user is None or f"saqshy_{user}:{user}\n" in known, name


def test_prometheus_of_the_stack_asks_its_processes() -> None:
    """Every process is a target under its name and the port of its settings, Alertmanager too."""
    compose, services = DEPLOY / "compose", stack()["services"]
    told = yaml.safe_load((compose / "prometheus.yml").read_text("utf-8"))
    settings = yaml.safe_load((compose / "cluster.yml").read_text("utf-8"))
    assert settings["cluster"]["address"] == "0.0.0.0"
    port = settings["cluster"].get("port", ClusterSettings().port)
    (job,) = told["scrape_configs"]
    long = {name for name, one in services.items() if one.get("command", [""])[0] in LONG}
    assert set(job["static_configs"][0]["targets"]) == {f"{name}:{port}" for name in long}
    (manager,) = told["alerting"]["alertmanagers"]
    hosts = [one.split(":")[0] for one in manager["static_configs"][0]["targets"]]
    assert set(hosts) <= set(services)
    assert {"watch"} <= {network for name in long for network in services[name]["networks"]}
    given = yaml.safe_load((DEPLOY / "grafana/provisioning/dashboards/saqshy.yml").read_text())
    paths = {str(Path(one["options"]["path"]).parent) for one in given["providers"]}
    mounted = {one.split(":")[1] for one in services["grafana"]["volumes"]}
    assert paths <= mounted


def test_nothing_is_mounted_into_a_mount() -> None:
    """A folder that is mounted to be read only takes no further mount inside."""
    for name, service in stack()["services"].items():
        places = [one.split(":")[1] for one in service.get("volumes", [])]
        inside = [(a, b) for a in places for b in places if a != b and b.startswith(f"{a}/")]
        assert inside == [], name


def environment(settings: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in settings.items() if name.startswith("SAQSHY__")}


@pytest.mark.parametrize(
    "service", [name for name, one in stack()["services"].items() if "command" in one]
)
def test_a_service_runs_a_command_with_its_settings(
    prepared: Path, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of our services names a command that exists, and its settings are read."""
    one = stack()["services"][service]
    if one.get("image", "").startswith("prom/"):
        assert all(word.startswith("--") for word in one["command"])
        return
    if one.get("image", "").startswith("grafana/"):
        made = {
            word.split("/")[-1].rstrip(')"') for word in one["command"][0].split() if "/" in word
        }
        there = {
            path.name for folder in ("tls", "secrets") for path in (prepared / folder).iterdir()
        }
        assert made <= {*there, "run.sh"}
        told = (DEPLOY / "grafana/provisioning/datasources/saqshy.yml").read_text("utf-8")
        asked = set(re.findall(r"\$(SAQSHY_\w+)", told))
        assert asked == {
            name for name in (*one["environment"], *re.findall(r"export (\w+)=", one["command"][0]))
            if name.startswith("SAQSHY_")
        }  # fmt: skip
        return
    assert one["command"][0] in COMMANDS
    for name, value in environment(one.get("environment", {})).items():
        monkeypatch.setenv(name, value)
    settings = read_settings(prepared / "cluster.yml")
    assert settings.cluster is not None
    assert settings.cluster.key is not None
    assert settings.elasticsearch is not None
    secret = settings.elasticsearch.password_file
    mounted = [settings.cluster.key, settings.cluster.certificate, settings.cluster.ca]
    if secret is not None:
        mounted.append(secret)
    assert [str(path) for path in mounted if path is None or not path.exists()] == []


def manifests() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in MANIFESTS:
        for document in yaml.safe_load_all(path.read_text("utf-8")):
            if document["kind"] != "Kustomization":
                yield f"{path.name}:{document['kind']}:{document['metadata']['name']}", document


@pytest.mark.parametrize(
    "manifest", [one for _, one in manifests()], ids=[n for n, _ in manifests()]
)
def test_a_manifest_fits_kubernetes(manifest: dict[str, Any]) -> None:
    """By the schema of its kind; a pod has no rights, probes, and commands that exist."""
    kubernetes_validate.validate(manifest, "1.31", strict=True)
    if manifest["kind"] != "StatefulSet":
        return
    pod = manifest["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert not pod["automountServiceAccountToken"]
    for container in pod["containers"]:
        assert container["args"][0] in COMMANDS
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        for probe, path in (("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")):
            assert container[probe]["httpGet"]["port"] == "health"
            assert container[probe]["httpGet"]["path"] == path


def test_kustomizations_name_files_that_are_there() -> None:
    """Resources and generated files exist, and the example's settings and registry are read."""
    example = DEPLOY / "kubernetes" / "example"
    for folder in (example, DEPLOY / "kubernetes" / "base"):
        said = yaml.safe_load((folder / "kustomization.yaml").read_text("utf-8"))
        names = [*said["resources"]]
        names += [file for one in said.get("configMapGenerator", []) for file in one["files"]]
        assert [name for name in names if not (folder / name).exists()] == []
    assert read_settings(example / "cluster.yml").cluster is not None
    assert list(load_registry([example / "objects.yml"]).objects(1_800_000_000 * 10**9))


def started(unit: Path) -> list[str]:
    (line,) = re.findall(r"(?m)^ExecStart=(.*)$", unit.read_text("utf-8"))
    words = shlex.split(line)
    if words[:2] == ["/bin/sh", "-c"]:
        words = shlex.split(words[2].removeprefix("exec "))
    return words


@pytest.mark.parametrize("unit", UNITS, ids=lambda one: one.name)
def test_a_unit_starts_a_command_that_exists(unit: Path) -> None:
    """Its command and options are ours, its folders are those that tmpfiles makes."""
    program, command, *options = started(unit)
    assert program == "/opt/saqshy/.venv/bin/saqshy"
    assert command in COMMANDS or command == "%i"
    assert options[-2] == "--config"
    text = unit.read_text("utf-8")
    for wanted in ("User=saqshy", "NoNewPrivileges=true", "ProtectSystem=strict"):
        assert wanted in text


@pytest.mark.parametrize("unit", UNITS, ids=lambda one: one.name)
def test_a_unit_is_never_given_up(unit: Path) -> None:
    """What ends is started again for as long as it takes; what runs once a night is not."""
    text = unit.read_text("utf-8")
    assert ("Restart=always" in text) != ("Type=oneshot" in text)
    assert ("StartLimitIntervalSec=0" in text) == ("Restart=always" in text)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
@pytest.mark.parametrize("unit", UNITS, ids=lambda one: one.name)
def test_a_unit_is_closed(unit: Path) -> None:
    """The service manager itself finds nothing unknown in it, and little exposure."""
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    told = [
        line
        for line in verified.stderr.splitlines()
        if unit.name in line and "is not executable" not in line and "Unit " not in line
    ]
    assert told == []
    found = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=100", str(unit)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    exposure = re.search(r"exposure level for \S+: ([0-9.]+)", found.stdout)
    assert exposure is not None, found.stdout + found.stderr
    assert float(exposure[1]) <= EXPOSURE


def test_the_authority_keeps_what_is_there(tmp_path: Path) -> None:
    """Asked twice it changes nothing; certificates verify by name; a bad name is refused."""
    script, folder = str(DEPLOY / "tls" / "authority.sh"), tmp_path / "tls"
    names = ["console,console.example,127.0.0.1", "centre"]
    for _ in range(2):
        subprocess.run([script, str(folder), *names], check=True, capture_output=True, timeout=60)
        kept = {one.name: one.read_bytes() for one in folder.iterdir()}
    assert {name for name, _ in kept.items()} == {
        "ca.pem", "ca.key.pem", "console.pem", "console.key.pem", "centre.pem", "centre.key.pem",
    }  # fmt: skip
    assert all(
        (folder / name).stat().st_mode & 0o077 == 0 for name in kept if name.endswith(".key.pem")
    )
    for host in ("console.example", "console"):
        subprocess.run(
            ["openssl", "verify", "-CAfile", str(folder / "ca.pem"), "-verify_hostname", host,
             "-purpose", "sslserver", str(folder / "console.pem")],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip
    bad = subprocess.run(
        [script, str(folder), "../evil"], capture_output=True, text=True, check=False, timeout=60
    )
    assert bad.returncode == 2
    assert "is no name" in bad.stderr


def test_settings_of_the_stack_are_refused_without_their_files(tmp_path: Path) -> None:
    """A registry that prepare.sh has not copied is told by its place."""
    shutil.copy(DEPLOY / "compose" / "cluster.yml", tmp_path / "cluster.yml")
    settings = read_settings(tmp_path / "cluster.yml")
    with pytest.raises(ConfigurationError, match=re.escape(os.fspath(tmp_path / "objects"))):
        load_registry(settings.registry)
