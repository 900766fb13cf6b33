"""A user's own area: a CSV with one row a neighbourhood.

Header, in any order: `name,district,quintile,residents` and, if wanted, the 8 age bands
`0-4,5-17,18-34,35-49,50-64,65-74,75-84,85+` (all or none; they add up to `residents`), `households`,
`admission_ratio` (its emergency admissions over those expected from ages and quintile; replaces the drawn one), `x,y`
(kilometres, both or neither) and `pcn` (name of the primary care network). Without ages those of England's quintile
are taken; without x and y the neighbourhoods of a district are laid out in the order of the file.
"""
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbhdsim.areas import LARGEST, Area, ages_of, england, layout
from nbhdsim.areas.apportion import groups, largest_remainder
from nbhdsim.documents import no_such_file
from nbhdsim.errors import NbhdsimError, Problem, nearest
from nbhdsim.residents import AGE_BANDS, AGE_FROM

NEEDED = ("name", "district", "quintile", "residents")
OPTIONAL = (*AGE_BANDS, "households", "admission_ratio", "x", "y", "pcn")
BIGGEST_FILE = 20_000_000                 # bytes
MOST_RESIDENTS = 2_000_000                # of the whole area
MOST_PROBLEMS = 200                       # of one file; what follows is only counted
CELL = re.compile(r'("(?:[^"]|"")*"|[^,]*)(,|$)')


class Cell(NamedTuple):
    """One cell: its text and where it starts (line and column from 1)."""

    text: str
    line: int
    column: int


Row = dict[str, Cell]


def read(path: str | Path) -> Area:
    """The area in a CSV file; raises NbhdsimError with every problem found, each with line and column."""
    path = Path(path)
    file, text = str(path), _text(path)
    lines = [(number, line) for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1) if line.strip(", \t")]
    if len(lines) < 2:
        raise NbhdsimError.of(f"no neighbourhoods (a header {','.join(NEEDED)} and one row each)", file=file)
    header = list(_cells(lines[0][1], lines[0][0]))
    problems = list(_header(header))
    if any(problem[1].startswith(("no column", "columns parted")) for problem in problems):
        raise _error(file, problems)            # without its columns no row can be read
    rows = []
    for number, line in lines[1:]:
        cells = list(_cells(line, number))
        if len(cells) != len(header):
            problems.append((Cell("", number, 1), f"{len(cells)} cells (as many as the header: {len(header)})", ""))
        else:
            rows.append({name.text.lower(): cell for name, cell in zip(header, cells, strict=True)})
    problems += [problem for row in rows for problem in _row(row)] + list(_together(rows))
    if problems:
        raise _error(file, problems)
    return _area(path.stem, rows)


def _error(file: str, problems: list[tuple[Cell, str, str]]) -> NbhdsimError:
    ordered = sorted(problems, key=lambda problem: (problem[0].line, problem[0].column))
    out = [Problem(file, cell.line, cell.column, path, message) for cell, message, path in ordered[:MOST_PROBLEMS]]
    if len(ordered) > MOST_PROBLEMS:
        out.append(Problem(file, 0, 0, "", f"and {len(ordered) - MOST_PROBLEMS} more problems"))
    return NbhdsimError(out)


def _text(path: Path) -> str:
    file = str(path)
    try:
        if path.stat().st_size > BIGGEST_FILE:
            raise NbhdsimError.of(f"file of more than {BIGGEST_FILE // 1_000_000} MB", file=file)
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise NbhdsimError.of(no_such_file(path), file=file) from None
    except OSError as error:
        raise NbhdsimError.of(f"cannot be read: {(error.strerror or str(error)).lower()}", file=file) from None
    except UnicodeDecodeError as error:
        raise NbhdsimError.of(f"byte {error.start} is not UTF-8 (save the table as CSV UTF-8)", file=file) from None
    if "\0" in text:
        raise NbhdsimError.of("contains NUL characters (a CSV is plain text)", file=file)
    return text


