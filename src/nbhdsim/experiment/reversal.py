"""Reversal values: at which value of a number that nobody has measured would the ranking of two scenarios flip?

All values of a sweep are run with the same replicates, so the mean paired difference is a curve over the values, and each replicate
has a curve of its own. A flip is where the mean curve crosses 0 between two neighbouring values (a straight line between them); its
interval is where the 95% interval of the curve holds 0 (Fieller's limits, by pieces).
"""
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from nbhdsim.experiment import values
from nbhdsim.experiment.design import Design
from nbhdsim.experiment.factors import Factor
from nbhdsim.experiment.noise import interval
from nbhdsim.experiment.values import Gap, Values, lines

COLUMNS = {
    "label": "the question",
    "scenario": "the later scenario",
    "against": "the earlier one: the difference is scenario minus against",
    "address": "the number or knob that is swept",
    "verdict": "`flips`; `no flip` between the ends; `same`: no difference in any "
               "future; `noise`: no value, or none on one side of the flip, at which the "
               "difference is told from 0; `unordered`: its values have no order",
    "value": "where the mean difference crosses 0; NaN where it does not",
    "low": "lower end of its 95% interval; the lowest value of the sweep where it goes further",
    "high": "upper end, alike",
    "central": "what the number is in the headline; NaN for a knob",
    "first": "lowest value of the sweep",
    "last": "highest",
    "at_first": "mean difference there",
    "at_last": "mean difference there",
    "replicates": "that all values have",
    "words": "the row as a sentence",
}


