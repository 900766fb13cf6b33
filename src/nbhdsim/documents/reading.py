"""From bytes to data and positions, within limits, without ever recursing.

The document is built from the event stream of PyYAML (libyaml where there is one) with an explicit stack: composing
100,000 nested brackets ends libyaml's C loader with a segmentation fault, and an alias that is only a shared reference
when loaded explodes when it is walked. Aliases, tags, merge keys, several documents, duplicate keys and keys that are
not scalars are refused; so are more than 40 levels, 200,000 values and 2 MB.
"""
import os
import re
from typing import Any

import yaml

from ..errors import NbhdsimError, Problem, nearest
from .document import Document, Path, Place, path_text
from .scalars import BOOL, FLOAT, INT, NULL, resolve

MOST_BYTES, MOST_DEPTH, MOST_VALUES = 2_000_000, 40, 200_000

LIBRARY_DEPTH = "exceeded maximum nesting depth"

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_SYNTAX = (
    ("found unexpected end of stream", "a quote is opened here and never closed"),
    ("cannot start any token", "this character cannot start a value; put the text in quotes"),
    ("mapping values are not allowed", "a second ':' on this line, or a wrong indent; quote text that holds ': '"),
    ("could not find expected ':'", "a ':' is missing after this key"),
    ("expected ',' or ']'", "a ',' or a closing ']' is missing"),
    ("expected ',' or '}'", "a ',' or a closing '}' is missing"),
    ("did not find expected key", "this line is indented wrongly or a quote is missing"),
    ("expected <block end>", "this line is indented wrongly or a quote is missing"),
    ("did not find expected '-' indicator", "this line is indented wrongly: a list item should start here"),
    ("block sequence entries are not allowed", "a list item cannot start here; begin a new line"),
    ("did not find expected node content", "a value is missing here"),
    ("expected the node content", "a value is missing here"),
    ("unknown escape", "unknown escape after '\\' in a text in double quotes; use single quotes"),
)


def read_yaml(path: str | os.PathLike[str]) -> Document:
    """Read one YAML file of at most 2 MB whose root is a mapping; NbhdsimError with all its problems."""
    file = os.fspath(path)
    return read_text(_decode(_bytes(file), file), file=file)


def read_text(text: str, *, file: str) -> Document:
    """Read YAML text whose root is a mapping; `file` is the name problems carry. Raises nothing but NbhdsimError."""
    document = read_value(text, file=file)
    if not isinstance(document.data, dict):
        kind = "a list" if isinstance(document.data, list) else "a single value"
        raise NbhdsimError([document.problem((), f"must be a mapping of keys to values, not {kind}")])
    return document


def read_value(text: str, *, file: str) -> Document:
    """Read YAML text of any root under the same limits; NbhdsimError with all its problems."""
    _refuse_characters(text, file)
    return _parsed(text, file, _LOADER)