def _cells(line: str, number: int) -> Iterator[Cell]:
    """The cells of one line; double quotes may enclose a cell with commas."""
    at = 0
    while at <= len(line):
        found = CELL.match(line, at)
        assert found is not None      # its last alternative matches anything
        text = found[1].strip()
        yield Cell(text[1:-1].replace('""', '"') if text[:1] == '"' and text[-1:] == '"' and len(text) > 1 else text,
                   number, at + 1)
        if not found[2]:
            return
        at = found.end()


def _header(header: list[Cell]) -> Iterator[tuple[Cell, str, str]]:
    """What is wrong with the header."""
    names = [cell.text.lower() for cell in header]
    if len(header) == 1 and re.search(r"[;\t]", header[0].text):
        yield header[0], "columns parted by semicolons or tabs (commas)", ""
        return
    for at, cell in enumerate(header):
        if names[at] not in (*NEEDED, *OPTIONAL):
            yield cell, f"unknown column '{cell.text[:60]}' (one of {', '.join((*NEEDED, *OPTIONAL))})" + nearest(
                cell.text, (*NEEDED, *OPTIONAL)), ""
        elif names[at] in names[:at]:
            yield cell, f"column '{cell.text}' stands twice", ""
    for name in NEEDED:
        if name not in names:
            yield Cell("", header[0].line, 1), f"no column '{name}' (needed: {', '.join(NEEDED)})", ""
    for group in (AGE_BANDS, ("x", "y")):
        missing = [name for name in group if name not in names]
        if missing and len(missing) < len(group):
            message = f"column '{missing[0]}' is missing (all of {', '.join(group)} or none)"
            yield Cell("", header[0].line, 1), message, ""


def _whole(text: str) -> float:
    return int(text) if re.fullmatch(r"[+-]?[0-9]{1,12}", text) else float("nan")


def _decimal(text: str) -> float:
    return float(text) if re.fullmatch(r"[+-]?([0-9]{1,12}(\.[0-9]*)?|\.[0-9]+)", text) else float("nan")


NUMBERS: dict[str, tuple[Callable[[str], float], float, float, str]] = {
    "quintile": (_whole, 1, 5, "a whole number, 1 most deprived to 5"),
    "residents": (_whole, 1, LARGEST, f"a whole number, 1 to {LARGEST:,}"),
    "households": (_whole, 1, LARGEST, f"a whole number, 1 to {LARGEST:,}"),
    "admission_ratio": (_decimal, 0.1, 10, "a number, 0.1 to 10"),
    "x": (_decimal, -10_000, 10_000, "kilometres, -10,000 to 10,000"),
    "y": (_decimal, -10_000, 10_000, "kilometres, -10,000 to 10,000"),
    **dict.fromkeys(AGE_BANDS, (_whole, 0, LARGEST, f"a whole number, 0 to {LARGEST:,}")),
}


def _row(row: Row) -> Iterator[tuple[Cell, str, str]]:
    """What is wrong with the cells of one row, and between them."""
    good = True
    for name, (number, low, high, allowed) in NUMBERS.items():
        if name == "admission_ratio" and name in row and not row[name].text:
            continue                                     # this neighbourhood's difference is drawn
        if name in row and not low <= number(row[name].text) <= high:
            good = False
            found = f"'{row[name].text[:40]}' is not allowed" if row[name].text else "missing"
            yield row[name], f"{found} ({allowed})", name
    for name in ("name", "district", "pcn"):
        if name in row and not (0 < len(row[name].text) <= 60 and row[name].text.isprintable()):
            yield row[name], "missing or too long (1 to 60 characters)", name
    if good and all(band in row for band in AGE_BANDS):
        total = sum(int(row[band].text) for band in AGE_BANDS)
        if total != int(row["residents"].text):
            message = f"ages add up to {total}, residents are {row['residents'].text} (the same)"
            yield row["residents"], message, "residents"
    if good and "households" in row and int(row["households"].text) > int(row["residents"].text):
        yield row["households"], f"more households than residents ({row['residents'].text})", "households"


