"""Which number moves the answer: designs on the unit cube, and what their runs say. One file a method, all through SALib.

A method only ever sees the unit cube; what a column means (a Quantity's law, an integer, a list of values, the seed) is the
experiment's affair. `indices` is the one way in: it refuses incomplete tables, leaves out whole blocks with a failed run, names
an output that does not vary, and never turns either into a zero (Saltelli and others 2008; traps of a stochastic model in Zhu
and Sudret 2021).
"""
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbhdsim.errors import NbhdsimError
from nbhdsim.registry import Registry

SEED, DUMMY = "seed", "dummy"
"""Names of the factors that an experiment adds: the luck of a run, and a number that the model does not read."""

COLUMNS = ("address", "other", "index", "value", "low", "high", "n", "dropped")
"""Columns of what `indices` returns: `other` is empty unless second order; low and high NaN where a method gives no interval."""

MOST_LOST = 0.05        # share of failed runs above which nothing is said
FLAT = 1e-12            # range over size below which an output does not vary
MOVED, WIDE, LARGE = 0.05, 0.1, 0.1
"""A total index that moved by more than MOVED since half as many runs, or one above LARGE with a half-width above WIDE, has not
converged."""


class Problem(NamedTuple):
    """Factors by name, in the order of the columns of a design, and the group of each (empty: each is alone)."""

    factors: tuple[str, ...]
    groups: tuple[str, ...] = ()

    @property
    def units(self) -> tuple[str, ...]:
        """What indices are of: the groups in order of their first factor, or the factors."""
        return tuple(dict.fromkeys(self.groups or self.factors))

    def salib(self) -> dict[str, Any]:
        """The problem in SALib's words, a new one at each call (SALib writes into it)."""
        names = list(self.factors)
        return {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0] for _ in names],
                **({"groups": list(self.groups)} if self.groups else {})}


class Index(NamedTuple):
    """One index (by `name`) of one factor or group, or of a pair (`other`), with the ends of its interval."""

    address: str
    name: str
    value: float
    low: float = float("nan")
    high: float = float("nan")
    other: str = ""


class Method(ABC):
    """A design of runs and the indices they give.

    given: may it read any table of runs (a sweep, an uncertainty run)? ordered: do its levels imply an order, so that
    a choice without one has no place in it? nested: is the design of n the beginning of the design of 2 n? smooth: does it take
    an answer to be much the same at neighbouring points of its curves, so that the seed is no number it can see?
    """

    name: ClassVar[str]
    given: ClassVar[bool] = False
    ordered: ClassVar[bool] = False
    nested: ClassVar[bool] = False
    grouped: ClassVar[bool] = False
    smooth: ClassVar[bool] = False

    def check(self, problem: Problem, n: int) -> None:
        """Raises NbhdsimError when a design of this size cannot be made."""
        if n < 2:
            raise NbhdsimError.of(f"{n} is too few (2 or more)", path="method.n")

    @abstractmethod
    def block(self, problem: Problem) -> int:
        """Rows that stand or fall together; 0: all of them."""

    @abstractmethod
    def points(self, problem: Problem, n: int, seed: int) -> NDArray[np.float64]:
        """The design [rows, factors], in the unit cube."""

    @abstractmethod
    def read(self, problem: Problem, u: NDArray[np.float64], y: NDArray[np.float64], *, seed: int) -> list[Index]:
        """The indices of outputs y [rows] at points u [rows, factors], complete and finite."""

    def told(self, problem: Problem, u: NDArray[np.float64], y: NDArray[np.float64]) -> list[str]:
        """What else to know of indices of these outputs, in plain words."""
        return []


METHODS: Registry[Method] = Registry("method of sensitivity analysis", package="nbhdsim.sensitivity")
"""Every method by its name in an experiment file."""


@contextmanager
def _untouched() -> Iterator[None]:
    """SALib draws some of its numbers from the generator that all of numpy shares; it is left as it was."""
    state = np.random.get_state()
    try:
        yield
    finally:
        np.random.set_state(state)


