"""What can be wrong with the ways in, told before anything listens."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.runtime.listeners import listener_problems
from pipeline.settings import Settings


@pytest.mark.parametrize(
    ("listener", "words"),
    [
        pytest.param({"kind": "syslog_tls"}, ("needs a certificate",), id="tls-without"),
        pytest.param(
            {"kind": "syslog_tcp", "tls": {"ca": "here"}}, ("has no tls",), id="tls-on-tcp"
        ),
        pytest.param({"kind": "syslog_tls", "tls": {}}, ("nothing says whose",), id="no-ca"),
        pytest.param(
            {"kind": "syslog_tls", "tls": {"client_certificates": "optional"}}, (), id="no-clients"
        ),
        pytest.param(
            {"kind": "syslog_tls", "tls": {"ca": "nowhere"}}, ("there is no file",), id="no-file"
        ),
    ],
)
def test_what_a_listener_lacks_for_tls(
    tmp_path: Path, listener: dict[str, Any], words: tuple[str, ...]
) -> None:
    """Certificates are looked for before the start, and belong to listeners that speak TLS."""
    here = tmp_path / "here"
    here.touch()
    tls = listener.get("tls")
    if tls is not None:
        listener = {**listener, "tls": {"certificate": here, "key": here, **tls}}
        if tls.get("ca"):
            listener["tls"]["ca"] = tmp_path / tls["ca"]
    settings = Settings.model_validate({"listeners": [{"name": "edge", **listener}]})
    found = list(map(str, listener_problems(settings, None)))
    assert len(found) == len(words)
    for word, problem in zip(words, found, strict=True):
        assert word in problem
        assert "listeners.edge" in problem
