"""Tests of writing a registry: what is written reads back to the same revision."""

from pathlib import Path

import pytest

from pipeline.registry import load_registry
from pipeline.registry.change_log import record_change
from pipeline.registry.writing import as_ndjson, as_tables, as_yaml, registry_document
from tests.registry.making import RULES
from tests.registry.test_change_log import change

POLICY = """\
duties:
  - {id: record_review, basis: kz-418-V/12(20-1), set_by: policy, author: a, set_at: 2026-01-01,
     reason: yearly, counts_from: [reviewed], met_by: reviewed, repeats: true, days: 365}
"""


@pytest.mark.parametrize("form", ["yaml", "ndjson", "csv"])
def test_an_export_reads_back_to_the_same_revision(tmp_path: Path, form: str) -> None:
    """Every form holds all that a registry says, its marks, duties and recorded changes too."""
    source, target = tmp_path / "source", tmp_path / "target"
    target.mkdir()
    source.mkdir()
    for name in ("objects.yml", "parties.yml", "marks.yml"):
        (source / name).write_bytes((RULES / "objects" / name).read_bytes())
    (source / "duties.yml").write_text(POLICY)
    record_change(source, change(1, "kz-bank-2"))
    held = load_registry([source])
    document = registry_document(held)
    files = {
        "yaml": lambda: {"a.yml": as_yaml(document)},
        "ndjson": lambda: {"a.ndjson": as_ndjson(document)},
        "csv": lambda: as_tables(document),
    }
    for name, text in files[form]().items():
        (target / name).write_text(text, encoding="utf-8", newline="")
    again = load_registry([target])
    assert again.revision == held.revision
    assert again.duty_rows == held.duty_rows
    assert again.objects() == held.objects()