@_untouched()
def design(method: Method, problem: Problem, n: int, *, seed: int) -> pd.DataFrame:
    """The runs of a method: column row, 0 .., and one of each factor in the unit cube.

    Raises NbhdsimError for a size the method cannot have, names that are given twice, groups that do not cover the factors.
    """
    if len(set(problem.factors)) < len(problem.factors):
        twice = next(name for name in problem.factors if problem.factors.count(name) > 1)
        raise NbhdsimError.of(f"'{twice}' is given twice", path="vary")
    if not problem.factors:
        raise NbhdsimError.of("nothing to vary (an address or a knob of a scenario)", path="vary")
    if problem.groups and len(problem.groups) != len(problem.factors):
        raise NbhdsimError.of(f"{len(problem.groups)} groups for {len(problem.factors)} factors (one each)", path="vary")
    if problem.groups and not method.grouped:
        raise NbhdsimError.of(f"{method.name} knows no groups (sobol, morris)", path="method.groups")
    if seed < 1:
        raise NbhdsimError.of(f"{seed} is no seed of a design (1 or more: 0 would not be kept)", path="method.seed")
    method.check(problem, n)
    points = method.points(problem, n, seed)
    return pd.DataFrame({"row": np.arange(len(points)), **{f: points[:, i] for i, f in enumerate(problem.factors)}})


@dataclass
class Reading:
    """What an analysis found: `table` in COLUMNS, and in plain words what to know before believing it."""

    table: pd.DataFrame
    notes: list[str] = field(default_factory=list)


@_untouched()
def indices(method: Method, problem: Problem, runs: pd.DataFrame, *, y: str, seed: int = 1) -> Reading:
    """Indices of column `y` over the runs (columns row, the factors, y; one row a run, in any order; NaN: it has none).

    seed: that of the design. Raises NbhdsimError when rows are missing, given twice, or too many have no value.
    """
    ordered = runs.sort_values("row")
    rows = ordered["row"].to_numpy()
    if len(rows) == 0 or not np.array_equal(rows, np.arange(len(rows))):
        raise NbhdsimError.of(f"{len(rows)} runs are not the whole design (rows 0 to {max(rows, default=0)}, each once)")
    if blind := method.given and SEED in problem.factors:
        problem = Problem(tuple(name for name in problem.factors if name != SEED))
    u, values = ordered[list(problem.factors)].to_numpy(float), ordered[y].to_numpy(float)
    kept, dropped = _whole(values, method.block(problem) or len(values), method=method)
    if dropped > MOST_LOST * len(values):
        raise NbhdsimError.of(f"{y}: {dropped:,} of {len(values):,} runs have no value or stand in a block with one that has none "
                              f"(at most {MOST_LOST:.0%} may be left out)")
    if np.ptp(values[kept]) <= FLAT * max(float(np.abs(values[kept]).mean()), 1e-300):
        return Reading(pd.DataFrame(columns=list(COLUMNS)), [f"{y} does not vary: it has no indices"])
    with np.errstate(invalid="ignore", divide="ignore"):      # of a factor along which the output stands still; told below
        reading = Reading(_frame(method.read(problem, u[kept], values[kept], seed=seed), int(kept.sum()), dropped))
    reading.notes += method.told(problem, u[kept], values[kept])
    if blind or method.smooth and SEED in problem.factors:
        reading.notes.append(f"luck is in every run and has no index: it jumps from seed to seed, which {method.name} cannot see")
    for name, index in reading.table.loc[reading.table["value"].isna(), ["address", "index"]].itertuples(index=False):
        reading.notes.append(f"{name}: has no {index} (too few of the runs differ)")
    if dropped:
        reading.notes.append(f"{dropped:,} of {len(values):,} runs left out: they have no value, or stand in a block with one that "
                             "has none")
    if method.nested:
        _halves(method, problem, u=u[kept], y=values[kept], seed=seed, into=reading)
    reading.notes += [*_doubts(reading.table, y), *_seen(reading.table, problem, method)]
    return reading


def _whole(values: NDArray[np.float64], block: int, *, method: Method) -> tuple[NDArray[np.bool_], int]:
    """Which rows stand in blocks without a failed run, and how many do not."""
    good = np.isfinite(values)
    if not method.given:
        blocks, rest = divmod(len(values), block)
        if rest:
            raise NbhdsimError.of(f"{len(values)} runs are no whole number of blocks of {block}")
        if method.nested and blocks & (blocks - 1):
            raise NbhdsimError.of(f"{blocks} blocks of {block} runs, and no design has that many: runs are missing at the end")
        good = np.repeat(good.reshape(-1, block).all(1), block)
    return good, int((~good).sum())


