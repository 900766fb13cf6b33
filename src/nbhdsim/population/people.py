"""Ages, sexes, disability, frailty, conditions and lasting traits of the residents of an area."""
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbhdsim import rng
from nbhdsim.areas import Area, england
from nbhdsim.groups import BIT
from nbhdsim.residents import band_of

OLDEST = 105          # nobody is older: 20 years after 85
MONTH = np.uint32(0)  # the population is drawn once, outside the calendar


class Luck(NamedTuple):
    """What every draw of a population starts from: the seed and the number of the population."""

    seed: np.uint64
    population: np.uint32

    def uniforms(self, name: str, who: NDArray[np.uint32], word: int = 0) -> NDArray[np.float32]:
        """Uniform deviates in (0, 1), one for each id in `who`, of the stream `name`."""
        return rng.uniforms(self.seed, self.population, rng.purpose(name), MONTH, who, word)

    def normals(self, name: str, who: NDArray[np.uint32], word: int = 0) -> NDArray[np.float32]:
        """Standard normal deviates, one for each id in `who`, of the stream `name`."""
        return rng.normals(self.seed, self.population, rng.purpose(name), MONTH, who, word)


def places_of(area: Area) -> NDArray[np.int64]:
    """Row of the neighbourhood [n] of each resident; residents stand neighbourhood by neighbourhood."""
    return np.repeat(np.arange(area.residents.size), area.residents)


def ids_of(place: NDArray[np.int64], start: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Lasting id [n] of each resident: place << 16 | slot, slot counted from 0 in each neighbourhood."""
    return ((place << 16) | (np.arange(place.size) - start[place])).astype(np.uint32)


def months_of_age(area: Area, luck: Luck) -> NDArray[np.int64]:
    """Age in months [n], oldest first within each neighbourhood.

    Single years are even within an age group (one draw in each of equal slices); from 85 on they fall as those
    who live another year become fewer, by IMD quintile, up to 104.
    """
    groups = area.ages[:, ::-1]                               # oldest first
    lower = np.asarray(area.age_from)[::-1] * 12
    width = np.diff(np.append(np.asarray(area.age_from), OLDEST))[::-1] * 12
    counts = groups.ravel()
    group = np.repeat(np.tile(np.arange(lower.size), area.residents.size), counts)
    count = np.repeat(counts, counts)
    rank = np.arange(group.size) - np.repeat(np.cumsum(counts) - counts, counts)
    place = places_of(area)
    ids = ids_of(place, np.cumsum(area.residents) - area.residents)
    slice_ = (count - 1 - rank + luck.uniforms("build.age", ids).astype(np.float64)) / np.maximum(count, 1)
    months = lower[group] + (slice_ * width[group]).astype(np.int64)
    for quintile in range(1, 6):
        old = (lower[group] == 85 * 12) & (area.quintile[place] == quintile)
        months[old] = 85 * 12 + np.searchsorted(_reached(quintile), slice_[old], side="right")
    return months


def _reached(quintile: int) -> NDArray[np.float64]:
    """Share of those of 85 and over younger than 85 years and 1, 2, .. months, with the quintile's yearly survival."""
    survival = england()["survival_from_85"][quintile - 1]
    months = (OLDEST - 85) * 12
    left = np.array([round(survival ** (month / 12), 10) for month in range(1, months + 1)])
    return np.round((1 - left) / (1 - left[-1]), 9)[:-1]


def frailty(age: NDArray[np.integer], mix: NDArray[np.float64], u: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Frailty category 0-3 [n] from the mix [8, 4] of the resident's age band (rows add up to 1) and a uniform."""
    below = np.cumsum(np.asarray(mix, np.float64), axis=1)[band_of(age), :3]
    return (u[:, None] >= below).sum(axis=1).astype(np.uint8)


def traits(ids: NDArray[np.uint32], luck: Luck) -> NDArray[np.float32]:
    """Standard normal deviates [7, n]: the five mechanisms, life satisfaction, admission."""
    return np.stack([luck.normals(f"build.trait.{k // 4}", ids, k % 4) for k in range(7)])


def flags(luck: Luck, ids: NDArray[np.uint32], *, age: NDArray[np.integer], quintile: NDArray[np.integer],
          shares: NDArray[np.float64]) -> NDArray[np.uint32]:
    """Flags [m] of the groups that people of these ids hold, by their age (years) and IMD quintile 1-5; shares: `groups.shares`."""
    out, band, column = np.zeros(ids.size, np.uint32), band_of(age), quintile.astype(np.int64) - 1
    for k, (name, bit) in enumerate(BIT.items()):
        out[luck.uniforms(f"build.group.{name}", ids) < shares[k, band, column]] |= bit
    return out
