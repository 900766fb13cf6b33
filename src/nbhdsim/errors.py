"""What is wrong with what a user gave us: problems with a position, all of them at once.

A `Problem` reads `file:line:column: path: what is wrong (what is allowed); did you mean 'x'?`. Anything a user can
cause is raised as one `NbhdsimError` that carries every problem found; the command line prints it and ends with exit
code 2.
"""
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, order=True, slots=True)
class Problem:
    """One thing that is wrong and where.

    file: as the user named it, or a label such as `--set a.b` ("" for none); line, column: from 1, 0 for no position;
    path: dotted address of the value inside the document ("" for the whole); message: plain words.
    """

    file: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        """`file:line:column: path: message`, leaving out what is not known."""
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return ": ".join(part for part in (where, self.path, self.message) if part)


class NbhdsimError(Exception):
    """Bad input, with all its problems (a list of `Problem`) in the order in which they should be read."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the problems; the text of the error is one line a problem."""
        self.problems: list[Problem] = list(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        """One line a problem."""
        return "\n".join(map(str, self.problems))

    @classmethod
    def of(cls, message: str, *, file: str = "", path: str = "") -> "NbhdsimError":
        """An error of one problem that has no line (`file: path: message`)."""
        return cls([Problem(file, 0, 0, path, message)])


class Stopped(Exception):
    """A run cannot go on though nothing it was given is wrong: a full disk, a lost cluster. What was done is kept; exit code 1."""


def closest(word: object, allowed: Iterable[object], n: int) -> list[str]:
    """The `n` allowed words most like `word` (case is ignored), the nearest first."""
    by_lower = {str(candidate).lower(): str(candidate) for candidate in allowed}
    return [by_lower[found] for found in get_close_matches(str(word)[:200].lower(), by_lower, n=n, cutoff=0.0)]


def nearest(word: object, allowed: Iterable[object]) -> str:
    """`; did you mean 'x'?` for the allowed word most like `word`, or "" when none is (case is ignored)."""
    by_lower = {str(candidate).lower(): str(candidate) for candidate in allowed}
    found = get_close_matches(str(word)[:200].lower(), by_lower, n=1, cutoff=0.6)
    return f"; did you mean '{by_lower[found[0]]}'?" if found else ""