def _frame(found: Iterable[Index], n: int, dropped: int) -> pd.DataFrame:
    table = pd.DataFrame([i._asdict() for i in found]).rename(columns={"name": "index"}).assign(n=n, dropped=dropped)
    return table[list(COLUMNS)]


def _halves(method: Method, problem: Problem, *, u: NDArray[np.float64], y: NDArray[np.float64], seed: int,
            into: Reading) -> None:
    """The same indices from a quarter and a half of the blocks: rows of smaller n, and a note of what moved."""
    block = method.block(problem)
    blocks, parts = len(y) // block, [into.table]
    for share in (2, 4):
        rows = blocks // share * block
        if blocks // share >= 2 and np.ptp(y[:rows]) > 0:
            parts.append(_frame(method.read(problem, u[:rows], y[:rows], seed=seed), rows, 0))
    into.table = pd.concat(parts, ignore_index=True)
    totals = into.table[into.table["index"] == "ST"].pivot_table(index="address", columns="n", values="value")
    if len(parts) > 1 and totals.shape[1] > 1:
        moved = (totals.iloc[:, -1] - totals.iloc[:, -2]).abs()
        said = f"ST moved by up to {moved.max():.2f} since half as many runs: not converged, double n"
        into.notes += _of(moved.index[moved > MOVED], said)


def _of(names: Iterable[str], note: str) -> list[str]:
    """A note of these numbers, none where there are none."""
    found = ", ".join(names)
    return [f"{found}: {note}"] if found else []


def _doubts(table: pd.DataFrame, y: str) -> list[str]:
    """What a variance share cannot be: below 0 or above 1 by more than its interval, or too wide to read."""
    last, out = table[table["n"] == table["n"].max()], []
    half = (last["high"] - last["low"]) / 2
    first, total = last["index"] == "S1", last["index"] == "ST"
    out += _of(last.loc[first & (last["value"] < -half) | total & (last["value"] > 1 + half), "address"],
               "an index outside 0 to 1 by more than its interval: not converged, double n")
    if first.any() and last.loc[first, "value"].sum() > 1 + half[first].sum():
        out.append(f"{y}: first-order indices add up to {last.loc[first, 'value'].sum():.2f}, more than 1: not converged, double n")
    alone, whole = last[first].set_index("address"), last[total].set_index("address")
    both = alone.index.intersection(whole.index)
    out += _of(both[alone.loc[both, "value"] > whole.loc[both, "high"]],
               "more alone than with all it acts with, by more than its interval: not converged, double n")
    return out + _of(last.loc[total & (last["value"] > LARGE) & (half > WIDE), "address"],
                     f"ST is not known to within {WIDE:g}: double n")


def _seen(table: pd.DataFrame, problem: Problem, method: Method) -> list[str]:
    """What the dummy and the seed say of the design."""
    last = table[table["n"] == table["n"].max()]
    total = last[last["index"] == "ST"].set_index("address")["value"]
    if method.nested and {SEED, DUMMY} <= set(problem.factors) and total.get(DUMMY, 0.0) != 0:
        raise NbhdsimError.of(f"a number that the model does not read has a total index of {total[DUMMY]:g}: the same numbers and "
                              "seed have not given the same result")
    if DUMMY in total and SEED not in total and total[DUMMY] > (0 if method.nested else MOVED):
        near = [name for name in total.index if name != DUMMY and total[name] <= 2 * total[DUMMY]]
        said = f"chance inflates every total index by about {total[DUMMY]:.2f} (that of a number which the model does not read)"
        said += "" if method.nested or SEED not in problem.factors else ", first-order ones not; seed_factor: false asks for means"
        return [said + (f"; not above it: {', '.join(near)}" if near else "")]
    if total.get(SEED, 0.0) > 0.5:
        return [f"the seed has a total index of {total[SEED]:.2f}: single runs mostly show chance; ask for means over replicates"]
    return []


def pairs(found: dict[str, Any], names: Sequence[str], keys: dict[str, tuple[str, str]]) -> list[Index]:
    """SALib's answer {value key: (index, half-width key)} as rows with intervals."""
    out = []
    for key, (index, width) in keys.items():
        for name, value, half in zip(names, np.asarray(found[key], float), np.asarray(found[width], float), strict=True):
            out.append(Index(name, index, float(value), float(value - half), float(value + half)))
    return out


def plain(problem: Problem) -> dict[str, Any]:
    """A copy of SALib's problem for one call: some of its functions write names into the lists."""
    return deepcopy(problem.salib())
