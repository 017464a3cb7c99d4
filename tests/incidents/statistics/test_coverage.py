"""Coverage by branch and class."""

from pipeline.incidents.statistics import Coverage, Watched, coverage

PLANT = Watched(
    "electricity", ("critical",), connected=True, attested=True, ncc=True, sources=3, heard=2,
    overdue=("backup", "backup"),
)  # fmt: skip
OTHER = Watched("electricity", ("critical", "state_body"), overdue=("backup", "security_audit"))
FARM = Watched("agriculture", connected=True, attested=True, sources=1, unsure=1)


def test_each_column_is_counted_by_branch_and_class() -> None:
    """Registered, connected, attested and heard stand apart, for critical objects once more."""
    rows = {
        (row.by, row.name): row for row in coverage([PLANT, OTHER, FARM], ("gas", "electricity"))
    }
    assert rows["sector", "electricity"] == Coverage(
        by="sector", name="electricity", objects=2, connected=1, attested=1, heard=1, ncc=1,
        critical=2, critical_connected=1, critical_ncc=1, sources=3, sources_heard=2,
        overdue={"backup": 2, "security_audit": 1},
    )  # fmt: skip
    assert rows["class", "state_body"].objects == 1
    assert (rows["all", ""].objects, rows["all", ""].sources_unknown) == (3, 1)


def test_the_laws_branches_stand_in_its_order_also_empty() -> None:
    """A branch in which nothing is registered is shown with zeros; others and classes follow."""
    rows = coverage([FARM, OTHER], ("gas", "electricity"))
    assert [(row.by, row.name, row.objects) for row in rows] == [
        ("all", "", 2), ("sector", "gas", 0), ("sector", "electricity", 1),
        ("sector", "agriculture", 1), ("class", "critical", 1), ("class", "state_body", 1),
    ]  # fmt: skip


def test_branches_add_up_to_all() -> None:
    """Every object is in one branch."""
    whole, *rows = coverage([PLANT, OTHER, FARM, FARM], ("gas",))
    branches = [row for row in rows if row.by == "sector"]
    for column in ("objects", "connected", "attested", "heard", "ncc", "critical", "sources"):
        assert sum(getattr(row, column) for row in branches) == getattr(whole, column)
