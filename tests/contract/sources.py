"""The package's modules as syntax trees, for the tests that read code."""
import ast
import functools
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "nbhdsim"
FILES = sorted(PACKAGE.rglob("*.py"))


def module_of(file: Path) -> str:
    """Dotted name of a source file."""
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(file): file for file in FILES}


def room_of(module: str) -> str:
    """First part of a module's name below the package: `nbhdsim.step.luck` stands in the room `step`."""
    return module.split(".")[1] if "." in module else ""


@functools.cache
def tree_of(file: Path) -> ast.Module:
    """Syntax tree of a file, each node knowing its `parent`."""
    tree = ast.parse(file.read_text(encoding="utf-8"), filename=str(file))
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            child.parent = node
    return tree


def at(file: Path, node: ast.AST) -> str:
    """`path:line`, for messages."""
    return f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def for_types_only(node: ast.AST) -> bool:
    """Does the node stand under `if TYPE_CHECKING:`, which never runs?"""
    while (node := getattr(node, "parent", None)) is not None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            return True
    return False


def functions(file: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a file, methods and inner functions too."""
    return [node for node in ast.walk(tree_of(file)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def is_compiled(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Is the function, or one around it, compiled by numba?"""
    node = function
    while node is not None:
        if isinstance(node, ast.FunctionDef) and any(
                word in ast.unparse(decorator) for decorator in node.decorator_list
                for word in ("jit", "intrinsic", "vectorize", "overload")):
            return True
        node = getattr(node, "parent", None)
    return False


def body_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.stmt]:
    """Statements of a function without its docstring."""
    return function.body[1:] if ast.get_docstring(function) is not None else function.body


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Number of lines from the first to the last statement after the docstring."""
    body = body_of(function)
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0
