"""Value of information in pounds: of knowing everything (EVPI), of knowing one number (EVPPI), of a study (EVSI).

All from futures already run: net benefit of each option in each future. Values of single numbers do not add up to that of all of
them, and are never stacked. Chance is not knowable.
"""
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from nbhdsim.economics import discounting, resampling
from nbhdsim.economics.acceptability import chance_best, shares
from nbhdsim.economics.conditional import curves, inflation, orders, signal, together, value
from nbhdsim.economics.discounting import Schedule
from nbhdsim.economics.known import Known, knowable, known, share_of_chance
from nbhdsim.economics.resampling import Idle
from nbhdsim.economics.studies import COLUMNS, Study, worth
from nbhdsim.errors import NbhdsimError

Array = NDArray[np.float64]


LEAST = 64
"""Sampled draws that the value of information needs: with fewer a curve is mostly the luck of those few."""
FEW = 12
"""Halves behind the error of a group, which takes longer than that of a number."""
FAR = 40.0
"""SDs beyond which the chance of the other sign is 0 to the last digit."""


class Perfect(NamedTuple):
    """Expected net benefit f8[options], that with perfect information, and the difference to the best option (EVPI)."""

    expected: Array
    informed: float
    evpi: float


def perfect(benefit: ArrayLike, *, weight: ArrayLike | None = None) -> Perfect:
    """EVPI = E[max NB] - max E[NB] from net benefit f8[options, futures] (unit of the benefit); futures weigh the same where None.

    Never below 0. Claxton (1999). Oracles evpi-three-options, evpi-ceac-five-futures.
    """
    nb = np.asarray(benefit, float)
    share = shares(nb.shape[1], weight)
    expected, informed = nb @ share, float(nb.max(0) @ share)
    return Perfect(expected, informed, max(informed - float(expected.max()), 0.0))


def loss(mean: ArrayLike, sd: ArrayLike) -> Array:
    """Expected loss of deciding on the mean: E[max(X, 0)] - max(mean, 0) for X normal: s phi(m / s) - |m| Phi(-|m| / s).

    EVPI of an incremental net benefit m with SD s; EVPPI with the SD that one number gives it. Raiffa and Schlaifer (1961). Oracle
    evppi-linear-gaussian.
    """
    m, s = np.abs(np.asarray(mean, float)), np.asarray(sd, float)
    with np.errstate(over="ignore"):
        z = np.minimum(m / np.where(s > 0, s, 1), FAR)
    return np.where(s > 0, s * np.exp(-z * z / 2) / np.sqrt(2 * np.pi) - m * ndtr(-z), 0.0)


def partial(benefit: ArrayLike, numbers: ArrayLike) -> Array:
    """EVPPI f8[numbers] of each column of f8[futures, numbers] from net benefit f8[options, futures], by regression, in one pass.

    Never below 0 nor above the EVPI of these futures; a column that does not vary is worth 0. What chance adds to net benefit
    averages out, and what is left of it in a fit is taken out. Strong, Oakley and Brennan (2014). Oracle evppi-linear-gaussian.
    """
    nb, x = np.asarray(benefit, float), np.asarray(numbers, float)
    found = value(nb.mean(1), curves(nb, x)[0])
    return np.where(np.ptp(x, axis=0) > 0, np.minimum(found, perfect(nb).evpi), 0.0)


def population(each: float, decisions: ArrayLike, schedule: Schedule) -> float:
    """Value over the life of a decision: value of one x decisions (or people) f8[years], discounted, the first year in full."""
    return each * float(discounting.present_value(decisions, schedule))


class Information(NamedTuple):
    """Value of information of a run in pounds (TOTAL, NUMBERS and the columns of `studies`); `why` there is none, else empty."""

    total: pd.DataFrame
    numbers: pd.DataFrame
    groups: pd.DataFrame
    studies: pd.DataFrame
    why: str


TOTAL: Mapping[str, str] = {
    "evpi": "value of knowing everything that is not chance, pounds; NaN where it is not known how much is chance",
    "error": "its standard error, over halves of the draws",
    "chance": "largest share of the variance of an option's net benefit that is chance",
    "best": "option of the largest expected net benefit",
    "best_in": "share of draws in which it is the best, chance included",
    "draws": "sampled draws",
}
NUMBERS: Mapping[str, str] = {
    "address": "the number, or the group of numbers",
    "evppi": "value of knowing it, pounds; these do not add up",
    "error": "its standard error, over halves of the draws",
    "noise": "what the largest of as many numbers without any effect would be said to be worth, in 95 of 100 such runs",
    "seen": "true where evppi is above noise",
}


Asked = Sequence[Study] | Callable[[pd.DataFrame, pd.DataFrame], Sequence[Study]]


