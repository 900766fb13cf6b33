"""Long-term conditions: how many people of an age and quintile have, how that goes with frailty, and what it adds to admissions.

The share with two or more is published for two ages, for adults as a whole and for the ends of deprivation. Between the ages
its log odds run straight; each quintile is moved up or down to its share. The number of conditions is a Poisson number with that
share at two or more: they come independently of one another (assumption), and nobody loses one. Four stands for four or more.

Of some people (`together`) the number follows the rank of frailty, of the others a lasting rank of their own: the rank
correlation of the two, an assumption. Both ranks stay even among the living (see `chances`), so the mix of every age is kept.
"""
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .errors import NbhdsimError
from .evidence import DIGITS, Table
from .residents import AGE_FROM, CONDITIONS

Array = NDArray[np.float64]
AGES, YEAR = 105, 12
ADULT = 18                         # the published shares are those of adults
OLD_UNTIL = 95                     # the residents of 85 and over are taken as even up to here
ROUNDS = 60                        # of a bisection: below the last digit kept
MOST = 40.0                        # conditions: beyond any mean
WIDEST = 20.0                      # log odds either way within which a quintile's shift is looked for


class Conditions(NamedTuple):
    """many [5, 1260, 4]: share of a quintile and month of age with at least one, two, three, four conditions; together: share of
    people in whom they follow the rank of frailty."""

    many: Array
    together: float


def read(values: Mapping[str, float], tables: Mapping[str, Table]) -> Conditions:
    """The conditions of central `values` (by address) and the baseline tables.

    Raises NbhdsimError for a share of adults that cannot be in every quintile.
    """
    def table(name: str) -> Array:
        return tables[f"baseline.{name}"].scaled(values) / 100
    two = table("conditions.by_age")
    at = np.array([float(row) for row in tables["baseline.conditions.by_age"].rows])
    odds = np.log(two[:, 0] / (1 - two[:, 0]))
    middle = (np.arange(AGES * YEAR) + 0.5) / YEAR
    line = odds[0] + (odds[-1] - odds[0]) * (middle - at[0]) / (at[-1] - at[0])
    adults = _adults(table("population.age"))
    ends = table("conditions.by_quintile")[0]
    goal = ends[0] + (ends[-1] - ends[0]) * np.arange(adults.shape[0]) / (adults.shape[0] - 1)
    goal = goal * values["baseline.conditions.two_or_more"] * adults.sum() / (goal * adults.sum(1)).sum()
    if not (goal.min() > 0 and goal.max() < 1):
        raise NbhdsimError.of(f"{goal.min():.3g} to {goal.max():.3g} of the adults of a quintile would have two or more conditions "
                              "(above 0, below 1)", path="baseline.conditions.two_or_more")
    weight = adults / adults.sum(1, keepdims=True)
    shift = _solved(lambda x: (weight / (1 + np.exp(-line - x[:, None]))).sum(1) - goal, -WIDEST, WIDEST, shape=goal.shape)
    share = 1 / (1 + np.exp(-line - shift[:, None]))
    mean = _solved(lambda m: 1 - (1 + m) * np.exp(-m) - share, 0.0, MOST, shape=share.shape) * np.minimum(middle / ADULT, 1)
    term, below, many = np.exp(-mean), np.zeros_like(mean), []
    for k in range(1, CONDITIONS + 1):
        below = below + term
        many.append(1 - below)
        term = term * mean / k
    return Conditions(np.round(np.stack(many, -1), DIGITS + 2).astype(np.float64), values["baseline.conditions.with_frailty"])


def _adults(share: Array) -> Array:
    """Adults [5, 1260] by quintile and month of age, shares of a band [8, 5] spread evenly over it."""
    out = np.zeros((share.shape[1], AGES * YEAR))
    for band, (low, high) in enumerate(zip(AGE_FROM, (*AGE_FROM[1:], OLD_UNTIL), strict=True)):
        out[:, low * YEAR:high * YEAR] = share[band][:, None] / (high - low)
    out[:, :ADULT * YEAR] = 0
    return out / share.sum(0)[:, None]


def _solved(rises: Callable[[Array], Array], low: float, high: float, *, shape: tuple[int, ...]) -> Array:
    """Where a function that rises is 0, element by element, by bisection."""
    a, b = np.full(shape, low), np.full(shape, high)
    for _ in range(ROUNDS):
        middle = (a + b) / 2
        above = rises(middle) > 0
        a, b = np.where(above, a, middle), np.where(above, middle, b)
    return (a + b) / 2


def number(rank: NDArray[Any], own: NDArray[Any], many: Array, *, together: float) -> NDArray[np.uint8]:
    """Conditions [n] of people of these ranks of frailty and of their own [n] in (0, 1); many [n, 4]: shares at their age."""
    follows = own < together
    place = np.where(follows, rank, (own - together) / np.where(follows, 1.0, 1.0 - together))
    return (place[:, None] >= 1 - many).sum(1).astype(np.uint8)


def joint(frail: Array, of: Conditions) -> Array:
    """Shares of an age in years that have each frailty and number of conditions [5, 105, 4, 5]; frail [1260, 3] as in `chances`."""
    sick, many = _ends(frail), _ends(of.many)
    low, high = (np.maximum(sick[:, 1:, None], many[..., None, 1:]), np.minimum(sick[:, :-1, None], many[..., None, :-1]))
    apart = -np.diff(sick)[:, :, None] * -np.diff(many)[:, :, None, :]
    each = of.together * np.maximum(high - low, 0) + (1 - of.together) * apart
    return by_year(each)


def held(mix: Array, of: Conditions) -> Array:
    """The same [5, 105, 4, 5] where the mix of frailty [8, 4] is that of the band of ages."""
    band = np.searchsorted(AGE_FROM, np.arange(AGES), side="right") - 1
    return joint(np.repeat(np.cumsum(mix[:, :0:-1], 1)[:, ::-1][band], YEAR, axis=0), of)


def by_year(monthly: Array) -> Array:
    """Means over the months of each year of age: [5, 1260, ..] as [5, 105, ..]."""
    return monthly.reshape(monthly.shape[0], AGES, YEAR, *monthly.shape[2:]).mean(2)


def _ends(at_least: Array) -> Array:
    """Shares at least so far [.., k] with everybody before and nobody after [.., k + 2]."""
    edge = np.ones((*at_least.shape[:-1], 1))
    return np.concatenate([edge, at_least, np.zeros_like(edge)], -1)


def ratio(parts: Array, each: float) -> Array:
    """Admission ratio of a number of conditions beside frailty [5, 105, 4, 5]: `each` for every condition over its mean among those
    of one age, quintile and frailty, so that the ratio of every frailty category stays what it is. parts: from `joint`."""
    grows = np.cumprod(np.array([1.0, *[each] * CONDITIONS]))
    people = parts.sum(-1)
    mean = np.where(people > 0, (parts * grows).sum(-1) / np.where(people > 0, people, 1), 1)
    return np.round(grows / mean[..., None], DIGITS + 2)
