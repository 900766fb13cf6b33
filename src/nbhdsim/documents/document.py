"""A document: plain data, and for each value the file, line and column it came from."""
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..errors import NbhdsimError, Problem

Path = tuple[str | int, ...]
"""Where a value stands in a document: keys (text) and list positions (int) from the root down."""

_PART = re.compile(r"([^.\[\]]+)|\[(\d{1,6})\]")
_ADDRESS = re.compile(r"[^.\[\]]+(?:\[\d{1,6}\])*(?:\.[^.\[\]]+(?:\[\d{1,6}\])*)*")


class Place(NamedTuple):
    """Position of a value: file (or a label such as `--set a.b`), line and column from 1 (0 = no position)."""

    file: str
    line: int
    column: int


@dataclass(frozen=True)
class Document:
    """What a YAML file says and where it says it.

    data: mappings with text keys, lists, str, int, float, bool, None; file: as named by the user;
    places, key_places: position of each value and of each key, by path; files: those it was laid together from by `extends:`.
    """

    data: Any
    file: str
    places: Mapping[Path, Place] = field(default_factory=dict, repr=False)
    key_places: Mapping[Path, Place] = field(default_factory=dict, repr=False)
    files: tuple[str, ...] = ()

    def place(self, path: Path) -> Place:
        """Position of the value at `path`, or of the deepest value above it that has one."""
        return _deepest(self.places, path, self.file)

    def key_place(self, path: Path) -> Place:
        """Position of the key at `path`; of its value when the path ends in a list position or has no key."""
        return self.key_places.get(path) or self.place(path)

    def problem(self, path: Path, message: str, *, key: bool = False) -> Problem:
        """A problem of the value (or, with `key`, of the key) at `path`."""
        return Problem(*(self.key_place(path) if key else self.place(path)), path_text(path), message)

    def error(self, problems: Iterable[Problem]) -> NbhdsimError:
        """The error of these problems of this document: its own file first, then by line; no problem twice."""
        return NbhdsimError(sorted(set(problems), key=lambda p: (p.file != self.file, p)))


def _deepest(places: Mapping[Path, Place], path: Path, file: str) -> Place:
    for end in range(len(path), -1, -1):
        if path[:end] in places:
            return places[path[:end]]
    return Place(file, 0, 0)


def path_text(path: Path) -> str:
    """A path as people write it: `interventions.youth_hub.where`, `scenarios[1]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{_printable(part)}" if text else _printable(part)
    return text


def _printable(key: str) -> str:
    return key if key.isprintable() and key else repr(key)


def path_of(address: str) -> Path:
    """The path of a dotted address such as `a.b[2].c`; NbhdsimError when it is not one."""
    if not _ADDRESS.fullmatch(address):
        raise NbhdsimError.of(f"{address!r} is not an address (keys joined by dots, such as a.b or a.b[2].c)")
    return tuple(key or int(index) for key, index in _PART.findall(address))
