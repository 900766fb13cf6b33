"""Imports go down only: floors, the order inside a floor, third-party packages room by room, and no cycle."""
import ast
import sys
from pathlib import Path

import pytest
from sources import MODULES, at, for_types_only, room_of, tree_of

from nbhdsim.rng import COMPILED_ROOMS

FLOORS = (
    ("errors", "registry", "rng", "documents", "evidence"),
    ("residents", "groups", "areas", "places", "levers", "relations", "pools", "screening", "conditions", "rates", "chances"),
    ("step", "turnover", "delivery", "interventions", "outcomes"),
    ("scenario", "population", "tally", "reach", "views", "simulation"),
    ("tables", "runfolder", "workers", "parts", "joining", "runner", "comparison", "ledger", "sensitivity", "experiment",
     "explain", "projections", "equity", "economics", "evaluation", "targeting", "disclosure", "network_export"),
    ("report", "mesa_model", "explore", "cli_progress", "cli_verbs", "cli_studies", "cli", "__main__"),
)
"""Rooms by floor; within a floor a room may import only those that stand before it."""

PLACE = {room: (floor, order) for floor, rooms in enumerate(FLOORS, 1) for order, room in enumerate(rooms)}

COMPILED = {"rng", "residents", "places", "levers", "step", "screening", "turnover", "delivery", "population", "areas"}
TABLES_AND_UP = {room for room, (floor, _) in PLACE.items() if floor >= 5}
SCREEN = {"report", "cli", "cli_verbs", "cli_studies", "cli_progress", "explore"}
THIRD_PARTY = {
    "numpy": set(PLACE),
    "numba": COMPILED,
    "llvmlite": {"rng"},
    "yaml": {"documents"},
    "pydantic": {"documents", "evidence", "scenario", "interventions", "experiment", "economics", "evaluation"},
    "scipy": {"evidence", "rates"} | TABLES_AND_UP,
    "pandas": TABLES_AND_UP,
    "pyarrow": TABLES_AND_UP,
    "SALib": TABLES_AND_UP,
    "statsmodels": {"evaluation"},
    "networkx": {"network_export", "explore", "mesa_model"},
    "matplotlib": {"report"},
    "jinja2": {"report"},
    "markupsafe": {"report"},
    "xlsxwriter": {"report"},
    "rich": SCREEN,
    "mesa": {"mesa_model", "explore"},
    "solara": {"explore"},
    "dask": {"workers"},
    "distributed": {"workers"},
}
"""Rooms that may import each third-party package."""


def targets(node: ast.Import | ast.ImportFrom, module: str, file: Path) -> list[str]:
    """Dotted names that an import statement of `module` loads; modules of ours where a name is one."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    base = node.module or ""
    if node.level:
        package = module.split(".") if file.name == "__init__.py" else module.split(".")[:-1]
        above = package[:len(package) - node.level + 1]
        base = ".".join([*above, base] if base else above)
    if base == "nbhdsim":
        return [f"nbhdsim.{alias.name}" for alias in node.names]
    if not base.startswith("nbhdsim."):
        return [base]
    return [name if (name := f"{base}.{alias.name}") in MODULES else base for alias in node.names]


def imports(module: str) -> list[tuple[str, ast.AST]]:
    """(imported module, statement) of every import of a module, those inside functions too."""
    file = MODULES[module]
    return [(target, node) for node in ast.walk(tree_of(file)) if isinstance(node, ast.Import | ast.ImportFrom)
            for target in targets(node, module, file)]


def upward(module: str, target: str, node: ast.AST) -> str:
    """What is wrong with this import between two rooms, "" for nothing."""
    here, there = room_of(module), room_of(target)
    where = at(MODULES[module], node)
    if target not in MODULES or not there:
        return f"{where}: there is no module {target} (inside the package, import modules and not the package's names)"
    if there not in PLACE:
        return f"{where}: room '{there}' has no floor (add it to FLOORS)"
    if not here or here == there or PLACE[there] < PLACE[here]:
        return ""
    if for_types_only(node) and PLACE[there][0] == PLACE[here][0]:
        return ""           # a name for the type checker alone may come from a later room of the same floor
    return f"{where}: {here} (floor {PLACE[here][0]}) imports {there} (floor {PLACE[there][0]})"


@pytest.mark.parametrize("module", MODULES)
def test_every_room_has_a_floor(module):
    assert not room_of(module) or room_of(module) in PLACE, f"room '{room_of(module)}' has no floor (add it to FLOORS)"


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down_only(module):
    ours = [(target, node) for target, node in imports(module) if target.split(".")[0] == "nbhdsim"]
    wrong = [message for target, node in ours if (message := upward(module, target, node))]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("module", MODULES)
def test_third_party_packages_stay_in_their_rooms(module):
    wrong = []
    for target, node in imports(module):
        package = target.split(".")[0]
        if package in sys.stdlib_module_names or package == "nbhdsim" or for_types_only(node):
            continue
        if room_of(module) not in THIRD_PARTY.get(package, ()):
            allowed = ", ".join(sorted(THIRD_PARTY.get(package, ()))) or "no room"
            wrong.append(f"{at(MODULES[module], node)}: {package} is for {allowed}")
    assert not wrong, "\n".join(wrong)


def test_every_compiled_room_counts_in_the_name_of_the_cache_folder():
    hashed = {room.removesuffix(".py") for room in COMPILED_ROOMS}
    compiled = {room_of(module) for module in MODULES for target, _ in imports(module) if target.startswith("numba")}
    stale = sorted(compiled - hashed)
    assert not stale, f"compiled but not in rng.COMPILED_ROOMS, so a stale cache is possible: {', '.join(stale)}"


def test_no_import_cycle():
    ways = {module: {target for target, node in imports(module)
                     if target in MODULES and target != module and not for_types_only(node)} for module in MODULES}
    done, cycles = set(), []

    def visit(module: str, path: tuple[str, ...]) -> None:
        if module in path:
            cycles.append(" -> ".join((*path[path.index(module):], module)))
        elif module not in done:
            for target in sorted(ways[module]):
                visit(target, (*path, module))
            done.add(module)

    for module in sorted(ways):
        visit(module, ())
    assert not cycles, "\n".join(cycles)
