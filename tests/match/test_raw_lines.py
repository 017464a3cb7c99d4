"""Real rules of SigmaHQ's fire on raw lines of Linux and of the services that run on it."""

from pathlib import Path

import pytest

from pipeline.content import load_content
from pipeline.match import Matcher
from tests.match.material import taxonomy
from tests.normalize.reading import event_of

FOLDERS = (
    "rules/category/database",
    "rules/linux",
    "rules/web",
    "rules/application",
    "rules/network",
)
SERIAL = "audit(1772444400.123:456)"
SYSCALL = (
    f"type=SYSCALL msg={SERIAL}: arch=c000003e syscall=59 success=yes exit=0 a0=55d1 a1=55d2"
    ' a2=55d3 a3=8 items=2 ppid=1 pid=2 auid=1000 uid=0 euid=0 comm="x" exe="/usr/bin/x" key=(null)'
)


def execve(*arguments: str) -> str:
    """Write the lines of a call of execve, arguments with a blank in hexadecimal."""
    said = [f'"{one}"' if " " not in one else one.encode().hex().upper() for one in arguments]
    named = " ".join(f"a{number}={one}" for number, one in enumerate(said))
    title = "\0".join(arguments).encode().hex().upper()
    return (
        f"{SYSCALL}\ntype=EXECVE msg={SERIAL}: argc={len(said)} {named}\n"
        f"type=PROCTITLE msg={SERIAL}: proctitle={title}"
    )


def syscall(number: int, rest: str) -> str:
    """Write the line of a system call of a 64-bit machine that is not enriched."""
    return f"type=SYSCALL msg={SERIAL}: arch=c000003e syscall={number} success=yes exit=0 {rest}"


def path(name: str, kind: str) -> str:
    """Write the lines of a file that was opened by a name inside a folder."""
    return (
        syscall(257, 'a0=ffffff9c items=2 ppid=1 pid=2 uid=0 euid=0 comm="vi" exe="/usr/bin/vi"')
        + f'\ntype=PATH msg={SERIAL}: item=0 name="/etc/" inode=1 nametype=PARENT'
        + f'\ntype=PATH msg={SERIAL}: item=1 name="{name}" inode=2 nametype={kind}'
    )


def web(request: str, agent: str = "Mozilla/5.0", host: str = "", status: int = 200) -> str:
    """Write a line of an access log, with its virtual host where Apache writes it."""
    front = f"{host}:443 " if host else ""
    when = "[02/Mar/2026:14:40:01 +0500]"
    return f'{front}203.0.113.7 - - {when} "{request}" {status} 512 "-" "{agent}"'