def of(benefit: pd.DataFrame, draws: pd.DataFrame, *, groups: Mapping[str, str] | None = None, studies: Asked = (),
       times: float = 1.0, seed: int = 1) -> Information:
    """Value of information from the futures of a finished run.

    benefit: net benefit in pounds, index (draw, replicate), a column an option, one of them the reference; draw 0 has central
    numbers and tells chance alone. draws: value of each number, index draw, a column an address. groups: group by address; studies:
    see `studies.worth`, or a function that names them once it is known what each number and group is worth (NUMBERS); times:
    decisions that the knowledge would serve, discounted (`population`); seed: of shuffles and halves. Below LEAST sampled draws
    there is no value, and `why` says so. A draw of `benefit` without numbers is an error.
    """
    what = known(benefit)
    if len(what.draws) < LEAST:
        return _too_few(len(what.draws))
    if lost := sorted(set(what.draws) - set(draws.index)):
        raise NbhdsimError.of(f"draws without their numbers: {', '.join(map(str, lost[:5]))}", path="draws")
    numbers = draws.loc[what.draws]
    numbers = numbers.loc[:, np.ptp(numbers.to_numpy(float), axis=0) > 0]
    rng = np.random.default_rng(seed)
    more, blank = resampling.halves(what.draws, rng), resampling.idle(what.means, what.draws, rng)
    alone = _alone(what.means, numbers, blank=blank, more=more)
    many = _many(what.means, _grouped(numbers, groups or {}), shuffles=resampling.shuffles(what.draws, rng), more=more[:FEW])
    many["evppi"] = np.maximum(many["evppi"], many["address"].map(_members(alone, groups or {})).fillna(0.0))
    total = _total(what, more, options=list(benefit.columns), rng=rng)
    if what.told:      # few futures tell chance badly, and too much may be taken out: what is seen of numbers sets a floor
        total["evpi"] = total["evpi"].clip(lower=max(_seen(alone), _seen(many)))
    most = float(total["evpi"].iloc[0]) if what.told else perfect(what.means).evpi
    total, alone, many = (_in_pounds(each, times, most) for each in (total, alone, many))
    asked = studies(alone, many) if callable(studies) else studies
    return Information(total, alone, many, worth(what.means, numbers, asked, times=times, most=most, noise=blank.times), "")


def _too_few(count: int) -> Information:
    """No value, and why."""
    empty = pd.DataFrame(columns=list(NUMBERS))
    why = f"{count} futures with sampled numbers are too few for the value of information ({LEAST} or more)"
    return Information(pd.DataFrame(columns=list(TOTAL)), empty, empty, pd.DataFrame(columns=list(COLUMNS)), why)


def _seen(table: pd.DataFrame) -> float:
    """Largest value above its noise, 0 for none."""
    return float(table.loc[table["evppi"] > table["noise"], "evppi"].max()) if (table["evppi"] > table["noise"]).any() else 0.0


def _members(alone: pd.DataFrame, groups: Mapping[str, str]) -> "pd.Series[float]":
    """Largest value of a number that is seen, by group: the group is worth that at least."""
    seen = alone[alone["evppi"] > alone["noise"]]
    return seen["evppi"].groupby(seen["address"].map(groups)).max()


def _in_pounds(table: pd.DataFrame, times: float, most: float) -> pd.DataFrame:
    """In pounds of all decisions, no value above `most` of one, the largest first."""
    if "evppi" in table:
        table = table.assign(evppi=table["evppi"].clip(upper=most), seen=table["evppi"] > table["noise"])
        table = table.sort_values(["evppi", "address"], ascending=[False, True], ignore_index=True)
    return table.assign(**{name: table[name] * times for name in ("evpi", "evppi", "error", "noise") if name in table})


def _grouped(numbers: pd.DataFrame, groups: Mapping[str, str]) -> dict[str, Array]:
    """Columns f8[draws, numbers] of each group that has any, in order of their first."""
    found: dict[str, list[str]] = {}
    for address in map(str, numbers):
        if address in groups:
            found.setdefault(groups[address], []).append(address)
    return {name: numbers[each].to_numpy(float) for name, each in found.items()}


def _total(what: Known, more: NDArray[np.int64], *, options: Sequence[str], rng: np.random.Generator) -> pd.DataFrame:
    """One row in TOTAL, pounds of one decision; the error has that of how much is chance in it, too (chi-squared)."""
    mean = what.means.mean(1)
    best, out = int(mean.argmax()), {"evpi": np.nan, "error": np.nan, "chance": np.nan}
    if what.told:
        luck = what.chance * (rng.chisquare(what.freedom, len(more)) / what.freedom)[:, None, None]
        runs = what.means[:, more].transpose(1, 0, 2)
        each = [float(value(m.mean(1), knowable(m, chance))) for m, chance in zip(runs, luck, strict=True)]
        out = {"evpi": float(value(mean, knowable(what.means, what.chance))), "error": float(np.std(each, ddof=1)),
               "chance": float(share_of_chance(what).max())}
    best_in = float(chance_best(what.means)[best])
    return pd.DataFrame([{**out, "best": options[best], "best_in": best_in, "draws": what.means.shape[1]}])


def _alone(nb: Array, numbers: pd.DataFrame, *, blank: Idle, more: NDArray[np.int64]) -> pd.DataFrame:
    """Each number in NUMBERS but `seen`, pounds of one decision."""
    x = numbers.to_numpy(float)
    found = value(nb.mean(1), curves(nb, x, times=blank.times)[0])
    each = [value(nb[:, rows].mean(1), curves(nb[:, rows], x[rows], times=blank.times)[0]) for rows in more]
    return pd.DataFrame({"address": numbers.columns.astype(str), "evppi": found, "error": np.std(each, axis=0, ddof=1),
                         "noise": blank.level(x.shape[1])})


def _many(nb: Array, groups: Mapping[str, Array], *, shuffles: NDArray[np.int64], more: NDArray[np.int64]) -> pd.DataFrame:
    """Each group of numbers f8[draws, numbers] in NUMBERS but `seen`, pounds of one decision."""
    rows = []
    for name, x in groups.items():
        blank = together(nb, orders(x), shuffles=shuffles)
        nothing = Idle(inflation(blank), value(nb.mean(1), signal(blank, times=inflation(blank))))
        each = [_jointly(nb[:, some], x[some], nothing.times) for some in more]
        rows.append([name, _jointly(nb, x, nothing.times), np.std(each, ddof=1), nothing.level(len(groups))])
    return pd.DataFrame(rows, columns=["address", "evppi", "error", "noise"])


def _jointly(nb: Array, x: Array, times: float) -> float:
    """Value of knowing all columns of x f8[n, numbers] at once, by a sum of curves."""
    return float(value(nb.mean(1), signal(together(nb, orders(x)), times=times))[0])
