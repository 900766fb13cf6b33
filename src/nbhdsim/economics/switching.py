"""What would change the answer: the value of one assumption at which another option becomes the best, all else as it was.

Exact where net benefit is linear in a number (unit costs, the value of a WELLBY); from the curve of net benefit given the number,
and so approximate, where the number went through the simulation. Standards GB-5.
"""
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbhdsim.economics import resampling
from nbhdsim.economics.conditional import curves, value
from nbhdsim.economics.information import LEAST
from nbhdsim.economics.known import Known, known

Array = NDArray[np.float64]
EXACT, APPROXIMATE = "exact", "approximate"
UNSEEN = "no drawn value is seen to change the best option"
SEED = 1
COLUMNS: Mapping[str, str] = {
    "address": "the number",
    "value": "its central value",
    "low": "lower end of its 90% range",
    "high": "upper end",
    "at": "value nearest to the central one at which another option is the best; NaN where there is none",
    "share": "how far that is from the central value, in widths of the 90% range",
    "within": "true where it lies in the 90% range",
    "best": "the best option now, by expected net benefit",
    "becomes": "the option that takes its place, empty where none does",
    "way": f"`{EXACT}`: net benefit is linear in the number; `{APPROXIMATE}`: read off a curve through sampled futures",
    "why": "why there is no value",
}
"""Columns of `of`, and what they mean."""


def of(benefit: pd.DataFrame, draws: pd.DataFrame, numbers: pd.DataFrame, *, slopes: pd.DataFrame | None = None,
       held: pd.DataFrame | None = None) -> pd.DataFrame:
    """Switching value of each number, the nearest first, in COLUMNS.

    benefit: net benefit in pounds, index (draw, replicate), a column an option, the reference among them; draws: value of each
    number, index draw, a column an address; numbers: index address, columns value, low, high, and `least`, `most` where not every
    value is possible; slopes: index address, a column an option, pounds of mean net benefit per unit, for numbers that it is
    linear in; held: of the same shape, the mean pounds that the number now gives each option (None: slope x mean of the number, as
    where what it is the price of is the same in every draw). Other numbers need LEAST sampled draws, and a curve says nothing
    beyond the values that were drawn.
    """
    what = known(benefit)
    means = what.means if what.means.shape[1] else benefit.to_numpy(float).T
    mean, options = means.mean(1), list(map(str, benefit.columns))
    exact = numbers.index.intersection([] if slopes is None else slopes.index)
    rows = []
    for a in exact:
        slope = slopes.loc[a, benefit.columns].to_numpy(float)                                        # type: ignore[union-attr]
        now = slope * _now(numbers, draws, a) if held is None else held.loc[a, benefit.columns].to_numpy(float)
        rows.append(_exact(numbers.loc[a], slope, mean, held=now))
    curved = [a for a in numbers.index.difference(exact, sort=False) if a in draws.columns]
    if len(what.draws) < LEAST:
        few = f"{len(what.draws)} futures with sampled numbers are too few for a curve ({LEAST} or more)"
        found = [(np.nan, -1, few)] * len(curved)
    else:
        found = _curved(what, numbers.loc[curved], draws.loc[what.draws, curved].to_numpy(float))
    best = int(mean.argmax())
    table = numbers.loc[[*exact, *curved], ["value", "low", "high"]].rename_axis("address").reset_index()
    table[["at", "place", "why"]] = pd.DataFrame(rows + found, columns=["at", "place", "why"], index=table.index)
    table = table.assign(
        share=(table["at"] - table["value"]).abs() / (table["high"] - table["low"]).where(table["high"] > table["low"]),
        within=table["at"].between(table["low"], table["high"]), best=options[best],
        becomes=[options[i] if i >= 0 else "" for i in table["place"].astype(int)],
        way=[EXACT] * len(exact) + [APPROXIMATE] * len(curved))
    return table[list(COLUMNS)].sort_values(["share", "address"], ignore_index=True)


def _now(numbers: pd.DataFrame, draws: pd.DataFrame, address: str) -> float:
    """The value that mean net benefit stands at: the mean of the draws of a sampled number, else its central value."""
    sampled = draws.index > 0
    of_draws = address in draws and bool(sampled.any())
    return float((draws.loc[sampled, address] if of_draws else numbers.loc[[address], "value"]).mean())


def _exact(number: pd.Series, slope: Array, mean: Array, *, held: Array) -> tuple[float, int, str]:
    """Value nearest to the central one at which another option's line crosses that of the best, which, and why there is none;
    f8[options] each, `held` the part of the mean that comes from the number."""
    best = int(mean.argmax())
    gain, start = slope - slope[best], mean - held
    with np.errstate(divide="ignore", invalid="ignore"):
        at = (start[best] - start) / gain
    possible = (gain != 0) & (at >= number.get("least", -np.inf)) & (at <= number.get("most", np.inf))
    if not gain.any():
        return np.nan, -1, "it moves no option against another"
    if not possible.any():
        return np.nan, -1, "no possible value changes the best option"
    nearest = int(np.where(possible, np.abs(at - number["value"]), np.inf).argmin())
    return float(at[nearest]), nearest, ""


def _curved(what: Known, numbers: pd.DataFrame, x: Array) -> list[tuple[float, int, str]]:
    """As `_exact`, from curves of net benefit given each column of f8[draws, numbers]; a curve that may be luck says nothing."""
    if not x.shape[1]:
        return []
    mean = what.means.mean(1)
    blank = resampling.idle(what.means, what.draws, np.random.default_rng(SEED))
    deviation, order = curves(what.means, x, times=blank.times)
    seen = (value(mean, deviation) > blank.level(x.shape[1])) & (np.ptp(x, axis=0) > 0)
    values = np.take_along_axis(x.T, order, axis=1)
    return [_crossing(v, mean[:, None] + d, centre=float(c), best=int(mean.argmax())) if s else (np.nan, -1, UNSEEN)
            for v, d, c, s in zip(values, deviation, numbers["value"], seen, strict=True)]


def _crossing(values: Array, expected: Array, *, centre: float, best: int) -> tuple[float, int, str]:
    """Value nearest to the centre between drawn ones, in order, where an option passes the best; expected f8[options, draws]."""
    lead = expected[best] - expected
    lead[best] = np.inf
    now = lead[:, np.abs(values - centre).argmin()] > 0
    other = (lead[:, :-1] > 0) != (lead[:, 1:] > 0)
    option, left = np.nonzero(other & now[:, None])
    if not option.size:
        return np.nan, -1, UNSEEN
    a, b = lead[option, left], lead[option, left + 1]
    at = values[left] + (values[left + 1] - values[left]) * a / (a - b)
    nearest = int(np.abs(at - centre).argmin())
    return float(at[nearest]), int(option[nearest]), ""
