"""A catalogue of named things that fills itself by importing one folder.

A delivery kind, an outcome or a method is added by writing one file in its folder; nothing else lists it:

    KINDS = Registry("delivery kind", package="nbhdsim.interventions")

    @KINDS.add("group")
    class Group: ...
"""
import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from .errors import NbhdsimError, nearest

T = TypeVar("T")


class Registry(Generic[T]):
    """Names and what they stand for; reads like a mapping and is always walked in alphabetical order.

    kind: what one entry is called in messages ("outcome"); package: dotted name of the package whose modules are
    imported at the first look-up, "" for a catalogue that is filled by hand.
    """

    def __init__(self, kind: str, *, package: str = "") -> None:
        """An empty catalogue; nothing is imported yet."""
        self.kind = kind
        self.package = package
        self._entries: dict[str, T] = {}
        self._filled = not package

    def add(self, name: str) -> Callable[[T], T]:
        """Decorator that registers what it decorates under `name`; NbhdsimError when the name is taken by another."""
        def register(entry: T) -> T:
            if self._entries.setdefault(name, entry) is not entry:
                raise NbhdsimError.of(f"{self.kind} '{name}' is registered twice")
            return entry
        return register

    def __getitem__(self, name: str) -> T:
        """The entry called `name`; NbhdsimError with the allowed names and the nearest one when there is none."""
        self._fill()
        if name in self._entries:
            return self._entries[name]
        known = ", ".join(self) or "none"
        raise NbhdsimError.of(f"'{name}' is not a known {self.kind} ({known}){nearest(name, self)}")

    def __iter__(self) -> Iterator[str]:
        """Names in alphabetical order."""
        self._fill()
        return iter(sorted(self._entries))

    def __contains__(self, name: object) -> bool:
        """Is there an entry of this name?"""
        self._fill()
        return name in self._entries

    def __len__(self) -> int:
        """Number of entries."""
        self._fill()
        return len(self._entries)

    def items(self) -> list[tuple[str, T]]:
        """(name, entry) pairs in alphabetical order."""
        return [(name, self._entries[name]) for name in self]

    def _fill(self) -> None:
        if self._filled:
            return
        self._filled = True         # first: a module that looks something up while loading must not recurse
        try:
            folder = importlib.import_module(self.package)
            for module in pkgutil.iter_modules(folder.__path__):
                importlib.import_module(f"{self.package}.{module.name}")
        except BaseException:
            self._filled = False    # the next look-up must fail in the same way, not see half a catalogue
            raise