ROWS = {
    "arguments of execve": (
        execve("steghide", "extract", "-sf", "a.jpg"),
        "a5a827d9-1bbe-4952-9293-c59d897eb41b",
    ),
    "six arguments": (
        execve("xclip", "-selection", "clipboard", "-t", "image/png", "-o"),
        "f200dc3f-b219-425d-a17e-c38467364816",
    ),
    "keywords in an argument in hexadecimal": (
        execve("sh", "-c", "cat /srv/.bash_history"),
        "eae8ce9f-bde9-47a6-8e79-f20d18419910",
    ),
    "a line that stayed alone": (
        f'type=EXECVE msg={SERIAL}: argc=3 a0="getcap" a1="-r" a2="/"',
        "fe10751f-1995-40a5-aaa2-c97ccb4123fe",
    ),
    "a system call by its number and its first argument": (
        syscall(103, 'a0=5 a1=0 items=0 uid=0 euid=0 comm="dmesg" exe="/usr/bin/dmesg"'),
        "eca5e022-d368-4043-98e5-9736fb01f72f",
    ),
    "a number as the effective user": (
        SYSCALL.replace("euid=0", "euid=33"),
        "c0d3734d-330f-4a03-aae2-65dacc6a8222",
    ),
    "a key": (
        SYSCALL.replace("key=(null)", 'key="susp_activity"'),
        "f7158a64-6204-4d6d-868a-6e6378b467e0",
    ),
    "a path": (
        path("/etc/ld.so.preload", "NORMAL"),
        "4b3cb710-5e83-4715-8c45-8b2b5b3e5751",
    ),
    "a created path": (
        path("/etc/systemd/system/x.service", "CREATE"),
        "1bac86ba-41aa-4f62-9d6b-405eac99b485",
    ),
    "a stopped service": (
        (
            f"type=SERVICE_STOP msg={SERIAL}: pid=1 uid=0 auid=4294967295 ses=4294967295 "
            "msg='unit=firewalld comm=\"systemd\" hostname=? addr=? terminal=? res=success'"
        ),
        "53059bc0-1472-438b-956a-7508a94a91f0",
    ),
    "a dispatcher's lines over syslog": (
        "\n".join(
            f"<134>Mar  2 14:40:01 gw01 audispd: {line}"
            for line in execve("getcap", "-r", "/").split("\n")
        ),
        "fe10751f-1995-40a5-aaa2-c97ccb4123fe",
    ),
    "a command of sudo": (
        "<85>Mar  2 14:40:01 gw01 sudo: ops : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id",
        "b45e3d6f-42c6-47d8-a478-df6bd6cf534c",
    ),
    "sshd": (
        "<83>Mar  2 14:40:01 gw01 sshd[820]: error: Corrupted MAC on input. [preauth]",
        "e76b413a-83d0-4b94-8e4c-85db4a5b8bdc",
    ),
    "a user with root's group": (
        (
            "<86>Mar  2 14:40:01 gw01 useradd[1337]: new user: name=john, UID=0, GID=0, home=/, "
            "shell=/bin/bash"
        ),
        "0ac15ec3-d24f-4246-aa2a-3077bb1cf90e",
    ),
    "crontab": (
        "<78>Mar  2 14:40:01 gw01 crontab[5]: (ops) REPLACE (ops)",
        "af202fd3-7bff-4212-a25a-fb34606cfcbe",
    ),
    "an injection, nginx": (
        web("GET /index.php?id=1%27%20UNION%20SELECT%201,2 HTTP/1.1"),
        "5513deaf-f49a-46c2-a6c8-3f111b5cb453",
    ),
    "a traversal, Apache": (
        web("GET /../../../../../etc/passwd HTTP/1.1", host="www.example.kz"),
        "7745c2ea-24a5-4290-b680-04359cb84b35",
    ),
    "an agent": (web("GET / HTTP/1.1", "sqlmap/1.2"), "19aa4f58-94ca-45ff-bc34-92e533c0994a"),
    "a script in a query, nginx inside syslog": (
        f"<190>Mar  2 14:40:01 web01 nginx: {web('GET /?q=<script>alert(1)</script> HTTP/1.1')}",
        "65354b83-a2ea-4ea6-8414-3ab38be0d409",
    ),
    "a path of sources": (web("GET /.git/config HTTP/1.1"), "953d460b-f810-420a-97a2-cfca4c98e602"),
    "Apache's error log": (
        (
            "[Mon Mar 02 14:40:01 2026] [core:notice] [pid 17] AH00052: child pid 5 exit signal "
            "Segmentation fault (11)"
        ),
        "1da8ce0b-855d-4004-8860-7d64d42063b1",
    ),
    "nginx's error log": (
        "2026/03/02 14:40:01 [alert] 1#1: worker process 5 exited on signal 6 (core dumped)",
        "59ec40bb-322e-40ab-808d-84fa690d7e56",
    ),
    "an agent through Squid": (
        web("GET http://example.org/a HTTP/1.1", "Mozilla/4.0 (compatible; MSIE 6.1; Windows NT)")
        + " TCP_MISS:HIER_DIRECT",
        "5c84856b-55a5-45f1-826f-13f37250cf4e",
    ),
    "a statement in PostgreSQL": (
        "2026-03-02 14:40:01.123 +05 [1] ops@shop LOG:  statement: select 1; drop table t",
        "d84c0ded-edd7-4123-80ed-348bb3ccc4d5",
    ),
}


@pytest.fixture(scope="module")
def matcher(sigmahq_folder: Path) -> Matcher:
    """Load the rules of Linux, web servers, applications and networks."""
    content = load_content([sigmahq_folder / name for name in FOLDERS], None)
    return Matcher(content, taxonomy())


@pytest.mark.parametrize(("record", "rule"), ROWS.values(), ids=ROWS)
def test_a_real_rule_fires(matcher: Matcher, record: str, rule: str) -> None:
    """The rule that SigmaHQ wrote for it matches the line as its program writes it."""
    assert rule in {match.rule_id for match in matcher.match(event_of(record))}


@pytest.mark.parametrize(
    "record",
    [
        execve("ls", "-l", "/srv"),
        web("GET /index.html HTTP/1.1"),
        "<86>Mar  2 14:40:01 gw01 sshd[820]: Server listening on 0.0.0.0 port 22.",
        "2026-03-02 14:40:01.123 +05 [1] ops@shop LOG:  statement: select 1",
    ],
    ids=["auditd", "web", "sshd", "postgresql"],
)
def test_what_is_usual_fires_nothing(matcher: Matcher, record: str) -> None:
    """An everyday line matches no rule."""
    assert list(matcher.match(event_of(record))) == []
