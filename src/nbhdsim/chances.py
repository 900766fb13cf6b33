"""The chances of life: dying, growing frail, giving birth and moving, by age, sex, quintile and frailty, month by month.

Frailty follows a rank among the living of one's age, sex and quintile: 0 the fittest, 1 the frailest. The share of each
category at an age cuts the ranks into categories. The frail die more, so those who live on rise in rank:

    v(t+1) = (v - D(v)) / (1 - D(1)),   D(v) = chance to die this month, summed over the ranks below v

which keeps the ranks of the living even, and the mix at every age what was published, with nobody recovering. Ranks are
otherwise lasting. All shares of an age, and what people of an age expect, follow from this rule alone, never from who
happens to exist.
"""
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .conditions import Conditions, joint, read
from .evidence import DIGITS, Table
from .residents import AGE_FROM, CONDITIONS, FRAILTY

Array = NDArray[np.float64]
AGES, YEAR = 105, 12               # nobody reaches the age of 105
MONTHS = AGES * YEAR
ROUNDS = 60                        # of solving the curve of frailty: far below the last digit kept
SEXES = 2


@dataclass(frozen=True, eq=False)
class Chances:
    """Chances a month (float64). death [2, 5, 105, 4] by sex (0 female), quintile, age in years and frailty; frail [1260, 3]:
    share of an age in months that is at least mildly, moderately, severely frail; birth [5, 105] a woman; move [5, 105] a
    resident of moving to another neighbourhood with the household; conditions: how many long-term conditions people have.
    """

    death: Array
    frail: Array
    birth: Array
    move: Array
    conditions: Conditions

    @cached_property
    def health(self) -> Array:
        """Shares of an age in years with each frailty and number of conditions [5, 105, 4, 5], by quintile."""
        return joint(self.frail, self.conditions)

    @cached_property
    def dying(self) -> Array:
        """Share of an age in years that has each frailty and number of conditions and dies within 12 months [2, 5, 105, 4, 5]."""
        return _dying(self)


