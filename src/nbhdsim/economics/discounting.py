"""Discounting by a schedule of yearly rates (The Green Book, chapter 6): factors, present value, equivalent annual value.

A schedule is one rate for all years, or bands in order of their last year: `[(30, 0.035), (75, 0.03)]`, or the same as mappings
with `to_year` and `rate`. Rates are shares a year. Schedules are dated policy: they come in as arguments.
"""
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nbhdsim.errors import NbhdsimError

Array = NDArray[np.float64]
Schedule = float | Sequence[tuple[int, float]] | Sequence[Mapping[str, float]]


def time_preference(pure: float, catastrophe: float, *, elasticity: float, growth: float) -> float:
    """Social time preference rate: delta + L + mu x g, shares a year (Ramsey; HM Treasury). Oracle stpr-parameters."""
    return pure + catastrophe + elasticity * growth


def bands(schedule: Schedule) -> list[tuple[float, float]]:
    """A schedule as (last year, rate) in order; one rate holds for ever. Years must rise and rates be above -1, else an error."""
    if isinstance(schedule, int | float):
        found: list[tuple[float, float]] = [(np.inf, schedule)]
    else:
        found = [(band["to_year"], band["rate"]) if isinstance(band, Mapping) else (band[0], band[1]) for band in schedule]
    years = [year for year, _ in found]
    if not found or years != sorted(set(years)) or years[0] < 0:
        raise NbhdsimError.of(f"the last years of a schedule are {years} (rising, from 0 on, at least one)", path="schedule")
    if low := [rate for _, rate in found if not rate > -1]:
        raise NbhdsimError.of(f"a rate of {low[0]} (above -1)", path="schedule")
    return found


def rates(schedule: Schedule, years: ArrayLike) -> Array:
    """Rate f8 of each year i8 (1, 2, ..) by its band; a year after the last band is an error, as no rate is known for it."""
    found, asked = bands(schedule), np.asarray(years)
    if asked.size and asked.max() > found[-1][0]:
        raise NbhdsimError.of(f"year {asked.max()} is after the last band of the schedule ({found[-1][0]})", path="schedule")
    return np.array([rate for _, rate in found])[np.searchsorted([year for year, _ in found], asked)]


def factors(schedule: Schedule, years: ArrayLike) -> Array:
    """Discount factors f8 of whole years (0, 1, ..): DF(0) = 1, DF(t) = DF(t - 1) / (1 + r_t), r_t of the band that t is in.

    Any shape. The Green Book, chapter 6. Oracles discount-factors-standard, discount-factors-health.
    """
    asked = np.asarray(years)
    if asked.size and (asked.min() < 0 or np.any(asked != np.floor(asked))):
        raise NbhdsimError.of("a year to discount is a whole number from 0 on", path="years")
    asked = asked.astype(int)
    each = rates(schedule, np.arange(1, asked.max(initial=0) + 1))
    return np.concatenate([[1.0], 1 / np.cumprod(1 + each)])[asked]


def present_value(flows: ArrayLike, schedule: Schedule, *, first: int = 0) -> Array:
    """Present value of yearly flows f8[.., years]: the sum of flow x DF; the first flow falls in year `first`, its unit is kept."""
    amounts = np.asarray(flows, float)
    return (amounts * factors(schedule, first + np.arange(amounts.shape[-1]))).sum(-1)


def annuity(schedule: Schedule, years: int, *, first: int = 1) -> float:
    """Present value of 1 a year over `years` years, the first in year `first` (1: at the end of each year, as is usual)."""
    return float(factors(schedule, first + np.arange(years)).sum())


def equivalent_annual(value: float, schedule: Schedule, *, years: int, first: int = 1) -> float:
    """The same amount each of `years` years with this present value: value / annuity factor, per year; no years: an error."""
    if years < 1:
        raise NbhdsimError.of(f"an equivalent annual value over {years} years (1 or more)", path="years")
    return value / annuity(schedule, years, first=first)
