"""Indices of a design of sensitivity analysis, for each question and scenario, with what to know before believing them.

With the seed as a factor they are of single runs, luck being one of the numbers (trajectory-based indices; Zhu and Sudret 2021);
with means over replicates that all points share they are of what is expected, as far as those replicates tell.
"""
import warnings
from collections.abc import Iterable

import numpy as np
import pandas as pd

from nbhdsim import sensitivity
from nbhdsim.errors import NbhdsimError
from nbhdsim.experiment import values
from nbhdsim.experiment.design import Design
from nbhdsim.experiment.values import Answer, Values
from nbhdsim.sensitivity import DUMMY, LARGE, METHODS, MOST_LOST, SEED, Method, Problem, Reading

COLUMNS = ("method", "design", "outcome", "address", "other", "index", "value", "low", "high", "n", "replicates", "seed", "dropped")
"""Columns of the table `indices`. low and high are NaN where the method gives no interval, value where too few runs differ; n: the
runs it is from, those of smaller n being the same index from a half and a quarter of them; seed: of the design."""
FOREMOST = ("ST", "mu_star", "delta", "pawn_median", "S1")
"""Which index of a method ranks the numbers."""
SEEDED, MEANS, EACH, GIVEN = "seed factor", "replicate means", "seed per trajectory", "given data"
SMALL = 0.005
"""A share below it is shown as 0."""
NO_ORDER = "rows that were fitted together stand in no order, and this method looks for one: it may see too little of them"
ROUGH = "intervals of efast are rough: its runs are curves, of which a bootstrap draws single points"


def indices(answers: pd.DataFrame, made: Design, *, seed: int) -> Reading:
    """Indices of every question and scenario in COLUMNS, and notes in plain words; `seed` is that of the design.

    What does not vary, or has lost too many runs, has a note and no indices. Raises NbhdsimError where two points that differ in
    the dummy alone differ in their result.
    """
    if made.method is None or made.problem is None:
        raise NbhdsimError.of("the points are no design of sensitivity analysis")
    return _all(answers, made, kind=SEEDED if SEED in made.problem.factors else EACH if made.first.any() else MEANS, seed=seed)


def given(answers: pd.DataFrame, made: Design, *, name: str, seed: int = 1) -> Reading:
    """Indices by a method that reads any points (rbd_fast, delta, pawn, hdmr), of a sweep or an uncertainty run, as `indices`.

    Raises NbhdsimError for another method, and where a point leaves a factor at its central value.
    """
    method = METHODS[name]
    if not method.given:
        raise NbhdsimError.of(f"{name} needs its own design ({', '.join(m for m in METHODS if METHODS[m].given)} read any points)")
    if np.isnan(made.u).any() or not made.u.size:
        raise NbhdsimError.of("its points do not move all factors at once (latin_hypercube, sobol_points and uncertainty do)")
    whole = made._replace(method=method, problem=Problem(tuple(f.address for f in made.columns)), levels=made.u)
    return _all(answers, whole, kind=GIVEN, seed=seed)


def shown(value: float, low: float, high: float, *, share: bool = True) -> str:
    """An index as text: `about 0` where it is within its half-width of 0, which estimates of 0 fall around, and for a share that
    rounds to 0; what is no share (a step of Morris) is in the unit of the answer."""
    if np.isnan(value):
        return "none"
    if abs(value) <= (high - low) / 2 or share and abs(value) < SMALL:
        return "about 0"
    texts = [f"{x:.2f}" if share else f"{x:.2g}" for x in (value, low, high)]
    return texts[0] if np.isnan(low) else f"{texts[0]} ({texts[1]} to {texts[2]})"


def _all(answers: pd.DataFrame, made: Design, *, kind: str, seed: int) -> Reading:
    """Indices and notes of all answers."""
    parts, notes = [], [{
        SEEDED: "indices are of single runs: luck is one of the numbers (seed)",
        MEANS: f"indices are of means over {made.repeats} replicates, the same at every point: they speak of that luck",
        EACH: "each trajectory has luck of its own, which no step changes",
        GIVEN: "indices are of points that were chosen for something else"}[kind]]
    if made.method is not None and (made.method.ordered or made.method.smooth or made.method.given):
        listed = [f.address for f in made.columns if f.listed]
        notes += [f"{', '.join(listed)}: {NO_ORDER} (sobol does not)"] if listed else []
    for one in values.found(answers, made):
        table, said = _of(one, made, seed=seed)
        parts.append(table.assign(method=made.method.name if made.method else "", design=kind, outcome=one.name, seed=seed))
        notes += [note if note.startswith(one.name) else f"{one.name}: {note}" for note in said]
    filled = [part for part in parts if len(part)]
    return Reading(pd.concat(filled, ignore_index=True)[list(COLUMNS)] if filled else pd.DataFrame(columns=list(COLUMNS)), notes)


