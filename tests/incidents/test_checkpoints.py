"""Checkpoints: what they state, how they are written, and that others can check them."""

import hashlib
import json
import subprocess
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pipeline.incidents.checkpoints import (
    Statement,
    make,
    read_token,
    token_hash,
    unsigned,
    written,
)
from pipeline.model import rfc3339
from pipeline.model.checkpoint import ChainHead, Checkpoint
from tests.incidents.trails import WHEN, Trail, key, signer, whole


def part(token: str, index: int) -> bytes:
    """Read one part of a token by the standard library."""
    text = token.split(".")[index]
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def naive_root(heads: list[ChainHead]) -> str:
    """Give the Merkle root by the words of RFC 6962, section 2.1, on JSON of another library."""

    def over(leaves: list[bytes]) -> bytes:
        if len(leaves) < 2:
            return hashlib.sha256(b"\x00" + leaves[0] if leaves else b"").digest()
        split = max(2**power for power in range(len(leaves)) if 2**power < len(leaves))
        return hashlib.sha256(b"\x01" + over(leaves[:split]) + over(leaves[split:])).digest()

    texts = (
        json.dumps([one.chain, one.number, one.hash], separators=(",", ":"), ensure_ascii=False)
        for one in heads
    )
    return over([text.encode() for text in texts]).hex()


def test_a_checkpoint_states_all_heads() -> None:
    """Root, counts, time, number and the hash of the one before are those of the trail."""
    trail = Trail()
    trail.write("power-7", 3)
    trail.write("bank-1", 2)
    heads = trail.heads()
    first = trail.check()
    said = json.loads(part(first.token, 1))
    assert said == {
        "format": "saqshy-checkpoint-1",
        "centre": "OCIB",
        "number": 1,
        "previous": "",
        "at": rfc3339(WHEN + 5 * 60 * 10**9),
        "chains": 2,
        "entries": 5,
        "root": naive_root(heads),
    }
    assert first.moved == tuple(heads)
    heads = trail.heads()
    second = json.loads(part(trail.check().token, 1))
    assert second["previous"] == hashlib.sha256(first.token.encode()).hexdigest()
    assert (second["number"], second["chains"], second["entries"]) == (2, 3, 6)
    assert second["root"] == naive_root(heads)


def test_only_what_moved_is_kept_with_it() -> None:
    """A checkpoint keeps the heads that are not those of the one before."""
    trail = whole()
    moved = [[head.chain for head in one.moved] for one in trail.checkpoints]
    assert moved == [
        ["administration", "power-7"],
        ["administration", "bank-1", "power-7"],
        ["administration"],
        ["administration", "bank-1", "water-2"],
        ["administration", "power-7"],
    ]


def test_the_entry_behind_the_covered_one_tells_of_it() -> None:
    """Each checkpoint is recorded right behind the entry of the administration that it covers."""
    trail = whole()
    chain = [one for one in trail.entries if one.chain == "administration"]
    for one in trail.checkpoints:
        ends = {head.chain: head.number for head in one.moved}
        teller = chain[ends["administration"]]
        assert (teller.kind, teller.subject) == ("checkpoint", str(one.number))
        assert teller.detail == {"number": one.number, "sha256": token_hash(one.token)}


@pytest.mark.parametrize("centre", ["OCIB", 'Орталық "1" \\ \x1f'], ids=["plain", "quoted"])
def test_a_token_comes_back(centre: str) -> None:
    """What a token states can be read, signed or not."""
    statement = Statement(centre, 7, "ab", WHEN, 2, 9, "cd")
    for sign, signed in ((unsigned, False), (signer(), True)):
        token = read_token(sign(written(statement)))
        assert (token.statement, token.signed) == (statement, signed)
    assert unsigned(written(statement)).endswith(".")


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda token: token.replace(".", ","), id="no JWS"),
        pytest.param(lambda token: token + "=", id="padding"),
        pytest.param(lambda token: "\n" + token, id="a line end"),
        pytest.param(lambda token: token.rpartition(".")[0] + ".", id="signature taken off"),
        pytest.param(lambda token: token + ".", id="a fourth part"),
        pytest.param(lambda _: unsigned(b"{}"), id="another document"),
        pytest.param(lambda _: unsigned(b"[]"), id="no object"),
        pytest.param(lambda _: unsigned(b"nonsense"), id="no JSON"),
        pytest.param(lambda _: unsigned(b'{"format":"saqshy-checkpoint-1"}'), id="parts missing"),
        pytest.param(
            lambda token: unsigned(part(token, 1).replace(b":", b": ")), id="other spaces"
        ),
        pytest.param(
            lambda token: ".".join(
                (urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("="), token.split(".")[1], "")
            ),
            id="another type",
        ),
    ],
)
def test_what_is_no_token_is_refused(spoil: object) -> None:
    """A token in any but its one form is none."""
    assert callable(spoil)
    with pytest.raises(ValueError, match=r"\w"):
        read_token(spoil(whole().checkpoints[0].token))


def test_openssl_verifies_the_signature(tmp_path: Path) -> None:
    """A second implementation takes the signature of a checkpoint, and no other's."""
    token = whole().checkpoints[1].token
    (tmp_path / "content").write_bytes(token.rpartition(".")[0].encode())
    (tmp_path / "signature").write_bytes(part(token, 2))

    def verified(seed: int) -> int:
        public = key(seed).public_key()
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (tmp_path / "key.pem").write_bytes(pem)
        command = "openssl pkeyutl -verify -rawin -pubin -inkey key.pem -in content"
        words = [*command.split(), "-sigfile", "signature"]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, check=False)
        return done.returncode

    assert verified(1) == 0
    assert verified(2) != 0


def test_its_hash_is_of_the_token_as_it_goes_out() -> None:
    """The hash that the next one names is the SHA-256 of the compact form."""
    one = whole().checkpoints[0]
    assert token_hash(one.token) == hashlib.sha256(one.token.encode()).hexdigest()


def test_no_chain_at_all() -> None:
    """An empty trail has a checkpoint too: no chains, and the root of nothing."""
    made = make(None, [], [], "OCIB", WHEN)
    assert made == replace(made, number=1, moved=())
    assert isinstance(made, Checkpoint)
    assert read_token(made.token).statement.root == hashlib.sha256(b"").hexdigest()
