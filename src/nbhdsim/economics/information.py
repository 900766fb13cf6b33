"""Value of information in pounds: of knowing everything (EVPI), of knowing one number (EVPPI), of a study (EVSI).

All from futures already run: net benefit of each option in each future. Values of single numbers do not add up to that of all of
them, and are never stacked. Chance is not knowable.
"""
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from nbhdsim.economics import discounting
from nbhdsim.economics.acceptability import chance_best, shares
from nbhdsim.economics.conditional import Fits, curves, fits, inflation, orders, signal, together, value
from nbhdsim.economics.discounting import Schedule
from nbhdsim.economics.known import Known, knowable, known, share_of_chance
from nbhdsim.economics.studies import COLUMNS, Study, worth
from nbhdsim.errors import NbhdsimError

Array = NDArray[np.float64]


LEAST = 64
"""Sampled draws that the value of information needs: with fewer a curve is mostly the luck of those few."""
RESAMPLES, FEW_RESAMPLES, SHUFFLES, FEW_SHUFFLES = 40, 12, 2000, 200
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
    """Value over the life of a decision: value of one decision x decisions (or people) f8[years], discounted, the first year at
    1.
    """
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
    "error": "its standard error, over resampled draws",
    "chance": "largest share of the variance of an option's net benefit that is chance",
    "best": "option of the largest expected net benefit",
    "best_in": "share of draws in which it is the best, chance included",
    "draws": "sampled draws",
}
NUMBERS: Mapping[str, str] = {
    "address": "the number, or the group of numbers",
    "evppi": "value of knowing it, pounds; these do not add up",
    "error": "its standard error, over resampled draws",
    "noise": "what the largest of as many numbers without any effect would be said to be worth, in 95 of 100 such runs",
    "seen": "true where evppi is above noise",
}


def of(benefit: pd.DataFrame, draws: pd.DataFrame, *, groups: Mapping[str, str] | None = None, studies: Sequence[Study] = (),
       times: float = 1.0, seed: int = 1) -> Information:
    """Value of information from the futures of a finished run.

    benefit: net benefit in pounds, index (draw, replicate), a column an option, one of them the reference; draw 0 has central
    numbers and tells chance alone. draws: value of each number, index draw, a column an address. groups: group by address; studies:
    see `studies.worth`; times: decisions that the knowledge would serve, discounted (`population`); seed: of shuffles and
    resamples. Below LEAST sampled draws there is no value, and `why` says so. Draws 2k - 1 and 2k are opposites: they are
    resampled as pairs. A draw of `benefit` without numbers is an error.
    """
    what = known(benefit)
    count = len(what.draws)
    if count < LEAST:
        empty = pd.DataFrame(columns=list(NUMBERS))
        why = f"{count} futures with sampled numbers are too few for the value of information ({LEAST} or more)"
        return Information(pd.DataFrame(columns=list(TOTAL)), empty, empty, pd.DataFrame(columns=list(COLUMNS)), why)
    if lost := sorted(set(what.draws) - set(draws.index)):
        raise NbhdsimError.of(f"draws without their numbers: {', '.join(map(str, lost[:5]))}", path="draws")
    numbers = draws.loc[what.draws]
    numbers = numbers.loc[:, np.ptp(numbers.to_numpy(float), axis=0) > 0]
    rng = np.random.default_rng(seed)
    again, blank = _resamples(what.draws, rng), fits(what.means, _idle(what.draws, rng))
    alone = _alone(what.means, numbers, blank=blank, again=again)
    many = _many(what.means, numbers, groups or {}, shuffles=_shuffles(what.draws, rng), again=again[:FEW_RESAMPLES])
    total = _total(what, again, options=list(benefit.columns), rng=rng)
    if what.told:      # few futures tell chance badly, and too much may be taken out: what is seen of numbers sets a floor
        total["evpi"] = total["evpi"].clip(lower=max(_seen(alone), _seen(many)))
    most = float(total["evpi"].iloc[0]) if what.told else perfect(what.means).evpi
    table = worth(what.means, numbers, studies, times=times, most=most, noise=inflation(blank))
    total, alone, many = (_in_pounds(each, times, most) for each in (total, alone, many))
    return Information(total, alone, many, table, "")


def _seen(table: pd.DataFrame) -> float:
    """Largest value above its noise, 0 for none."""
    return float(table.loc[table["evppi"] > table["noise"], "evppi"].max()) if (table["evppi"] > table["noise"]).any() else 0.0


def _in_pounds(table: pd.DataFrame, times: float, most: float) -> pd.DataFrame:
    """In pounds of all decisions, no value above `most` of one, the largest first."""
    if "evppi" in table:
        table = table.assign(evppi=table["evppi"].clip(upper=most), seen=table["evppi"] > table["noise"])
        table = table.sort_values(["evppi", "address"], ascending=[False, True], ignore_index=True)
    return table.assign(**{name: table[name] * times for name in ("evpi", "evppi", "error", "noise") if name in table})


