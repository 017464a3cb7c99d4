"""Archives of rules: every form is read, and none of them can do harm."""

import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pipeline.content.archives import Bounds, Bundle, read_bundle
from pipeline.errors import ConfigurationError

RULE = b"title: T\nlogsource: {product: windows}\n"
FILES = {
    "set/rules/a.yml": RULE,
    "set/rules/deep/b.yaml": RULE,
    "set/rules/a.tests.yml": b"tests: []\n",
    "set/LICENSE.Detection.md": b"Somebody's licence",
    "set/README.md": b"read me",
    "set/.github/workflows/c.yml": b"on: push\n",
}
WANTED = {"set/rules/a.yml", "set/rules/deep/b.yaml", "set/rules/a.tests.yml"}


def tar(files: dict[str, bytes], *special: tarfile.TarInfo) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        for entry in special:
            archive.addfile(entry)
    return buffer.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def folder(files: dict[str, bytes], path: Path) -> Path:
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def read(tmp_path: Path, data: bytes, bounds: Bounds | None = None) -> Bundle:
    path = tmp_path / "source.bin"  # what it is must not follow from its name
    path.write_bytes(data)
    return read_bundle(path, bounds)


FORMS: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "zip": zipped,
    "tar": tar,
    "tar.gz": lambda files: gzip.compress(tar(files)),
    "tar.bz2": lambda files: bz2.compress(tar(files)),
    "tar.xz": lambda files: lzma.compress(tar(files)),
    "tar.zst": lambda files: zstandard.compress(tar(files)),
}


@pytest.mark.parametrize("form", sorted(FORMS))
def test_every_form_is_read_by_what_it_is(tmp_path: Path, form: str) -> None:
    """Rules, tests and licences are taken whatever the file is called; the rest is not."""
    found = read(tmp_path, FORMS[form](FILES))
    assert set(found.files) == WANTED
    assert found.licences == {"set/LICENSE.Detection.md": b"Somebody's licence"}
    assert found.files["set/rules/a.yml"] == RULE
    assert len(found.sha256) == 64


def test_a_folder_and_a_single_file(tmp_path: Path) -> None:
    """A folder gives what its archive gives; a file is itself."""
    found = read_bundle(folder(FILES, tmp_path / "f"))
    assert set(found.files) == WANTED
    single = read_bundle(tmp_path / "f" / "set" / "rules" / "a.yml")
    assert single.files == {"a.yml": RULE}


@pytest.mark.parametrize(
    "name", ["/etc/a.yml", "../a.yml", "a/../../b.yml", "C:/a.yml", "a\\..\\b.yml", "a\nb.yml"]
)
@pytest.mark.parametrize("form", ["zip", "tar"])
def test_names_that_lead_out_refuse_the_archive(tmp_path: Path, form: str, name: str) -> None:
    """A path that is absolute, leads upwards or hides something is refused with all others."""
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, FORMS[form]({"ok.yml": RULE, name: RULE, "../second.yml": RULE}))
    assert len(caught.value.problems) == 2


def test_links_and_devices_are_left_out(tmp_path: Path) -> None:
    """A link or a device that is called a rule is not followed, and told."""
    special = []
    for kind, name in ((tarfile.SYMTYPE, "s.yml"), (tarfile.LNKTYPE, "h.yml"),
                       (tarfile.CHRTYPE, "d.yml")):  # fmt: skip
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = kind, "/etc/passwd"
        special.append(entry)
    found = read(tmp_path, tar({"ok.yml": RULE}, *special))
    assert set(found.files) == {"ok.yml"}
    assert len(found.left_out) == 3


