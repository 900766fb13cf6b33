"""Changing a document before it is checked: `--set` values and `extends:`, with positions kept per file."""
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..errors import NbhdsimError
from .document import Document, Path, Place, path_text
from .reading import read_yaml


def set_value(document: Document, path: Path, value: object, *, label: str) -> Document:
    """A copy of the document with `value` at `path`; problems of that value carry `label` instead of file and line.

    Mappings on the way that do not exist are made; a list position must exist (or be the next one). `path` is a
    tuple because keys of `overrides:` hold dots. NbhdsimError when it runs through what is neither mapping nor list.
    """
    if not path:
        raise NbhdsimError.of("an override needs an address", file=label)
    data = _replaced(document.data, path, value=value, done=(), label=label)
    here = Place(label, 0, 0)
    places = {known: place for known, place in document.places.items() if known[:len(path)] != path}
    keys = {known: place for known, place in document.key_places.items() if known[:len(path)] != path}
    for end in range(1, len(path) + 1):
        places.setdefault(path[:end], here)
        keys.setdefault(path[:end], here)
    return replace(document, data=data, places=places, key_places=keys)


def merge(base: Document, top: Document) -> Document:
    """`top` laid over `base`: mappings are merged key by key, everything else (lists too) is replaced.

    Each value keeps the position, and so the file, that it came from; a mapping that both have takes that of `top`.
    """
    return Document(_merged(base.data, top.data), top.file, _overlaid(base.places, top, top.places),
                    _overlaid(base.key_places, top, top.key_places))


def read_extended(path: str | os.PathLike[str]) -> Document:
    """Read a YAML file and lay it over the file that its `extends:` names, and so on; `extends` itself is taken out.

    `extends` is the name of one file, relative to the folder of the file that says it. Mappings are merged key by key
    and lists are replaced whole, so a child changes one key of an intervention without repeating the others.
    NbhdsimError for a name that is not text, an absolute path, a file that cannot be read and a circle of files.
    """
    document = read_yaml(path)
    chain, seen = [document], [os.path.realpath(document.file)]
    while "extends" in chain[-1].data:
        parent = _parent(chain[-1])
        if os.path.realpath(parent) in seen:
            raise NbhdsimError([chain[-1].problem(("extends",), f"'{parent}' extends itself in a circle")])
        seen.append(os.path.realpath(parent))
        chain.append(_read_parent(chain[-1], parent))
    result = chain[-1]
    for child in reversed(chain[:-1]):
        result = merge(result, child)
    return replace(_without(result, "extends"), files=tuple(one.file for one in chain))


def _parent(document: Document) -> str:
    name = document.data["extends"]
    if not isinstance(name, str) or not name.strip():
        raise NbhdsimError([document.problem(("extends",), "must be the name of one file")])
    if os.path.isabs(name):
        raise NbhdsimError([document.problem(("extends",), f"'{name}' is absolute; name a file relative to this one")])
    return os.path.normpath(os.path.join(os.path.dirname(document.file), name))


def _read_parent(child: Document, parent: str) -> Document:
    try:
        return read_yaml(parent)
    except NbhdsimError as error:
        if error.problems[0].line:
            raise                   # the file is there and says for itself what is wrong
        raise NbhdsimError([child.problem(("extends",), f"'{parent}': {error.problems[0].message}")]) from None


def _without(document: Document, key: str) -> Document:
    def kept(marks: Mapping[Path, Place]) -> dict[Path, Place]:
        return {path: place for path, place in marks.items() if path[:1] != (key,)}
    data = {name: value for name, value in document.data.items() if name != key}
    return replace(document, data=data, places=kept(document.places), key_places=kept(document.key_places))


def _merged(base: Any, top: Any) -> Any:
    if not (isinstance(base, dict) and isinstance(top, dict)):
        return top
    result = dict(base)
    for key, value in top.items():
        result[key] = _merged(base[key], value) if key in base else value
    return result


def _overlaid(base: Mapping[Path, Place], top: Document, above: Mapping[Path, Place]) -> dict[Path, Place]:
    """Positions of `base` that are still true, under those of `top`: nothing below a value that `top` replaced."""
    return {path: place for path, place in base.items() if not _hidden(path, top.data)} | dict(above)


def _hidden(path: Path, data: Any) -> bool:
    for part in path:
        if not isinstance(data, dict):
            return True
        if part not in data:
            return False
        data = data[part]
    return False


def _replaced(data: Any, path: Path, *, value: object, done: Path, label: str) -> Any:
    if not path:
        return value
    part, rest, done_with = path[0], path[1:], (*done, path[0])
    if isinstance(part, str) and (isinstance(data, dict) or data is None):
        return {**(data or {}), part: _replaced((data or {}).get(part), rest, value=value, done=done_with, label=label)}
    if isinstance(part, int) and isinstance(data, list):
        if part > len(data):
            raise NbhdsimError.of(f"the list has {len(data)} entries, counted from 0", file=label, path=path_text(done))
        old = data[part] if part < len(data) else None
        return [*data[:part], _replaced(old, rest, value=value, done=done_with, label=label), *data[part + 1:]]
    kind = "a list; its entries are [0], [1] and so on" if isinstance(data, list) else (
        "a mapping, not a list" if isinstance(data, dict) else "a single value, with nothing inside it")
    raise NbhdsimError.of(f"is {kind}", file=label, path=path_text(done))