def _pairs(draws: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Rows of each pair of opposite draws, of a draw alone where its opposite failed."""
    first = np.unique((draws + 1) // 2, return_inverse=True)[1]
    return [np.flatnonzero(first == i) for i in range(first.max() + 1)]


def _resamples(draws: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Rows i8[RESAMPLES, about draws] of as many pairs of opposite draws, drawn with return."""
    rows = _pairs(draws)
    again = [np.concatenate([rows[i] for i in rng.integers(0, len(rows), len(rows))]) for _ in range(RESAMPLES)]
    least = min(map(len, again))
    return np.array([each[:least] for each in again])


def _shuffles(draws: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Rows i8[FEW_SHUFFLES, draws] in which pairs of opposite draws change places with pairs, turned round or not."""
    rows = _pairs(draws)
    out = np.tile(np.arange(len(draws)), (FEW_SHUFFLES, 1))
    for size in (1, 2):
        own = np.array([row for row in rows if len(row) == size], np.int64).reshape(-1, size)
        place = rng.random((FEW_SHUFFLES, len(own))).argsort(1)
        out[:, own.ravel()] = rng.permuted(own[place], axis=2).reshape(FEW_SHUFFLES, -1)
    return out


def _idle(draws: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Orders i8[SHUFFLES, draws] of numbers without effect, drawn in opposite pairs as those of a run are."""
    pair = np.unique((draws + 1) // 2, return_inverse=True)[1]
    u = rng.random((SHUFFLES, pair.max() + 1))[:, pair]
    return orders(np.where(draws % 2, u, 1 - u).T)


def _total(what: Known, again: NDArray[np.int64], *, options: Sequence[str], rng: np.random.Generator) -> pd.DataFrame:
    """One row in TOTAL, pounds of one decision; the error has that of how much is chance in it, too (chi-squared)."""
    mean, best = what.means.mean(1), int(what.means.mean(1).argmax())
    out = {"evpi": np.nan, "error": np.nan, "chance": np.nan}
    if what.told:
        luck = what.chance * (rng.chisquare(what.freedom, len(again)) / what.freedom)[:, None, None]
        more = what.means[:, again].transpose(1, 0, 2)
        each = [float(value(m.mean(1), knowable(m, chance))) for m, chance in zip(more, luck, strict=True)]
        out = {"evpi": float(value(mean, knowable(what.means, what.chance))), "error": float(np.std(each, ddof=1)),
               "chance": float(share_of_chance(what).max())}
    best_in = float(chance_best(what.means)[best])
    return pd.DataFrame([{**out, "best": options[best], "best_in": best_in, "draws": what.means.shape[1]}])


def _alone(nb: Array, numbers: pd.DataFrame, *, blank: Fits, again: NDArray[np.int64]) -> pd.DataFrame:
    """Each number in NUMBERS but `seen`, pounds of one decision; blank: fits to numbers without effect."""
    x, mean, times = numbers.to_numpy(float), nb.mean(1), inflation(blank)
    found = value(mean, curves(nb, x, times=times)[0])
    more = [value(nb[:, rows].mean(1), curves(nb[:, rows], x[rows], times=times)[0]) for rows in again]
    nothing = value(mean, signal(blank, times=times))
    noise, error = float(np.quantile(nothing, 0.95 ** (1 / max(x.shape[1], 1)))), np.std(more, axis=0, ddof=1)
    return pd.DataFrame({"address": numbers.columns.astype(str), "evppi": found, "error": error, "noise": noise})


def _many(nb: Array, numbers: pd.DataFrame, groups: Mapping[str, str], *, shuffles: NDArray[np.int64],
          again: NDArray[np.int64]) -> pd.DataFrame:
    """Each group of numbers in NUMBERS but `seen`, pounds of one decision."""
    rows, mean = [], nb.mean(1)
    for name in dict.fromkeys(groups.values()):
        x = numbers[[a for a in numbers if groups.get(str(a)) == name]].to_numpy(float)
        if x.shape[1]:
            blank = together(nb, orders(x), shuffles=shuffles)
            times = inflation(blank)
            more = [_jointly(nb[:, some], x[some], times) for some in again]
            nothing = value(mean, signal(blank, times=times))
            rows.append([name, _jointly(nb, x, times), np.std(more, ddof=1), float(np.quantile(nothing, 0.95))])
    return pd.DataFrame(rows, columns=["address", "evppi", "error", "noise"])


def _jointly(nb: Array, x: Array, times: float) -> float:
    """Value of knowing all columns of x f8[n, numbers] at once, by a sum of curves."""
    return float(value(nb.mean(1), signal(together(nb, orders(x)), times=times))[0])