def _together(rows: list[Row]) -> Iterator[tuple[Cell, str, str]]:
    """What is wrong between rows: names used twice or as the name of a district, a network in two districts, size."""
    first: dict[str, int] = {}
    owner: dict[str, str] = {}
    taken = {row["district"].text for row in rows} | {"all"}
    for row in rows:
        name = row["name"]
        if name.text in first:
            yield name, f"'{name.text}' is also the neighbourhood of line {first[name.text]}", "name"
        elif name.text in taken:
            yield name, f"'{name.text}' is the name of a district or 'all' (a name of its own)", "name"
        first.setdefault(name.text, name.line)
        if "pcn" in row and owner.setdefault(row["pcn"].text, row["district"].text) != row["district"].text:
            message = f"'{row['pcn'].text}' also lies in district '{owner[row['pcn'].text]}' (one district each)"
            yield row["pcn"], message, "pcn"
    for row in rows:
        if row["district"].text == "all":
            yield row["district"], "'all' stands for the whole area (another name)", "district"
    total = sum(value for row in rows if (value := _whole(row["residents"].text)) > 0)
    if total > MOST_RESIDENTS:
        yield rows[0]["residents"], f"{int(total):,} residents together (at most {MOST_RESIDENTS:,})", "residents"
    if len(rows) > LARGEST:
        yield rows[LARGEST]["name"], f"{len(rows):,} neighbourhoods (at most {LARGEST:,})", "name"


def _area(name: str, rows: list[Row]) -> Area:
    """The area of rows without problems."""
    column = {key: np.array([number(row[key].text) for row in rows])
              for key, (number, *_) in NUMBERS.items() if key in rows[0]}
    district = [row["district"].text for row in rows]
    residents, quintile = column["residents"].astype(np.int64), column["quintile"].astype(np.uint8)
    x, y, path = _map(district, column)
    own = AGE_BANDS[0] in rows[0]
    ages = np.array([column[band] for band in AGE_BANDS], np.int64).T if own else ages_of(residents, quintile)
    usual = largest_remainder(residents, max(1, round(int(residents.sum()) / england()["household"])))
    return Area(
        name=name, title=name, place=tuple(row["name"].text for row in rows), district=tuple(district),
        quintile=quintile, residents=residents, age_from=AGE_FROM if own else tuple(england()["age_from"]), ages=ages,
        households=column["households"].astype(np.int64) if "households" in column else np.maximum(usual, 1),
        admission_ratio=np.nan_to_num(column.get("admission_ratio", np.zeros(len(rows)))).astype(np.float32),
        pcn=tuple(row["pcn"].text for row in rows) if "pcn" in rows[0] else _networks(district, residents, path),
        x=x, y=y, path=path, invented=False)


class _Map(NamedTuple):
    """Where the neighbourhoods lie, and the path through them, district by district."""

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    path: NDArray[np.int64]


def _map(district: list[str], column: dict[str, NDArray]) -> _Map:
    """The map of the file's x and y, or one laid out in the order of the file."""
    x, y = (column.get(axis, np.zeros(len(district))).astype(np.float32) for axis in "xy")
    path = []
    for number, rows in enumerate(groups(district)):
        if "x" not in column:
            x[rows], y[rows] = layout.positions(rows.size, (number % 3, number // 3))
            path.append(rows)
            continue
        across = rows[np.argsort(x[rows], kind="stable")]
        strip = np.arange(rows.size) // max(1, round(rows.size ** 0.5))
        up_and_down = np.where(strip % 2 == 0, y[across], -y[across])
        path.append(across[np.lexsort((up_and_down, strip))])
    return _Map(x, y, np.concatenate(path))


def _networks(district: list[str], residents: NDArray[np.int64], path: NDArray[np.int64]) -> tuple[str, ...]:
    """Names of primary care networks cut along the path, [p] in the order of the file."""
    out = [""] * len(district)
    for along in groups([district[row] for row in path]):
        rows = path[along]
        for row, network in zip(rows, layout.networks(residents[rows], england()["pcn"]), strict=True):
            out[row] = f"{district[row]}-pcn-{network + 1}"
    return tuple(out)