def _of(one: Answer, made: Design, *, seed: int) -> tuple[pd.DataFrame, list[str]]:
    """Indices, without the columns that all of them share, and notes of one answer."""
    method, problem = made.method, made.problem
    if method is None or problem is None:
        raise ValueError("the design has a method")
    turns, notes = values.rounds(one.points), list[str]()
    y = one.points[:, :turns].mean(1)
    _same(y, made, one.name)
    whole = _complete(y, method, problem)
    notes += filter(None, [one.missing])
    if whole < len(y) or turns < made.repeats:
        notes.append(f"from the first {whole:,} of {len(y):,} points, {turns} of {made.repeats} replicates each: later ones were "
                     "not run, or have no value")
    name = one.name if one.name not in problem.factors else f"{one.name} (answer)"
    points = dict(zip(problem.factors, made.levels[:whole].T, strict=True))
    runs = pd.DataFrame({"row": np.arange(whole), **points, name: y[:whole]})
    try:
        with warnings.catch_warnings():             # SALib's, of how its intervals are made; ROUGH says it
            warnings.simplefilter("ignore", UserWarning)
            reading = sensitivity.indices(method, problem, runs, y=name, seed=seed)
    except NbhdsimError as error:
        return pd.DataFrame(), [*notes, *(f"no indices: {p.message.removeprefix(f'{name}: ')}" for p in error.problems)]
    notes += [*reading.notes, *([ROUGH] if method.name == "efast" else [])]
    notes += [note for said in (_ranks, _floor, _pairs) for note in said(reading.table)]
    return reading.table.assign(replicates=turns), notes


def _same(y: Values, made: Design, name: str) -> None:
    """Points that differ in the dummy alone have the same luck: another result says that the model is no function of both."""
    names = [f.address for f in made.columns]
    if DUMMY not in names:
        return
    seen = np.column_stack([np.delete(made.u, names.index(DUMMY), axis=1), made.first])
    group = np.unique(seen, axis=0, return_inverse=True)[1].ravel()
    order = np.argsort(group, kind="stable")
    with np.errstate(invalid="ignore"):
        faults = np.flatnonzero((np.diff(group[order]) == 0) & (np.abs(np.diff(y[order])) > 0))
    if faults.size:
        a, b = sorted(order[faults[0]:faults[0] + 2] + 1)
        raise NbhdsimError.of(f"{name}: draws {a} and {b} have the same numbers and seed, and other results: the model or its "
                              "machine is not reproducible, and no index means anything")


def _complete(y: Values, method: Method, problem: Problem) -> int:
    """How many points make a design of their own, from the beginning on, where a run was stopped early; else all."""
    block = method.block(problem)
    if not block or np.isnan(y).mean() <= MOST_LOST or np.isnan(y).all():
        return len(y)
    blocks = (int(np.flatnonzero(~np.isnan(y))[-1]) + 1) // block
    if method.nested:
        blocks = 1 << (blocks.bit_length() - 1) if blocks else 0
    return blocks * block if blocks >= 2 else len(y)


def _ranks(table: pd.DataFrame) -> Iterable[str]:
    """Are those that matter in the order in which half as many runs had them?"""
    totals = table[table["index"] == "ST"].pivot_table(index="address", columns="n", values="value")
    if totals.shape[1] > 1:
        large = totals[totals.iloc[:, -1] > LARGE]
        now, before = (list(large.iloc[:, i].sort_values(ascending=False).index) for i in (-1, -2))
        if now != before:
            yield f"half as many runs have another order ({', '.join(before)}; now {', '.join(now)}): not converged, double n"


def _floor(table: pd.DataFrame) -> Iterable[str]:
    """Numbers that move the answer no more than one which the model does not read."""
    last = table[table["n"] == table["n"].max()]
    index = next((name for name in FOREMOST if (last["index"] == name).any()), "")
    main = last[(last["index"] == index) & last["value"].notna()].set_index("address")
    if DUMMY not in main.index:
        return
    floor = float(np.fmax(main.loc[DUMMY, "value"], main.loc[DUMMY, "high"]))
    low = [name for name in main.index if name not in (DUMMY, SEED) and main.loc[name, "value"] <= floor]
    if low:
        yield f"{', '.join(low)}: " + ("no effect at all in these runs" if floor == 0 else
                                       f"{index} not above that of a number which the model does not read ({floor:.2f})")


def _pairs(table: pd.DataFrame) -> Iterable[str]:
    """How well pairs are known, from those with a number which the model does not read: they are 0."""
    last = table[(table["n"] == table["n"].max()) & (table["index"] == "S2")]
    nothing = last[(last["address"] == DUMMY) | (last["other"] == DUMMY)]
    if len(nothing):
        most = nothing["value"].abs().max()
        yield f"S2 between -{most:.2f} and {most:.2f} may be chance: so large are pairs with a number which the model does not read"
