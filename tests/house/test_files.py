"""What the project's texts keep to, and that the lock files are what pyproject.toml asks for."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.code import ROOT, text_files

TOP = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "LICENSE")
FOLDERS = ("connectors", "dashboards", "deploy", "pipeline", "rules", "tests")
# In two pieces, so that this file does not name what it forbids.
MACHINES = ("/work" + "/main", "/root" + "/", "py" + "pi.org", "python" + "hosted")
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")


def locked(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)", text, flags=re.MULTILINE))


def wished() -> dict[str, list[Requirement]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    base = [*project["project"]["dependencies"], *groups["build"]]
    fast = project["project"]["optional-dependencies"]["fast"]
    return {
        "requirements.lock": [Requirement(text) for text in base],
        "requirements-dev.lock": [Requirement(text) for text in [*base, *groups["dev"], *fast]],
    }


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_the_lock_holds_what_the_project_asks_for(name: str) -> None:
    """Every dependency of pyproject.toml stands in the lock, in a version that it allows."""
    pinned = locked(name)
    unmet = [
        str(wish)
        for wish in wished()[name]
        if not wish.specifier.contains(pinned.get(canonicalize_name(wish.name), "0"))
    ]
    assert unmet == [], "make lock"


@pytest.mark.parametrize(
    "name", ["requirements.lock", "requirements-dev.lock", "deploy/dev/virtualenv.lock"]
)
def test_locks_pin_by_hash_and_name_no_registry(name: str) -> None:
    """Every line of a lock is an exact version or its hash; no address stands in it."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    pin = re.compile(r"[a-z0-9._-]+==[^ ]+( ; [^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?")
    assert [line for line in lines if not pin.fullmatch(line)] == []


def test_both_locks_agree() -> None:
    """What runs is what was tested: the base lock is a part of the other."""
    assert locked("requirements.lock").items() <= locked("requirements-dev.lock").items()


def test_the_papers_are_there() -> None:
    """The root has its papers and each top folder a README that says what it is."""
    papers = [*TOP, *(f"{folder}/README.md" for folder in FOLDERS)]
    empty = [
        name for name in papers if not (ROOT / name).exists() or not (ROOT / name).stat().st_size
    ]
    assert empty == []


def test_no_text_names_a_machine() -> None:
    """No file names a folder of a machine or the host of a registry."""
    found = [
        f"{path}: {word}"
        for path, text in text_files()
        if path.rpartition(".")[2]
        in ("cfg", "md", "py", "sh", "toml", "txt", "yaml", "yml", "lock")
        for word in MACHINES
        if re.search(rf"(?<![\w.]){re.escape(word)}", text)
    ]
    assert found == []


def test_nothing_is_left_for_later() -> None:
    """No file carries a note about work that is not done."""
    found = [
        f"{path}:{number}"
        for path, text in text_files()
        if path.endswith((".py", ".sh", ".yml", ".yaml", ".toml", "Makefile"))
        for number, line in enumerate(text.splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert found == []


def test_links_between_papers_lead_somewhere() -> None:
    """A relative link in a Markdown file names a file that exists."""
    found = [
        f"{path}: {target}"
        for path, text in text_files()
        if path.endswith(".md")
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", text)
        if not ((ROOT / path).parent / target).exists()
    ]
    assert found == []
