"""What wellbeing and health are worth, and to whom: WELLBYs, QALYs, welfare weights, and the guard against counting both.

A WELLBY is one point of life satisfaction (0 to 10) of one person over one year (HM Treasury, wellbeing guidance for appraisal,
2021).
"""
from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nbhdsim.errors import NbhdsimError

Array = NDArray[np.float64]
OVERLAP = ("wellby", "qaly", "loneliness")
"""Values that hold the same thing twice: only one of them may value an effect."""


def weight(income: ArrayLike, reference: float, *, elasticity: float) -> Array:
    """Welfare weight (reference income / group income)^elasticity, f8 of any shape: what 1 pound is worth to each group.

    `elasticity` of the marginal utility of income (The Green Book 2022, A3). Show unweighted figures beside weighted. Oracles
    welfare-weight-unit-elasticity, welfare-weight-eta-1-3.
    """
    each = np.asarray(income, float)
    if not (each > 0).all() or not reference > 0:
        raise NbhdsimError.of("incomes behind welfare weights are above 0", path="income")
    return np.asarray((reference / each) ** elasticity)


def wellbys(change: ArrayLike, people: ArrayLike = 1.0, years: ArrayLike = 1.0) -> Array:
    """Point-years: change of life satisfaction (points) x people x years. Oracle wellby-basic."""
    return np.asarray(change, float) * np.asarray(people, float) * np.asarray(years, float)


def wellby_value(point_years: ArrayLike, pounds: float) -> Array:
    """Pounds: point-years x value of a WELLBY, undiscounted. Oracle wellby-basic."""
    return np.asarray(point_years, float) * pounds


def wellby_from_qaly(pounds: float, points: float) -> float:
    """Value of a WELLBY from that of a QALY: pounds / points of life satisfaction per QALY. Oracle wellby-from-qaly."""
    if not points > 0:
        raise NbhdsimError.of(f"{points:g} points of life satisfaction per QALY (above 0)", path="points")
    return pounds / points


def qalys_from_wellbys(point_years: ArrayLike, points: float) -> Array:
    """QALY-equivalents: point-years / points per QALY; an indicative conversion, never added to the WELLBYs it comes from."""
    return np.asarray(point_years, float) / wellby_from_qaly(points, 1.0)


def refuse_double(valued: Iterable[tuple[str, str]]) -> None:
    """Raise where an effect has more than one of the values in OVERLAP; `valued` = (effect, value), such as ("hubs", "wellby").

    WELLBYs, QALYs and the value of loneliness hold parts of each other. Standards EC-9.
    """
    found: dict[str, set[str]] = {}
    for effect, value in valued:
        if value in OVERLAP:
            found.setdefault(effect, set()).add(value)
    if double := {effect: values for effect, values in found.items() if len(values) > 1}:
        said = "; ".join(f"{effect}: {' and '.join(sorted(values))}" for effect, values in sorted(double.items()))
        raise NbhdsimError.of(f"the same effect is valued twice ({said}); choose one", path="economics")
