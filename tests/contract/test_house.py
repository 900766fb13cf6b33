"""House numbers and manners: sizes, arguments, docstrings, no hidden state, no bits that depend on the processor."""
import ast
import re
import statistics
import subprocess
import sys

import pytest
from sources import FILES, MODULES, PACKAGE, ROOT, at, body_lines, functions, is_compiled, room_of, tree_of
from test_floors import PLACE

ENGINE = [file for module, file in MODULES.items() if room_of(module) and PLACE.get(room_of(module), (1,))[0] <= 4]
STEP = sorted((PACKAGE / "step").glob("*.py"))
RUN_TIME = {"step", "levers", "delivery", "interventions", "outcomes", "views", "simulation"}
"""Rooms whose arithmetic reaches a table at run time."""

LONGEST_FILE, MEDIAN_FILE, LONGEST_FUNCTION, LONGEST_LOOP, MEDIAN_FUNCTION, MOST_POSITIONAL = 500, 150, 60, 150, 6, 3
FREE_NUMBERS = {0, 1, 2, 12}
SHARED = {"list", "dict", "set", "zeros", "ones", "empty", "array", "full", "defaultdict", "Counter", "deque"}
BY_PROCESSOR = {"exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "power", "float_power", "dot", "matmul",
                "vdot", "einsum", "tensordot", "inner", "linalg", "sin", "cos", "tan", "tanh", "erf", "cbrt"}


def refuse(wrong):
    """Fail with one line for each thing that is wrong."""
    assert not wrong, "\n" + "\n".join(wrong)


def test_no_file_is_long():
    sizes = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in FILES}
    refuse([f"{at(file, None)}: {lines} lines" for file, lines in sizes.items() if lines > LONGEST_FILE])
    assert statistics.median(sizes.values()) <= MEDIAN_FILE


def test_no_function_is_long():
    wrong = []
    for file in FILES:
        for function in functions(file):
            most = LONGEST_LOOP if is_compiled(function) else LONGEST_FUNCTION
            if (lines := body_lines(function)) > most:
                wrong.append(f"{at(file, function)}: {function.name} has {lines} lines (at most {most})")
    refuse(wrong)


def test_most_functions_are_short():
    sizes = [body_lines(function) for file in FILES for function in functions(file)]
    assert statistics.median(sizes) <= MEDIAN_FUNCTION


def test_at_most_three_positional_arguments():
    wrong = []
    for file in FILES:
        for function in functions(file):
            names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
            count = len(names) - (names[:1] in (["self"], ["cls"]))
            special = function.name.startswith("__") and function.name != "__init__"
            if count > MOST_POSITIONAL and not special and not is_compiled(function):
                wrong.append(f"{at(file, function)}: {function.name} takes {count} positional arguments")
    refuse(wrong)


def undocumented(file):
    """Public modules, classes, functions and methods of a file that have no docstring."""
    def visit(node, name):
        if ast.get_docstring(node) is None:
            yield f"{at(file, node)}: {name} has no docstring"
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return
        for child in node.body:
            kinds = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
            if isinstance(child, kinds) and not child.name.startswith("_"):
                yield from visit(child, child.name)
    return list(visit(tree_of(file), file.name))


def test_every_public_name_has_a_docstring():
    refuse([line for file in FILES for line in undocumented(file)])


def is_mutable(default):
    """Is a default argument a list, dict, set or array that all calls would share?"""
    if isinstance(default, ast.Call):
        return ast.unparse(default.func).split(".")[-1] in SHARED
    return isinstance(default, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp)


def test_no_mutable_default():
    refuse([f"{at(file, function)}: {function.name} has a mutable default"
            for file in FILES for function in functions(file)
            for default in (*function.args.defaults, *function.args.kw_defaults) if default and is_mutable(default)])


def test_the_engine_keeps_no_state_and_prints_nothing():
    wrong = []
    for file in ENGINE:
        for node in ast.walk(tree_of(file)):
            if isinstance(node, ast.Global):
                wrong.append(f"{at(file, node)}: global")
            elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("print", "input", "sys.stdout.write"):
                wrong.append(f"{at(file, node)}: {ast.unparse(node.func)}")
    refuse(wrong)


def test_random_numbers_come_from_rng_alone():
    wrong = []
    for file in ENGINE:
        for node in ast.walk(tree_of(file)):
            name = ast.unparse(node) if isinstance(node, ast.Attribute) else ""
            if name.startswith(("np.random", "numpy.random", "random.", "secrets.")):
                wrong.append(f"{at(file, node)}: {name}")
    refuse(wrong)


def bare_numbers(file):
    """Numbers inside the functions of a file that are not 0, 1, 2, 12 or an index."""
    for node in ast.walk(tree_of(file)):
        if not isinstance(node, ast.Constant) or type(node.value) not in (int, float):
            continue
        above = node
        while (above := getattr(above, "parent", None)) is not None and not isinstance(above, ast.FunctionDef):
            pass
        is_index = isinstance(node.parent, ast.Subscript) and node.parent.slice is node
        if above is not None and node.value not in FREE_NUMBERS and not is_index:
            yield f"{at(file, node)}: {node.value!r} has no name"


@pytest.mark.parametrize("file", STEP, ids=lambda file: file.name)
def test_the_step_has_no_number_without_a_name(file):
    refuse(list(bare_numbers(file)))


def test_nothing_that_reaches_a_table_depends_on_the_processor():
    wrong = []
    for module, file in MODULES.items():
        if room_of(module) not in RUN_TIME:
            continue
        for node in ast.walk(tree_of(file)):
            if isinstance(node, ast.MatMult):
                wrong.append(f"{at(file, node.parent)}: @ (BLAS)")
            elif isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("np", "numpy", "math", "np.linalg"):
                if node.attr in BY_PROCESSOR:
                    wrong.append(f"{at(file, node)}: {ast.unparse(node)}")
    refuse(wrong)


def tracked():
    """Text files of the repository: what git tracks, or the sources where there is no git."""
    try:
        names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        files = [ROOT / name for name in names.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        files = [file for folder in ("src", "tests", "docs", "scenarios", "experiments", "benchmarks")
                 for file in (ROOT / folder).rglob("*")]
    binary = {".png", ".parquet", ".xlsx", ".gz", ".npz"}
    return [file for file in files if file.is_file() and file.suffix not in binary]


FOREIGN = {
    "a path of one machine": r"(?:^|[^A-Za-z0-9_.\-/])/(?:wo" r"rk|ro" r"ot|fa" r"rm)/",
    "a folder outside the repository": r"\.\./sha" r"red|(?<![\w/-])sha" r"red/(?:evi|not|dat|des|int|proto|too|hoo)",
    "an unfinished mark": r"\bTO" r"DO\b|\bFIX" r"ME\b|\bXX" r"X\b|NotImplemented" r"Error|simplified for n" r"ow",
    "a test that is not run": r"mark\.sk" r"ip\b|\bxfa" r"il\b",
}


@pytest.mark.parametrize("what", FOREIGN)
def test_no_tracked_file_holds(what):
    pattern = re.compile(FOREIGN[what])
    wrong = []
    for file in tracked():
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if found := pattern.search(line):
                wrong.append(f"{file.relative_to(ROOT)}:{number}: {found[0].strip()}")
    refuse(wrong)


def test_importing_the_package_loads_nothing_heavy():
    heavy = ("numba", "numpy", "pandas", "mesa", "pydantic")
    code = f"import sys, nbhdsim; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
