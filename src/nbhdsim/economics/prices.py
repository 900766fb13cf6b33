"""Prices of one year in those of another, and values that grow with income: two separate steps, never one."""
from collections.abc import Mapping

from nbhdsim.errors import NbhdsimError


def uprate(value: float, deflator: Mapping[int, float], *, of: int, to: int) -> float:
    """Pounds of year `of` in pounds of year `to`: value x deflator(to) / deflator(of). Prices only (HM Treasury GDP deflators).

    The index may have any base. A year it does not hold, or one at 0 or below, is an error. Oracle wellby-price-uplift.
    """
    for year in (of, to):
        if not deflator.get(year, 0) > 0:
            raise NbhdsimError.of(f"no price index for {year} (there are {', '.join(map(str, sorted(deflator)))})", path="deflator")
    return value * deflator[to] / deflator[of]


def grow(value: float, income: float, elasticity: float) -> float:
    """A value that rises with real income: value x income^elasticity, `income` = real income per head over that of the first year.

    Wellbeing guidance for appraisal (HM Treasury 2021) grows the value of a WELLBY so; a step of its own after prices.
    """
    if not income > 0:
        raise NbhdsimError.of(f"real income has gone to {income:g} times what it was (above 0)", path="income")
    return value * income**elasticity