def _parsed(text: str, file: str, loader: Any) -> Document:
    builder = _Builder(file)
    try:
        for event in yaml.parse(text, Loader=loader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        if LIBRARY_DEPTH in str(error.problem):    # some builds of libyaml scan ahead and stop at 1,000 levels by themselves
            return _parsed(text, file, yaml.SafeLoader)
        builder.problems.append(_syntax(error, text, file))
    except (yaml.YAMLError, ValueError, LookupError) as error:    # such as an escape beyond the last character
        builder.problems.append(Problem(file, 0, 0, "", f"is not YAML: {_first_line(error)}"))
    return builder.result()


def scalar(text: str) -> object:
    """The value of one `--set` right-hand side: a plain scalar, or a quoted text, `[list]` or `{mapping}` in YAML.

    NbhdsimError when it cannot be read.
    """
    if text.lstrip()[:1] in tuple("[{'\""):
        return read_value(text, file="--set").data
    try:
        return resolve(text.strip())
    except ValueError as error:
        raise NbhdsimError.of(str(error), file="--set") from None


def _bytes(file: str) -> bytes:
    try:
        with open(file, "rb") as stream:
            raw = stream.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise NbhdsimError.of(no_such_file(file), file=file) from None
    except IsADirectoryError:
        raise NbhdsimError.of("is a folder, not a file", file=file) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise NbhdsimError.of(f"cannot be read: {reason.lower()}", file=file) from None
    if len(raw) > MOST_BYTES:
        raise NbhdsimError.of("is larger than 2 MB", file=file)
    return raw


def no_such_file(path: str | os.PathLike[str]) -> str:
    """What to say of a file that is not there, with the name most like its own in its folder."""
    folder, name = os.path.split(os.fspath(path))
    if os.path.islink(path):
        return "is a link to a file that is not there"
    return "no such file" + nearest(name, os.listdir(folder or ".") if os.path.isdir(folder or ".") else [])


def _decode(raw: bytes, file: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[:error.start].decode("utf-8", "replace")
        raise NbhdsimError([Problem(file, *_line_column(before), "", "is not UTF-8 text; save it as UTF-8")]) from None


def _refuse_characters(text: str, file: str) -> None:
    if len(text) > MOST_BYTES or len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise NbhdsimError.of("is larger than 2 MB", file=file)
    if found := _UNPRINTABLE.search(text):
        name = "a NUL byte" if found[0] == "\0" else f"the character U+{ord(found[0]):04X}"
        message = f"{name} is not allowed in a YAML file"
        raise NbhdsimError([Problem(file, *_line_column(text[:found.start()]), "", message)])


def _line_column(before: str) -> tuple[int, int]:
    breaks = list(_BREAK.finditer(before))
    return len(breaks) + 1, len(before) - (breaks[-1].end() if breaks else 0) + 1


def _syntax(error: yaml.MarkedYAMLError, text: str, file: str) -> Problem:
    said = f"{error.context or ''} {error.problem or ''}"
    mark = error.problem_mark or error.context_mark
    words = next((ours for theirs, ours in _SYNTAX if theirs in said), f"is not YAML: {said.strip()}")
    if words == _SYNTAX[0][1]:
        mark = error.context_mark or mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    lines = _BREAK.split(text)
    if 0 < line <= len(lines) and lines[line - 1][:column].strip(" ").startswith("\t"):
        words = "a tab indents this line; use spaces"
    return Problem(file, line, column, "", words)


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]


class _Frame:
    """An open container: its path, its data, and the key (mappings) whose value comes next."""

    __slots__ = ("data", "key", "path")

    def __init__(self, data: Any, path: Path) -> None:
        self.data, self.path, self.key = data, path, None

    def wants_key(self) -> bool:
        return isinstance(self.data, dict) and self.key is None


class _Builder:
    """Takes one event after another and keeps data, positions and problems."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.places: dict[Path, Place] = {}
        self.key_places: dict[Path, Place] = {}
        self.twice: set[Path] = set()
        self.open: list[_Frame] = []
        self.root: Any = None
        self.documents = self.values = 0

    def take(self, event: Any) -> None:
        """One event of the stream; NbhdsimError at once where going on makes no sense."""
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                self._stop(event, "a second document starts here ('---'); one file holds one document")
        elif isinstance(event, yaml.CollectionEndEvent):
            self.open.pop()
        elif isinstance(event, yaml.NodeEvent):
            self._node(event)

    def result(self) -> Document:
        """The finished document; NbhdsimError when there was any problem, or nothing at all."""
        if not self.problems and not self.values:
            self.problems.append(Problem(self.file, 0, 0, "", "is empty"))
        document = Document(self.root, self.file, self.places, self.key_places)
        if self.problems:
            raise document.error(self.problems)
        return document

    def _node(self, event: Any) -> None:
        self.values += 1
        if self.values > MOST_VALUES:
            self._stop(event, f"holds more than {MOST_VALUES:,} values")
        if isinstance(event, yaml.AliasEvent):
            self._say(event, f"alias *{event.anchor} is not allowed; write the value out, or use 'extends:'")
        elif event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self._say(event, f"tag {tag} is not allowed; write the value without it")
        if self.open and self.open[-1].wants_key():
            self._key(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._container(event)
        else:
            self._put(event, self._scalar(event))

    def _key(self, event: Any) -> None:
        if not isinstance(event, yaml.ScalarEvent):
            self._stop(event, "a key must be a plain word, not a list, mapping or alias")
        frame = self.open[-1]
        key = frame.key = event.value
        path = (*frame.path, key)
        if "\0" in key:
            self._say(event, "a NUL byte is not allowed in a key")
        if key == "<<" and event.implicit[0]:
            self._say(event, "merge key << is not allowed; write the values out, or use 'extends:'")
        elif path in self.key_places:
            first = self.key_places[path].line
            if not any(path[:n] in self.twice for n in range(1, len(path))):        # what is in it is given twice with it
                self._say(event, f"given twice (first at line {first})", path)
            self.twice.add(path)
            return
        self.key_places[path] = self._place(event)

    def _container(self, event: Any) -> None:
        if len(self.open) >= MOST_DEPTH:
            self._stop(event, f"is nested more than {MOST_DEPTH} levels deep")
        data: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        path = self._put(event, data)
        self.open.append(_Frame(data, path))

    def _scalar(self, event: Any) -> Any:
        if isinstance(event, yaml.AliasEvent):
            return None
        if "\0" in event.value:
            self._say(event, "a NUL byte is not allowed in a text")
        if not event.implicit[0]:
            return event.value
        try:
            return resolve(event.value)
        except ValueError as error:
            self._say(event, str(error), self._next_path())
            return None

    def _put(self, event: Any, value: Any) -> Path:
        path = self._next_path()
        self.places[path] = self._place(event)
        if not self.open:
            self.root = value
        elif isinstance(self.open[-1].data, list):
            self.open[-1].data.append(value)
        else:
            frame = self.open[-1]
            frame.data[frame.key], frame.key = value, None
        return path

    def _next_path(self) -> Path:
        if not self.open:
            return ()
        frame = self.open[-1]
        return (*frame.path, len(frame.data) if isinstance(frame.data, list) else frame.key)    # type: ignore[arg-type]

    def _place(self, event: Any) -> Place:
        return Place(self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _say(self, event: Any, message: str, path: Path = ()) -> None:
        self.problems.append(Problem(*self._place(event), path_text(path), message))

    def _stop(self, event: Any, message: str) -> None:
        self._say(event, message)
        raise NbhdsimError(sorted(self.problems))


class _Dumper(yaml.SafeDumper):
    """Quotes every text that YAML 1.1 or 1.2 would take for something else; never writes an alias."""

    def represent_text(self, text: str) -> yaml.ScalarNode:
        """A text, in double quotes where it holds a line break that single quotes would fold into a space."""
        style = '"' if re.search("[\x85\u2028\u2029]", text) else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    def ignore_aliases(self, data: Any) -> bool:
        return True


for _kind, _rule in (("null", NULL), ("bool", BOOL), ("int", INT), ("float", FLOAT)):
    _Dumper.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(f"(?:{_rule.pattern})$"),
                                  list("~nNtTfF-+.0123456789"))

_Dumper.add_representer(str, _Dumper.represent_text)


def to_text(data: Any, *, order: bool = False) -> str:
    """Plain data as YAML text that `read_text` gives back unchanged; keys in their order, or sorted with `order`."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=order, allow_unicode=True, width=120)
