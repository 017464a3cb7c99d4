"""Archives: what is in them, in order; what bounds them; what does not read."""

import bz2
import gzip
import io
import lzma
import random
import struct
import tarfile
import zipfile
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import instant
from pipeline.normalize.framing import archive
from pipeline.normalize.framing.archive import Member, members, shown

DATE = instant("2026-03-02T10:00:00Z")
FILES = {"a.log": b"one\ntwo\n", "dir/b.log": b"three\n" * 1000, "c.empty": b""}


def tarred(files: dict[str, bytes] = FILES, kind: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=kind) as made:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), DATE // 10**9
            made.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zipped(files: dict[str, bytes] = FILES, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        for name, data in files.items():
            made.writestr(zipfile.ZipInfo(name, (2026, 3, 2, 10, 0, 0)), data, method)
    return out.getvalue()


def read(data: bytes) -> list[tuple[str, bytes, str]]:
    """Give name, content and what is broken of each member."""
    found = members(io.BytesIO(data))
    assert found is not None
    return [(one.name, b"".join(one.pieces()), one.broken) for one in found]


def dates(data: bytes) -> list[int]:
    return [one.date for one in members(io.BytesIO(data)) or ()]


KINDS: dict[str, Callable[[], bytes]] = {
    "tar": tarred,
    "tar of GNU": lambda: tarred(kind=tarfile.GNU_FORMAT),
    "tar.gz": lambda: gzip.compress(tarred()),
    "tar.xz": lambda: lzma.compress(tarred()),
    "tar.zst": lambda: zstandard.compress(tarred()),
    "tar.bz2": lambda: bz2.compress(tarred()),
    "zip": zipped,
    "zip, stored": lambda: zipped(method=zipfile.ZIP_STORED),
    "zip of bzip2": lambda: zipped(method=zipfile.ZIP_BZIP2),
    "zip of LZMA": lambda: zipped(method=zipfile.ZIP_LZMA),
}


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
def test_every_file_comes_in_order(make: Callable[[], bytes]) -> None:
    """Each file of an archive comes whole, in the archive's order, with its date."""
    assert read(make()) == [(name, data, "") for name, data in FILES.items()]
    assert dates(make()) == [DATE] * 3


@pytest.mark.parametrize(
    "data",
    [b"", b"a line\n", gzip.compress(b"a line\n"), b"PK", b"x" * 600, b"\x1f\x8b\x08\x00torn"],
    ids=["nothing", "text", "gzip", "two letters", "long", "torn"],
)
def test_what_is_no_archive_is_none(data: bytes) -> None:
    """A file that is no archive is left to be read as it is."""
    assert members(io.BytesIO(data)) is None


def test_names_are_shown_and_nothing_else() -> None:
    """Names that climb out of a folder are texts for messages; nothing is written by them."""
    names = {"../../etc/cron.d/x": b"1", "/abs": b"2", "C:\\x": b"3", "a\x1b[31m\nb": b"4"}
    for data in (tarred(names), zipped(names)):
        found = read(data)
        assert [content for _, content, _ in found] == [b"1", b"2", b"3", b"4"]
        assert all(name.isprintable() for name, _, _ in found)
    assert len(shown("x" * 5000)) == 256


def test_links_and_devices_are_no_files() -> None:
    """Links, devices and folders of a tar give nothing, wherever they point."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        for number, kind in enumerate(
            (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE)
        ):
            info = tarfile.TarInfo(f"n{number}")
            info.type, info.linkname = kind, "/etc/shadow"
            made.addfile(info)
    assert read(out.getvalue()) == []


def test_a_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What grows out of all proportion, in one member or in many, stops at the bound."""
    monkeypatch.setattr(archive, "FREE_EXPANSION", 1 << 20)
    monkeypatch.setattr(archive, "MOST_EXPANSION", 100)
    zeros = b"\0" * (4 << 20)
    for data in (zipped({"a": zeros}), zipped({str(n): zeros[: 1 << 19] for n in range(8)})):
        found = read(data)
        assert "decompression bomb" in found[-1][2]
        assert sum(len(content) for _, content, _ in found) <= 1 << 20


def test_a_packed_tar_that_explodes_is_refused() -> None:
    """A tar inside a stream that grows a thousand times is refused as that stream is."""
    data = lzma.compress(tarred({"a": b"\0" * (80 << 20)}), preset=0)
    *_, last = read(data)
    assert "decompression bomb" in last[2] or "bomb" in read(data)[0][2]


def test_files_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond so many files an archive is not read further, and says so."""
    monkeypatch.setattr(archive, "MOST_MEMBERS", 3)
    many = {f"{n}": b"x" for n in range(10)}
    for data in (tarred(many), zipped(many)):
        found = read(data)
        assert (len(found), found[-1][2]) == (4, "the archive has more than 3 files: split it")


def test_an_archive_inside_is_not_opened() -> None:
    """A member that is an archive itself is named and not read."""
    inner = {"a.zip": zipped(), "b.tgz": gzip.compress(tarred()), "x.gz": gzip.compress(b"line\n")}
    for data in (tarred(inner), zipped(inner)):
        found = read(data)
        assert ["inside an archive" in broken for _, _, broken in found] == [True, True, False]


def test_an_encrypted_member_is_named() -> None:
    """A member that asks for a password is named; the others are read."""
    data = bytearray(zipped({"a": b"1", "b": b"2"}))
    for at in (data.find(b"PK\x03\x04"), data.find(b"PK\x01\x02")):
        flags = at + (6 if data[at + 2] == 3 else 8)
        data[flags] |= 1
    assert [(name, "encrypted" in broken) for name, _, broken in read(bytes(data))] == [
        ("a", True), ("b", False),
    ]  # fmt: skip


def test_a_header_of_gigabytes_is_refused() -> None:
    """A tar whose own texts claim to be huge is refused before anything is read."""
    info = tarfile.TarInfo("././@PaxHeader")
    info.type, info.size = tarfile.XHDTYPE, 1 << 33
    data = info.tobuf(tarfile.GNU_FORMAT) + b"\0" * 4096
    ((_, _, broken),) = read(data)
    assert "8589934592" in broken


def test_a_huge_list_of_files_is_refused() -> None:
    """A zip that claims a list of gigabytes is refused before the list is read."""
    data = bytearray(zipped({"a": b"1"}))
    at = data.rfind(b"PK\x05\x06")
    struct.pack_into("<L", data, at + 12, 0xF0000000)
    ((_, _, broken),) = read(bytes(data))
    assert "list of files" in broken


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("keep", [0.3, 0.7, 0.95])
def test_a_torn_archive_says_so(make: Callable[[], bytes], keep: float) -> None:
    """An archive that ends early gives what is whole, and says that something is missing."""
    whole = make()
    found = members(io.BytesIO(whole[: int(len(whole) * keep)]))
    if found is None:
        return  # of a packed tar not even the first block is left
    told = [(one.name, b"".join(one.pieces()), one.broken) for one in found]
    given = {name: data for name, data, broken in told if not broken}
    assert all(FILES.get(name) == data for name, data in given.items())
    assert any(broken for _, _, broken in told) or len(given) == len(FILES)


@given(seed=st.integers(0, 2**32), kind=st.sampled_from(sorted(KINDS)))
def test_any_damage_is_told_and_never_raised(seed: int, kind: str) -> None:
    """Whatever is changed in an archive, reading it ends without an exception."""
    chance, data = random.Random(seed), bytearray(KINDS[kind]())
    for _ in range(chance.randint(1, 20)):
        data[chance.randrange(min(len(data), chance.choice((600, len(data)))))] = chance.randrange(
            256
        )
    for one in members(io.BytesIO(bytes(data))) or ():
        assert isinstance(one, Member)
        assert sum(map(len, one.pieces())) < 64 << 20
