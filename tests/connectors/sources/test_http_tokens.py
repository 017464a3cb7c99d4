"""Tokens of senders, kept as hashes."""

import base64
from hashlib import sha256
from pathlib import Path

import pytest

from connectors.sources.http_tokens import Tokens, read_tokens
from pipeline.errors import ConfigurationError


def written(folder: Path, *lines: str) -> Path:
    path = folder / "tokens"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def hashed(token: str) -> str:
    return sha256(token.encode()).hexdigest()


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    """Give three tokens of two sources and one relay."""
    return read_tokens(
        [
            written(
                tmp_path,
                "# who may send",
                f"{hashed('bearer-token')} kz-bank/bank-gw  # the gateway",
                "",
                f"{hashed('agent:s3cret')}   kz-egov-portal/egov-web",
                f"{hashed('relay').upper()} *",
            )
        ]
    )


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("header", "source"),
    [
        ("Bearer bearer-token", "kz-bank/bank-gw"),
        ("bearer   bearer-token ", "kz-bank/bank-gw"),
        (f"ApiKey {encoded('agent:s3cret')}", "kz-egov-portal/egov-web"),
        (f"Basic {encoded('agent:s3cret')}", "kz-egov-portal/egov-web"),
        ("Bearer relay", "*"),
        ("Bearer other", None),
        ("Bearer agent:s3cret ", "kz-egov-portal/egov-web"),
        (f"Basic {encoded('agent:wrong')}", None),
        ("Basic not-base64!", None),
        ("Digest bearer-token", None),
        ("bearer-token", None),
        ("", None),
        ("Bearer \udcff", None),
    ],
)
def test_a_token_stands_for_its_source(tokens: Tokens, header: str, source: str | None) -> None:
    """Each scheme shows a token whose hash is looked for; whatever is unknown lets nobody in."""
    assert tokens.source_of(header) == source


def test_every_broken_line_is_told(tmp_path: Path) -> None:
    """What is no hash and source, written twice, or in no readable file is told with its line."""
    path = written(
        tmp_path,
        f"{hashed('a')} kz-bank/bank-gw",
        "plain-token kz-bank/bank-gw",
        f"{hashed('b')} kz-bank",
        f"{hashed('a')} kz-bank/other",
    )
    with pytest.raises(ConfigurationError) as raised:
        read_tokens([path, tmp_path / "absent"])
    told = [(Path(one.file).name, one.line) for one in raised.value.problems]
    assert told == [("tokens", 2), ("tokens", 3), ("tokens", 4), ("absent", 0)]
    assert "plain-token" not in str(raised.value)
