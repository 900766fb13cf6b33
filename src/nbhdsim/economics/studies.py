"""Is a study worth its cost, and of what? Expected value of sample information (EVSI) by moment matching.

A study measures numbers with an error that falls with its size. How far its result would move expected net benefit is worked out
for each number on the curve of net benefit given that number; net benefit as it would be expected after the study is the curve
shrunk to that spread (Heath, Manolopoulou and Baio 2018). Numbers are taken as independent, as they are drawn.
"""
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logit

from nbhdsim.economics.conditional import carried, covariance, curves, rescaled, scores, signal, together, value
from nbhdsim.errors import NbhdsimError

Array = NDArray[np.float64]
POINTS, NODES = 400, 9
"""Points of a number's law, and of the error of a study, that results are worked out on."""
LINKS = {"identity": lambda x: x, "log": np.log, "logit": logit}
COLUMNS: Mapping[str, str] = {
    "study": "name of the study",
    "measures": "addresses of what it measures",
    "size": "units it measures; in the studies of a report, how many times what is known now it tells",
    "cost": "what it costs, pounds",
    "evsi": "expected value of its information, pounds",
    "ceiling": "what knowing the same numbers for certain would be worth, pounds",
    "net": "evsi less cost, pounds",
    "worth": "true where net is above 0",
}
"""Columns of `worth`, and what they mean."""


@dataclass(frozen=True)
class Study:
    """A study that could be paid for.

    measures: standard deviation of one unit's observation of each address, on `scale` (identity; log for ratios and rates; logit
    for shares), so that n units measure it with standard error SD / sqrt(n); sizes: n; cost in pounds: cost + n x cost_each.
    """

    name: str
    measures: Mapping[str, float]
    sizes: Sequence[int]
    cost: float
    cost_each: float = 0.0
    scale: Literal["identity", "log", "logit"] = "identity"

    def __post_init__(self) -> None:
        """Sizes and SDs are above 0, costs 0 or above, else NbhdsimError."""
        fine = self.measures and self.sizes and min(self.measures.values()) > 0 and min(self.sizes) > 0
        if not fine or min(self.cost, self.cost_each) < 0 or self.scale not in LINKS:
            raise NbhdsimError.of("measures and sizes (above 0), costs (0 or above), scale (identity log logit)", path=self.name)


def of_each(numbers: pd.DataFrame, what: Mapping[str, Sequence[str]] | Iterable[str], *, cost: float,
            sizes: Sequence[int] = (1, 4)) -> list[Study]:
    """A study of each number, or of the numbers under each name, that tells `size` times as much as is known now of each.

    numbers: a row a future, a column an address, as drawn; standard error = SD of the draws / sqrt(size). A way to ask what is
    worth studying before anybody has laid out how; cost in pounds at every size.
    """
    named = what if isinstance(what, Mapping) else {address: (address,) for address in what}
    return [Study(f"of {name}", {a: float(numbers[a].std()) for a in addresses}, sizes, cost) for name, addresses in named.items()]


def expected_after(curve: Array, place: Array, error: float) -> Array:
    """Covariance f8[options, options] of expected net benefit after a measurement with normal error.

    curve f8[options, n]: net benefit given the number, at n equally likely values; place f8[n]: those values on the scale that is
    measured; error: SD of the measurement. Integrated over values and errors (Gauss-Hermite), so no luck is in it.
    """
    node, weight = np.polynomial.hermite_e.hermegauss(NODES)
    result = (place[:, None] + error * node).ravel()
    fit = -0.5 * ((result[:, None] - place) / error) ** 2
    likely = np.exp(fit - fit.max(1, keepdims=True))
    moved = curve @ (likely / likely.sum(1, keepdims=True)).T
    chance = np.tile(weight / weight.sum(), len(place)) / len(place)
    moved = moved - (moved @ chance)[:, None]
    return np.asarray(moved * chance @ moved.T)


