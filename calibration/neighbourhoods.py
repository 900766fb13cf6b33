"""What the yearly admissions of neighbourhoods show: how far they differ, how much of it stays, and ordinary change."""
from typing import NamedTuple

import numpy as np
from cohort import central, run, scenario

from nbhdsim import population
from nbhdsim.residents import age_at, band_of

YEARS, WINDOW, GROUP = 8, 4, 14
REPLICATES = 3


class County(NamedTuple):
    """yearly [p, years] admissions; by_age [p] a year's admissions expected from age alone (England); by_both [p] from age and
    quintile."""

    yearly: np.ndarray
    by_age: np.ndarray
    by_both: np.ndarray


def county(replicate: int = 0, years: int = YEARS) -> County:
    """Worcestershire at today's rates, ages held, with nothing funded and no trend."""
    world = population.build(scenario({}))
    counts = run(world, {}, years=years, replicate=replicate)
    place = world.script.place.astype(int)
    band, quintile = band_of(age_at(world.script)), world.places.quintile[place].astype(int) - 1
    rate = central()[2].admission
    return County(np.stack([np.bincount(place, counts[:, year]) for year in range(years)], 1),
                  np.bincount(place, rate.mean(1)[band]), np.bincount(place, rate[band, quintile]))


def spread(c: County) -> float:
    """SD over mean of the age-standardised ratio of a window of four years."""
    ratio = c.yearly[:, :WINDOW].sum(1) / c.by_age
    return float(ratio.std() / ratio.mean())


def windows(c: County) -> float:
    """Correlation of the ratios of two windows of four years, one after the other."""
    ratio = [c.yearly[:, first:first + WINDOW].sum(1) / c.by_age for first in (0, WINDOW)]
    return float(np.corrcoef(ratio)[0, 1])


def kept(c: County, expected: np.ndarray) -> float:
    """Share of one year's excess of the ratio over its mean that is there in the next: regression of next on this."""
    ratio = c.yearly / expected[:, None]
    excess = ratio - ratio.mean(0)
    return float((excess[:, :-1] * excess[:, 1:]).sum() / (excess[:, :-1] ** 2).sum())


def picked(c: County) -> tuple[float, float]:
    """The 14 neighbourhoods with the highest ratio of a year: share of their excess kept, and change of their count, a year on."""
    ratio = c.yearly / c.by_age[:, None]
    before, after, change = [], [], []
    for year in range(c.yearly.shape[1] - 1):
        top = np.argsort(-ratio[:, year])[:GROUP]
        now, then = ratio[top, year].mean() - ratio[:, year].mean(), ratio[top, year + 1].mean() - ratio[:, year + 1].mean()
        before.append(now)
        after.append(then)
        change.append(c.yearly[top, year + 1].sum() / c.yearly[top, year].sum() - 1)
    return float(np.sum(after) / np.sum(before)), float(np.mean(change))


def ordinary(c: County) -> tuple[float, float, float]:
    """Groups of 14 neighbourhoods: mean yearly count, variance over mean about their own mean, SD of the change in a year."""
    groups = c.yearly.shape[0] // GROUP
    count = c.yearly[:groups * GROUP].reshape(groups, GROUP, -1).sum(1)
    change = np.diff(count, axis=1)
    return float(count.mean()), float(count.var(1, ddof=1).mean() / count.mean()), float(change.std())


def report() -> None:
    """Print what neighbourhoods show, over several replicates."""
    rows = []
    for replicate in range(REPLICATES):
        c = county(replicate)
        rows.append([spread(c), windows(c), kept(c, c.by_age), kept(c, c.by_both), *picked(c), *ordinary(c)])
    names = ("SD of the four-year ratio over its mean", "correlation of two four-year windows",
             "excess over the county kept a year later", "excess over its quintile kept a year later",
             "14 highest of a year: excess kept", "14 highest of a year: change of their count",
             "14 neighbourhoods: yearly count", "14 neighbourhoods: variance over mean", "14 neighbourhoods: SD of yearly change")
    print(f"neighbourhoods of Worcestershire, {YEARS} years, {REPLICATES} replicates")
    for name, column in zip(names, np.array(rows).T, strict=True):
        print(f"  {name:44} {column.mean():9.3f} (SD between replicates {column.std(ddof=1):.3f})")