def test_a_link_in_a_zip_is_left_out(tmp_path: Path) -> None:
    """A symbolic link in a zip archive is no rule."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("s.yml")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
        archive.writestr("ok.yml", RULE)
    found = read(tmp_path, buffer.getvalue())
    assert set(found.files) == {"ok.yml"}
    assert len(found.left_out) == 1


def test_links_in_a_folder_are_left_out(tmp_path: Path) -> None:
    """Links in a folder lead nowhere, to files as to folders."""
    path = folder({"ok.yml": RULE}, tmp_path / "f")
    (tmp_path / "secret.yml").write_bytes(RULE)
    (path / "s.yml").symlink_to(tmp_path / "secret.yml")
    (path / "loop").symlink_to(path)
    assert set(read_bundle(path).files) == {"ok.yml"}


BOMBS = [
    ("unpacks to too much", gzip.compress(tar({"x.bin": bytes(3_000_000)})), "unpacks to more"),
    ("in other files", zstandard.compress(tar({"r.md": bytes(3_000_000)})), "unpacks to more"),
    ("many entries", tar({f"{n}.txt": b"" for n in range(60)}), "more than 50 entries"),
    ("many rules", zipped({f"{n}.yml": RULE for n in range(31)}), "more than 30 rule files"),
    ("many bytes", zipped({f"{n}.yml": bytes(900) for n in range(9)}), "bytes of rules"),
    ("zip of zeros", zipped({f"{n}.yml": bytes(999) for n in range(20)}), "more than"),
]
SMALL = Bounds(
    entries=50, rules=30, file=1000, kept=8000, unpacked=1_000_000, archive=9_000_000
)  # fmt: skip


@pytest.mark.parametrize(("data", "told"), [row[1:] for row in BOMBS],
                         ids=[row[0] for row in BOMBS])  # fmt: skip
def test_bombs_are_refused(tmp_path: Path, data: bytes, told: str) -> None:
    """A source beyond a bound is refused, and the bound is named."""
    with pytest.raises(ConfigurationError, match=told):
        read(tmp_path, data, SMALL)


def test_an_archive_that_is_too_large_is_not_opened(tmp_path: Path) -> None:
    """The size of an archive is looked at before anything in it."""
    with pytest.raises(ConfigurationError, match="is larger than 100 bytes"):
        read(tmp_path, tar({"a.yml": RULE}), Bounds(archive=100))


def test_one_large_file_is_left_out(tmp_path: Path) -> None:
    """A rule file beyond the bound is left out and told; the others are taken."""
    found = read(tmp_path, zipped({"big.yml": bytes(1001), "ok.yml": RULE}), SMALL)
    assert set(found.files) == {"ok.yml"}
    assert found.left_out == ["big.yml: is larger than 1000 bytes"]


def test_an_entry_that_stands_twice_is_refused(tmp_path: Path) -> None:
    """Of two entries with one name nobody knows which is meant."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for _ in range(2):
            entry = tarfile.TarInfo("a.yml")
            archive.addfile(entry, io.BytesIO())
    with pytest.raises(ConfigurationError, match="stands twice"):
        read(tmp_path, buffer.getvalue())


def test_a_file_that_is_a_folder_too_is_refused(tmp_path: Path) -> None:
    """An archive in which a file is also a folder cannot be written anywhere."""
    with pytest.raises(ConfigurationError, match="is a file and a folder"):
        read(tmp_path, tar({"a.yml": RULE, "a.yml/b.yml": RULE}))


@pytest.mark.parametrize("form", sorted(FORMS))
def test_a_cut_archive_is_told(tmp_path: Path, form: str) -> None:
    """An archive that ends before its end is refused in words."""
    data = FORMS[form]({f"{n}.yml": os.urandom(3000) for n in range(5)})
    with pytest.raises(ConfigurationError):
        read(tmp_path, data[: len(data) // 2])


def test_what_does_not_exist_is_told(tmp_path: Path) -> None:
    """A source that is not there is refused with a way out."""
    with pytest.raises(ConfigurationError, match="name a folder, an archive"):
        read_bundle(tmp_path / "nowhere.zip")


@given(st.binary(max_size=300), st.sampled_from(sorted(FORMS)), st.integers(0, 400))
def test_any_bytes_end_in_rules_or_in_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, form: str, at: int
) -> None:
    """A damaged archive never raises anything else."""
    data = bytearray(FORMS[form]({"a.yml": RULE}))
    data[at : at + len(noise)] = noise
    path = tmp_path_factory.getbasetemp() / "noise"
    path.write_bytes(bytes(data))
    with suppress(ConfigurationError):
        found = read_bundle(path, Bounds(unpacked=1_000_000))
        assert all(not name.startswith("/") for name in found.files)