def _fine(values: Array, *, n: int) -> Array:
    """f8[.., n] in order, at POINTS equally likely places between."""
    at = np.interp(scores(POINTS), scores(n), np.arange(n))
    low = np.minimum(at.astype(int), n - 2)
    return np.asarray(values[..., low] + (at - low) * (values[..., low + 1] - values[..., low]))


def _measured(study: Study, numbers: pd.DataFrame) -> Array:
    """Columns of what a study measures f8[futures, addresses] on its scale."""
    if missing := [address for address in study.measures if address not in numbers]:
        raise NbhdsimError.of(f"no such number varies in this run: {', '.join(missing)}", path=study.name)
    with np.errstate(divide="ignore", invalid="ignore"):
        out = LINKS[study.scale](numbers[list(study.measures)].to_numpy(float))
    if not np.isfinite(out).all():
        raise NbhdsimError.of(f"values that have no {study.scale}", path=study.name)
    return np.asarray(out)


def gain(benefit: Array, x: Array, errors: Sequence[Array], *, noise: float = 1.0) -> tuple[float, list[float]]:
    """Value of knowing all columns of x f8[n, numbers], and of measuring them with each of the standard errors f8[numbers].

    benefit f8[options, n]; pounds of one decision; noise: see `conditional.inflation`. Never more than knowing. Of several numbers,
    what the curve of each says would be learnt is carried over to the sum of their curves, and all are worth what any one is worth
    at least.
    """
    n, mean = benefit.shape[1], benefit.mean(1)
    curve, order = curves(benefit, x, times=noise)
    fine, places = _fine(curve, n=n), _fine(np.sort(x, axis=0).T, n=n)
    parts = [np.array([expected_after(*part) for part in zip(fine, places, error, strict=True)]) for error in errors]
    spread = covariance(fine)
    ways = [(c, b, [each[i] for each in parts]) for i, (c, b) in enumerate(zip(curve, spread, strict=True))]
    if len(ways) > 1:
        ways.append((signal(together(benefit, order), times=noise)[0], spread.sum(0), [each.sum(0) for each in parts]))
    found = [(float(value(mean, whole)), [_after(mean, whole, carried(a, b, covariance(whole))) for a in after])
             for whole, b, after in ways]
    ceiling = max(most for most, _ in found)
    return ceiling, [min(max(each), ceiling) for each in zip(*(evsi for _, evsi in found), strict=True)]


def _after(mean: Array, whole: Array, spread: Array) -> float:
    """Value of deciding on curves shrunk to a spread."""
    return float(value(mean, rescaled(whole, spread)))


def worth(benefit: Array, numbers: pd.DataFrame, studies: Sequence[Study], *, times: float = 1.0,
          most: float = np.inf, noise: float = 1.0) -> pd.DataFrame:
    """Is a study worth its cost, and of what? A row a study and size in COLUMNS, the largest net value first.

    benefit f8[options, futures] in pounds of one decision; numbers: a row a future, a column an address; times: decisions that the
    result would serve, discounted (`information.population`); most: value of knowing everything, pounds of one decision, which no
    study passes; noise: see `conditional.inflation`. Raises NbhdsimError for a study of a number that does not vary or has no
    value on its scale.
    """
    rows = []
    for study in studies:
        sd = np.array(list(study.measures.values()))
        errors = [sd / np.sqrt(size) for size in study.sizes]
        ceiling, found = gain(np.asarray(benefit, float), _measured(study, numbers), errors, noise=noise)
        for size, each in zip(study.sizes, found, strict=True):
            cost, evsi, whole = study.cost + size * study.cost_each, min(each, most) * times, min(ceiling, most) * times
            rows.append([study.name, ", ".join(study.measures), size, cost, evsi, whole, evsi - cost, evsi > cost])
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.sort_values(["net", "study", "size"], ascending=[False, True, True], ignore_index=True)
