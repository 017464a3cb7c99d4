"""What a package's own file holds, and what a module may do when it is imported."""

import ast

import pytest

from tests.house.code import Module, modules

OURS = modules("pipeline", "connectors")
PACKAGES = [part for part in OURS if part.is_package]
DRAWERS = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base"}
NOTHING = ("return", "return None")
MODULE_LINES, FUNCTION_LINES, PARAMETERS = 420, 50, 7


def exported(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        if isinstance(node, ast.Assign) and [ast.unparse(one) for one in node.targets] == [
            "__all__"
        ]:
            return list(ast.literal_eval(node.value))
    return None


def rank(name: str) -> tuple[int, str]:
    """Sort as ruff does: constants, then classes, then functions."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_a_package_re_exports_and_nothing_else(package: Module) -> None:
    """A package's own file holds a docstring, imports and a sorted, complete __all__."""
    imported = [
        alias.asname or alias.name
        for node in package.tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    others = [
        ast.unparse(node)
        for node in package.tree.body[1:]
        if not isinstance(node, ast.ImportFrom)
        and not ast.unparse(node).startswith(("__all__ =", "__version__ ="))
    ]
    assert ast.get_docstring(package.tree), f"{package.place} has no docstring"
    assert others == [], f"{package.place} does more than re-export"
    assert (exported(package.tree) or []) == sorted(imported, key=rank)


def test_every_folder_of_code_is_a_package() -> None:
    """Each folder with modules has its own file that says what the room is."""
    folders = {part.path.parent for part in OURS}
    assert folders - {part.path.parent for part in PACKAGES} == set()


def effects(tree: ast.Module) -> list[str]:
    """Give the statements that act on something which their module did not make itself."""
    made = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found = []
    for node in tree.body:
        steps = node.body if isinstance(node, ast.For) else [node]
        for step in steps:
            if isinstance(step, ast.While | ast.With | ast.Delete):
                found.append(ast.unparse(step))
            if isinstance(step, ast.Expr) and not isinstance(step.value, ast.Constant):
                root = ast.unparse(step).partition(".")[0].partition("(")[0]
                if root not in made:
                    found.append(ast.unparse(step))
    return found


def test_no_import_has_a_side_effect() -> None:
    """On import a module defines; it acts on nothing else, so nothing registers itself."""
    found = [
        f"{part.place}: {statement}"
        for part in OURS
        for statement in effects(part.tree)
        # The interpreter's fork hook can be set nowhere else once and for all.
        if not statement.startswith("os.register_at_fork(")
    ]
    assert found == []


@pytest.mark.parametrize(
    ("code", "effect"),
    [
        ("from house import registry\nregistry.add(1)", True),
        ("print('hello')", True),
        ("import house\nfor name in ('a',):\n    house.register(name)", True),
        ("app = Typer()\nfor name in ('a',):\n    app.command()(name)", False),
        ("table = {}\ntable.update(a=1)", False),
        ('"""Only words."""\nx = 1', False),
    ],
)
def test_the_rule_tells_an_effect_from_a_definition(code: str, effect: bool) -> None:
    """Acting on something imported is an effect; building what the module made is none."""
    assert bool(effects(ast.parse(code))) is effect


def test_names_explain() -> None:
    """No module or folder is a drawer for whatever is left over."""
    everywhere = (*OURS, *modules("tests"))
    found = [part.place for part in everywhere if DRAWERS & {part.path.stem, *part.path.parts}]
    assert found == []


def test_modules_and_functions_stay_readable() -> None:
    """A module keeps to about 400 lines, a function to about 40, a signature to seven."""
    found = []
    for part in OURS:
        lines = part.tree.body[-1].end_lineno or 0
        if lines > MODULE_LINES:
            found.append(f"{part.place}: {lines} lines")
        for node in ast.walk(part.tree):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            taken = [
                one.arg
                for one in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
                if one.arg not in ("self", "cls")
            ]
            if length > FUNCTION_LINES:
                found.append(f"{part.place}:{node.lineno}: {node.name} has {length} lines")
            if len(taken) > PARAMETERS and "cli" not in part.path.parts:  # options of a command
                found.append(f"{part.place}:{node.lineno}: {node.name} takes {len(taken)}")
    assert found == []


def test_ports_are_small() -> None:
    """A port has at most five methods, attributes aside; Telemetry alone has one an event."""
    ports = [part for part in modules("pipeline") if part.name.startswith("pipeline.ports.")]
    sizes = {
        node.name: sum(
            isinstance(item, ast.FunctionDef)
            and "property" not in map(ast.unparse, item.decorator_list)
            for item in node.body
        )
        for part in ports
        for node in part.tree.body
        if isinstance(node, ast.ClassDef) and "Protocol" in map(ast.unparse, node.bases)
    }
    assert len(sizes) > 5
    assert {name for name, size in sizes.items() if size > 5} <= {"Telemetry"}


def test_nothing_is_unfinished_or_swallowed() -> None:
    """No code is left for later, and no broad except drops what it caught in silence."""
    found = []
    for part in OURS:
        for node in ast.walk(part.tree):
            if isinstance(node, ast.Raise) and "NotImplementedError" in ast.dump(node):
                found.append(f"{part.place}:{node.lineno}: not implemented")
            if isinstance(node, ast.ExceptHandler):
                kind = ast.unparse(node.type) if node.type else "Exception"
                silent = all(
                    isinstance(step, ast.Pass | ast.Continue)
                    or (isinstance(step, ast.Return) and ast.unparse(step) in NOTHING)
                    for step in node.body
                )
                if kind in ("Exception", "BaseException") and silent:
                    found.append(f"{part.place}:{node.lineno}: swallows every error")
    assert found == []