def chances(values: Mapping[str, float], tables: Mapping[str, Table]) -> Chances:
    """The chances of central `values` (by address) and the baseline tables."""
    def table(name: str) -> Array:
        return tables[f"baseline.{name}"].scaled(values)
    rate = _by_year(tables["baseline.mortality.rate"].rows, table("mortality.rate")) / 1000 / YEAR
    mix = table("frailty.mix")
    frail = frail_by_age(mix / mix.sum(1, keepdims=True), 1 - rate[:, :, -1].mean())
    ratio = np.array([1.0, *(values[f"baseline.mortality.{name}"] for name in FRAILTY[1:])])
    middle = _mix(frail)[YEAR // 2::YEAR]
    death = rate[..., None] * ratio / (middle * ratio).sum(1)[:, None]
    share = table("population.age")
    share = share / share.sum(0)
    mothers, like = table("births.by_age")[0], table("births.by_quintile")[0]
    births = values["baseline.births.rate"] / 1000 * like / like.mean() / (share * mothers[:, None] / SEXES).sum(0)
    movers = table("moving.by_age")[0]
    moves = values["baseline.moving.beyond"] * table("moving.by_quintile")[0] / 100 / (share * movers[:, None]).sum(0)
    band = np.searchsorted(AGE_FROM, np.arange(AGES), side="right") - 1
    return Chances(_round(np.minimum(death, 1)), frail, _round(births[:, None] * mothers[band] / YEAR),
                   _round(moves[:, None] * movers[band] / YEAR), read(values, tables))


def _round(x: Array) -> Array:
    return np.round(x, DIGITS + 2)


def _by_year(rows: tuple[str, ...], rate: Array) -> Array:
    """A table by first age and sex ("65 F"), [rows, 5], as [2, 5, 105] by single year."""
    out = np.empty((SEXES, rate.shape[1], AGES))
    for row, line in zip(rows, rate, strict=True):
        first, sex = row.split()
        out["FM".index(sex), :, int(first):] = line[:, None]
    return out


def frail_by_age(mix: Array, survival: float) -> Array:
    """Shares at least mildly, moderately, severely frail [1260, 3] by month of age whose means over the bands are the mix [8, 4].

    Straight lines between the middles of the bands, from nobody at the start of the first band with any frailty. Ages are
    even within a band, and fall with the monthly `survival` in the last.
    """
    first = np.array(AGE_FROM) * YEAR
    last = np.append(first[1:], MONTHS)
    month = np.arange(MONTHS)
    weight = np.ones(MONTHS)
    weight[first[-1]:] = np.cumprod(np.full(MONTHS - first[-1], survival))
    total = np.add.reduceat(weight, first)
    middle = np.add.reduceat(weight * month, first) / total
    goal = np.cumsum(mix[:, :0:-1], axis=1)[:, ::-1]
    out = np.zeros((MONTHS, goal.shape[1]))
    for k in range(goal.shape[1]):
        some = np.flatnonzero(goal[:, k])
        if some.size:
            x = np.concatenate([[first[some[0]]], middle[some[0]:], [last[-1]]])
            y = goal[some[0]:, k].copy()
            for _ in range(ROUNDS):
                slope = (y[-1] - y[-2]) / (x[-2] - x[-3]) if y.size > 1 else 0.0
                line = np.interp(month, x, np.concatenate([[0.0], y, [y[-1] + slope * (x[-1] - x[-2])]]))
                line[:first[some[0]]] = 0
                line = np.maximum.accumulate(np.clip(line, 0, 1))
                y += goal[some[0]:, k] - (np.add.reduceat(weight * line, first) / total)[some[0]:]
            out[:, k] = line
    return _round(np.asarray(np.minimum.accumulate(out, axis=1), float))


def _mix(frail: Array) -> Array:
    """Shares of each category [.., k + 1] from the shares at least so far [.., k], such as of frailty."""
    ends = np.concatenate([np.ones((*frail.shape[:-1], 1)), frail, np.zeros((*frail.shape[:-1], 1))], -1)
    return ends[..., :-1] - ends[..., 1:]


def mean_death(of: Chances) -> Array:
    """Chance a month to die [2, 5, 1260] by sex, quintile and month of age, over the mix of that age."""
    return (np.repeat(of.death, YEAR, axis=2) * _mix(of.frail)).sum(-1)


def _dying(of: Chances) -> Array:
    """Share of an age in years that has each frailty and number of conditions and dies within 12 months [2, 5, 105, 4, 5], by sex
    and quintile.

    Exact: the ends of the ranks of each frailty, and of each number of conditions that follows it, are followed through a year
    of the rule above. Conditions that follow a rank of their own say nothing of death beyond frailty.
    """
    death = np.repeat(of.death, YEAR, axis=2)
    many = np.moveaxis(of.conditions.many, -1, 0)                       # [4, 5, 1260]
    ends = np.concatenate([np.zeros((MONTHS, 1)), 1 - of.frail, np.ones((MONTHS, 1))], 1)
    cuts = np.stack([*(np.broadcast_to(end, many.shape[1:]) for end in ends.T), *(1 - many)])
    cuts = np.moveaxis(np.sort(cuts, 0), 0, -1)                         # [5, 1260, 9]
    middle = (cuts[..., 1:] + cuts[..., :-1]) / 2
    frailty = (middle[..., None] >= 1 - of.frail[:, None, :]).sum(-1)
    number = (middle[..., None] >= 1 - of.conditions.many[:, :, None, :]).sum(-1)
    rank = np.broadcast_to(cuts, (SEXES, *cuts.shape)).copy()
    cells, alive = np.zeros((SEXES, *middle.shape)), np.ones((SEXES, *cuts.shape[:2]))
    for later in range(YEAR):
        age = np.minimum(np.arange(MONTHS) + later, MONTHS - 1)
        chance = death[:, :, age]
        chance[:, :, np.arange(MONTHS) + later >= MONTHS - 1] = 1       # nobody reaches the last age
        low, high = ends[age, :-1, None], ends[age, 1:, None]
        below = np.clip(rank[..., None, :] - low, 0, high - low)        # ranks of each category under each end
        lost = (chance[..., None] * below).sum(-2)
        cells += alive[..., None] * np.diff(lost, axis=-1)
        left = 1 - lost[..., -1:]
        rank = np.where(left > 0, (rank - lost) / np.where(left > 0, left, 1), rank)
        alive = alive * left[..., 0]
    of_each = [[(cells * ((frailty == f) & (number == c))).sum(-1) for c in range(CONDITIONS + 1)] for f in range(len(FRAILTY))]
    follow = np.moveaxis(np.array(of_each), (0, 1), (-2, -1))
    together, mix = of.conditions.together, _mix(of.conditions.many)
    out = together * follow + (1 - together) * follow.sum(-1, keepdims=True) * mix[..., None, :]
    return out.reshape(*out.shape[:2], AGES, YEAR, *out.shape[3:]).mean(3)