def reversals(answers: pd.DataFrame, made: Design, *, scenarios: Sequence[str]) -> pd.DataFrame:
    """Every pair of scenarios in every question, along every number that is swept by itself (one at a time, or a grid of one), in
    COLUMNS; more than one row where the difference crosses 0 more than once. Grids of several numbers have none."""
    rows = [row for gap in values.gaps(values.found(answers, made), scenarios) for i in range(len(made.columns))
            for row in _along(gap, made, i)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def said(found: pd.DataFrame) -> list[str]:
    """The reversals in words: each crossing, and for each pair of scenarios in one line how many numbers flip it nowhere."""
    out = list[str]()
    for (label, scenario, against), rows in found.groupby(["label", "scenario", "against"], sort=False):   # type: ignore[misc]
        crossed = rows["value"].notna() | (rows["verdict"] == "unordered")
        out.extend(rows.loc[crossed, "words"])
        rest, noise = rows[~crossed], int((rows.loc[~crossed, "verdict"] == "noise").sum())
        if len(rest) == 1:
            out.extend(rest["words"])
        elif len(rest):
            more = f", {noise} of them because the gap is noise" if noise else ""
            count = f"{len(rest)} of {rows['address'].nunique()} numbers"
            out.append(f"{label}: {scenario} against {against}: {count} flip it nowhere in their range{more} (csv/reversals.csv)")
    return out


def _along(gap: Gap, made: Design, column: int) -> Iterator[dict[str, Any]]:
    """The rows of one gap along one number."""
    alone = np.isnan(np.delete(made.u, column, axis=1)).all(1) & ~np.isnan(made.u[:, column])
    points = np.flatnonzero(alone)
    if len(points) < 2:
        return
    factor = made.columns[column]
    x = np.array([factor.number(u) for u in made.u[points, column]])
    order = np.argsort(x, kind="stable")
    x, y = x[order], gap.points[points[order]]
    central = float(factor.central) if factor.central is not None and factor.ordered else np.nan
    if central == central and central not in x:                     # draw 0 is one more value
        spot, shared = int(np.searchsorted(x, central)), min(y.shape[1], len(gap.central))
        x, y = np.insert(x, spot, central), np.insert(y[:, :shared], spot, gap.central[:shared], axis=0)
    some = ~np.isnan(y).all(1)                                      # a mean over those whom a value reaches may have nobody at 0
    x, y = x[some], y[some]
    if len(x) < 2:
        return
    y = y[:, ~np.isnan(y).any(0)]
    about = {"label": gap.label, "scenario": gap.scenario, "against": gap.against, "address": factor.address, "central": central,
             "first": x[0], "last": x[-1], "replicates": y.shape[1]}
    if y.shape[1]:
        about |= {"at_first": float(y[0].mean()), "at_last": float(y[-1].mean())}
        for found in _found(x, y, factor):
            yield {**about, **found, "words": _words({**about, **found}, gap, factor)}


def _found(x: Values, y: Values, factor: Factor) -> list[dict[str, Any]]:
    """Verdict, value and interval of each crossing of curves y [values, replicates] over x."""
    told = np.array([np.sign(mean) * (abs(mean) > half) for mean, _, half in map(interval, y)])
    none = {"value": np.nan, "low": np.nan, "high": np.nan}
    if not factor.ordered:
        return [{"verdict": "unordered", **none}]
    crossings = list(_crossings(x, y.mean(1)))
    if not crossings:
        return [{"verdict": "same" if not y.any() else "no flip" if told.any() else "noise", **none}]
    ends = [-np.inf, *crossings, np.inf]
    out = []
    for i, value in enumerate(crossings):
        before, after = told[(x >= ends[i]) & (x <= value)], told[(x >= value) & (x <= ends[i + 2])]
        both = before.any() and after.any() and y.shape[1] > 1
        low, high = limits(x, y, value)
        out.append({"verdict": "flips" if both else "noise", "value": value, "low": low, "high": high})
    return out


def _crossings(x: Values, mean: Values) -> Iterator[float]:
    """Where the line through the points changes its sign; in the middle of a stretch where it is 0."""
    signed = np.flatnonzero(mean != 0)
    for a, b in zip(signed[:-1], signed[1:], strict=True):
        if mean[a] * mean[b] < 0:
            yield float(x[a] + (x[b] - x[a]) * mean[a] / (mean[a] - mean[b]) if b == a + 1 else (x[a + 1] + x[b - 1]) / 2)


def limits(x: Values, y: Values, value: float) -> tuple[float, float]:
    """The stretch around `value` in which the 95% interval of the mean of curves y [values, replicates] over x holds 0; the ends of
    x where it goes further, NaN with one replicate."""
    if y.shape[1] < 2:
        return np.nan, np.nan
    edges = sorted(edge for i in range(len(x) - 1) for edge in _edges(x[i:i + 2], y[i:i + 2]))
    below, above = [e for e in edges if e <= value], [e for e in edges if e >= value]
    return below[-1] if below else float(x[0]), above[0] if above else float(x[-1])


def _edges(x: Values, y: Values) -> list[float]:
    """Where, between two neighbouring values, the mean is just as far from 0 as its interval is wide.

    At a share w of the way the squared mean less the squared half-width is a parabola in w.
    """
    step, count = y[1] - y[0], y.shape[1]
    width = float(stdtrit(count - 1, 0.975)) ** 2 / count
    spread = np.cov(np.stack([y[0], step])) * width
    mean, slope = float(y[0].mean()), float(step.mean())
    parabola = [slope**2 - spread[1, 1], 2 * (mean * slope - spread[0, 1]), mean**2 - spread[0, 0]]
    roots = np.roots(parabola) if any(parabola) else np.zeros(0)
    return [float(x[0] + w.real * (x[1] - x[0])) for w in roots if abs(w.imag) < 1e-9 and 0 <= w.real <= 1]


def _words(row: dict[str, Any], gap: Gap, factor: Factor) -> str:
    ends = f"between {lines(row['first'])} and {lines(row['last'])}"
    if row["verdict"] == "same":
        return f"{gap.name}: no difference, whatever {factor.address} is {ends}"
    if row["verdict"] == "unordered":
        return f"{gap.name}: the values of {factor.address} have no order"
    if row["value"] != row["value"]:
        sides = f"{lines(row['at_first'])} to {lines(row['at_last'])}"
        return f"{gap.name}: no flip for {factor.address} {ends} ({sides})" if row["verdict"] == "no flip" else \
            f"{gap.name}: noise, whatever {factor.address} is {ends} ({sides})"
    where = f"{factor.address} of {lines(row['value'])}"
    if row["low"] == row["low"]:
        where += f" ({lines(row['low'])} to {lines(row['high'])})"
    sides = f"from {lines(row['at_first'])} at {lines(row['first'])} to {lines(row['at_last'])} at {lines(row['last'])}"
    if row["verdict"] == "flips":
        return f"{gap.name}: flips at {where}, {sides}"
    return f"{gap.name}: crosses 0 at {where}, {sides}, but the gap is noise on one side of it or both"
