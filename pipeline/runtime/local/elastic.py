"""One Elasticsearch on this machine: TLS, and a user for each role of the project's file."""

import base64
import hashlib
import os
import secrets
import shutil
import ssl
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from pipeline.errors import StoreError
from pipeline.runtime.local.java import Service, deployed, fetched, free_ports, kept
from pipeline.runtime.pki import Pki

VERSION = "8.19.5"
PATIENCE = 300.0  # seconds: a busy machine takes its time
NOBODY = 65534  # it refuses to run as root
_LOGGING = """status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%c{1.}] %m%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
"""
_JVM = """-Xms512m
-Xmx512m
-XX:+UseSerialGC
-XX:TieredStopAtLevel=1
-Djava.io.tmpdir=${ES_TMPDIR}
"""


@dataclass(frozen=True, slots=True)
class LocalElastic:
    """An Elasticsearch that is up: its address, its CA, and each user's file with the password."""

    url: str
    ca: Path
    passwords: Mapping[str, Path]

    def section(self, user: str) -> dict[str, object]:
        """Give the settings' section ``elasticsearch`` as that user."""
        return {
            "urls": [self.url],
            "user": user,
            "password_file": str(self.passwords[user]),
            "ca": str(self.ca),
            "replicas": 0,
        }


@contextmanager
def local_elastic(
    passwords: Path, log: Path, pki: Pki, users: Mapping[str, str]
) -> Iterator[LocalElastic]:
    """Run a server of those users, each with its role, for as long as the block runs.

    It is made anew each time, in a folder for temporary files; passwords are written into a folder
    of the caller's. StoreError where it cannot be had, or does not start.
    """
    home = fetched("elasticsearch", VERSION) / "elasticsearch"
    folder = Path(tempfile.mkdtemp(prefix="saqshy-elasticsearch-"))
    words = {name: secrets.token_hex(16) for name in users}
    cluster = f"saqshy-{uuid.uuid4().hex}"
    http, transport = free_ports(2)
    try:
        lay_out(folder, pki, cluster, (http, transport))
        write_users(folder / "config", users, words)
        hand_over(folder)
        elastic = LocalElastic(f"https://127.0.0.1:{http}", pki.ca, kept(passwords, words))
        service = Service(
            "Elasticsearch", command(home, folder, "TERM"), folder, log, environment(folder)
        )
        user = next(iter(users))
        try:
            service.start(lambda: _answers(elastic, user, words[user], cluster), PATIENCE)
            yield elastic
        finally:
            service.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def lay_out(
    folder: Path, pki: Pki, cluster: str, ports: Sequence[int], settings: Sequence[str] = ()
) -> None:
    """Write the configuration of a server of one node (ports of HTTP and transport).

    ``settings`` are further lines of its file.
    """
    for name in ("config", "data", "logs", "tmp"):
        (folder / name).mkdir()
    lines = (
        f"cluster.name: {cluster}",
        "node.name: local",
        f"path.data: {folder}/data",
        f"path.logs: {folder}/logs",
        "network.host: 127.0.0.1",
        f"http.port: {ports[0]}",
        f"transport.port: {ports[1]}",
        "discovery.type: single-node",
        "cluster.routing.allocation.disk.threshold_enabled: false",
        "action.destructive_requires_name: true",
        "xpack.security.enabled: true",
        "xpack.security.autoconfiguration.enabled: false",
        "xpack.security.enrollment.enabled: false",
        "xpack.security.http.ssl.enabled: true",
        "xpack.security.http.ssl.key: server.key.pem",
        "xpack.security.http.ssl.certificate: server.pem",
        *settings,
    )
    config = folder / "config"
    (config / "elasticsearch.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (config / "jvm.options").write_text(_JVM, encoding="utf-8")
    (config / "log4j2.properties").write_text(_LOGGING, encoding="utf-8")
    shutil.copy(pki.receiver, config / "server.pem")
    shutil.copy(pki.receiver_key, config / "server.key.pem")


def write_users(config: Path, users: Mapping[str, str], words: Mapping[str, str]) -> None:
    """Write users with their roles and passwords, and the roles of the project."""
    shutil.copy(deployed("elasticsearch", "roles.yml"), config / "roles.yml")
    hashed = "".join(f"{name}:{_hashed(word)}\n" for name, word in words.items())
    (config / "users").write_text(hashed, encoding="utf-8")
    roles = "".join(f"{role}:{name}\n" for name, role in users.items())
    (config / "users_roles").write_text(roles, encoding="utf-8")
    (config / "role_mapping.yml").write_text("", encoding="utf-8")


def hand_over(folder: Path) -> None:
    """Give the folder to the user that the server runs as, where we are root."""
    if os.geteuid() == 0:
        folder.chmod(0o755)
        for path in folder.rglob("*"):
            os.chown(path, NOBODY, NOBODY)


def command(home: Path, folder: Path, signal: str) -> list[str]:
    """Give what starts it; where its starter is killed, root's launcher gets that signal."""
    started = [str(home / "bin" / "elasticsearch"), "-p", str(folder / "tmp" / "pid")]
    if os.geteuid() == 0:
        user = ["--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"]
        return ["setpriv", *user, "--pdeathsig", signal, *started]
    return started


def environment(folder: Path) -> dict[str, str]:
    """Give what it reads from its environment."""
    return {
        "ES_PATH_CONF": str(folder / "config"),
        "ES_JAVA_HOME": str(Path(os.path.realpath(str(shutil.which("java")))).parents[1]),
        "CLI_JAVA_OPTS": "-Xmx64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1",
        "ES_TMPDIR": str(folder / "tmp"),
        "HOME": str(folder),
        "LANG": "C.UTF-8",
    }


def _hashed(password: str) -> str:
    """Hash as the file realm reads it (``PBKDF2``: HMAC-SHA512, 32 bytes)."""
    salt, rounds = os.urandom(32), 1000
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, rounds, 32)
    told = "$".join(base64.b64encode(part).decode() for part in (salt, digest))
    return f"{{PBKDF2}}{rounds}${told}"


def _answers(elastic: LocalElastic, user: str, password: str, cluster: str) -> bool:
    """Tell whether this very server answers: that a port does is not enough."""
    trust = ssl.create_default_context(cafile=elastic.ca)
    try:
        with httpx.Client(verify=trust, auth=(user, password)) as client:
            found = client.get(f"{elastic.url}/_cluster/health", timeout=5)
            if found.status_code != httpx.codes.OK:
                return False
            health = found.json()
    except httpx.HTTPError:
        return False
    if health["cluster_name"] != cluster:
        raise StoreError(f"another server listens on {elastic.url}: try again")
    return bool(health["status"] != "red")
