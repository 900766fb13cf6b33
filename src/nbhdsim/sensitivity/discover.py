"""Scenario discovery: the box of numbers in which something happens, in a sentence (PRIM, Friedman and Fisher 1999).

The box is peeled on one half of the runs and judged on the other. A limit that chance could have set is taken back: its
quasi-p (Bryant and Lempert 2010) is the binomial chance of so many cases in the box with that limit when the density were that of
the box without it.
"""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from nbhdsim.errors import NbhdsimError

PEEL = 0.05         # share of the runs in the box that one peel takes off
LEAST = 0.05        # share of all runs that a box holds at least
LEAST_RUNS = 100
UNSURE = 0.05       # quasi-p above which a limit is taken back
Limits = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Box:
    """limits: [low, high] in the unit cube of the factors that matter; density: share of runs inside that are cases; coverage:
    share of all cases that lie inside; mass: share of runs inside; quasi_p: of each limit. Of runs that did not shape the box."""

    limits: Limits
    density: float
    coverage: float
    mass: float
    quasi_p: Mapping[str, float]
    base: float

    def inside(self, u: NDArray[np.float64], factors: Sequence[str]) -> NDArray[np.bool_]:
        """Which points u [rows, factors] lie in the box."""
        return _inside(u, [self.limits.get(name, (0.0, 1.0)) for name in factors])


def _inside(u: NDArray[np.float64], limits: Sequence[tuple[float, float]]) -> NDArray[np.bool_]:
    low, high = np.array(limits).T
    return ((u >= low) & (u <= high)).all(1)


def discover(u: NDArray[np.float64], case: NDArray[np.bool_], factors: Sequence[str], *, seed: int = 1) -> Box | None:
    """The box in which `case` [rows] is most common, over points u [rows, factors] of the unit cube; None where none stands out.

    Raises NbhdsimError with too few runs, or where everything or nothing is a case.
    """
    if len(case) < LEAST_RUNS:
        raise NbhdsimError.of(f"{len(case)} runs are too few to find a box in ({LEAST_RUNS} or more)")
    if case.all() or not case.any():
        raise NbhdsimError.of(f"it is so in {'every run' if case.all() else 'no run'}: there is no box to find")
    half = np.random.default_rng(seed).permutation(len(case)) < len(case) // 2
    limits = _sure(u[~half], case[~half], _peeled(u[half], case[half]))
    return _judged(u[~half], case[~half], limits, factors=factors) if any(limit != (0.0, 1.0) for limit in limits) else None


def _peeled(u: NDArray[np.float64], case: NDArray[np.bool_]) -> list[tuple[float, float]]:
    """Peel off, again and again, the slice whose loss raises the density most; of all boxes on the way, the one with the
    highest density x coverage."""
    limits = [(0.0, 1.0)] * u.shape[1]
    best, merit = limits, float(case.mean())
    while True:
        inside = _inside(u, limits)
        if inside.mean() * (1 - PEEL) < LEAST or case[inside].all():
            return best
        slices = [some for some in _slices(u[inside], limits) if LEAST <= _inside(u, some).mean() < inside.mean()]
        if not slices:
            return best
        limits = max(slices, key=lambda some: _density(u, case, some))
        kept = _inside(u, limits)
        density, coverage = case[kept].mean(), case[kept].sum() / case.sum()
        if density * coverage > merit:
            best, merit = limits, float(density * coverage)


def _density(u: NDArray[np.float64], case: NDArray[np.bool_], limits: Sequence[tuple[float, float]]) -> float:
    inside = _inside(u, limits)
    return float(case[inside].mean()) if inside.any() else 0.0


def _slices(u: NDArray[np.float64], limits: list[tuple[float, float]]) -> list[list[tuple[float, float]]]:
    """The boxes one peel away: a slice off the bottom, or the top, of one factor; the whole last level of one with few levels."""
    out = []
    for i, (low, high) in enumerate(limits):
        least, bottom, top, most = np.quantile(u[:, i], [0, PEEL, 1 - PEEL, 1])
        if bottom == least < most:
            bottom = u[u[:, i] > least, i].min()
        if top == most > least:
            top = u[u[:, i] < most, i].max()
        out += [[*limits[:i], ends, *limits[i + 1:]] for ends in ((float(bottom), high), (low, float(top)))]
    return out


def _quasi_p(u: NDArray[np.float64], case: NDArray[np.bool_], limits: list[tuple[float, float]], *, i: int) -> float:
    inside, without = _inside(u, limits), _inside(u, [*limits[:i], (0.0, 1.0), *limits[i + 1:]])
    return float(binom.sf(case[inside].sum() - 1, inside.sum(), case[without].mean())) if without.any() else 1.0


def _sure(u: NDArray[np.float64], case: NDArray[np.bool_], limits: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The limits that chance is not likely to have set; the least sure is taken back first."""
    while True:
        p = [_quasi_p(u, case, limits, i=i) if limit != (0.0, 1.0) else 0.0 for i, limit in enumerate(limits)]
        worst = int(np.argmax(p))
        if p[worst] <= UNSURE:
            return limits
        limits = [*limits[:worst], (0.0, 1.0), *limits[worst + 1:]]


def _judged(u: NDArray[np.float64], case: NDArray[np.bool_], limits: list[tuple[float, float]], *,
            factors: Sequence[str]) -> Box:
    inside, kept = _inside(u, limits), [i for i, limit in enumerate(limits) if limit != (0.0, 1.0)]
    return Box({factors[i]: limits[i] for i in kept}, _density(u, case, limits), float(case[inside].sum() / max(case.sum(), 1)),
               float(inside.mean()), {factors[i]: _quasi_p(u, case, limits, i=i) for i in kept}, float(case.mean()))
