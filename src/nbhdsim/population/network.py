"""The network: households, and small circles of people of like age who meet at school, next door or further away.

Each resident has a number of places in circles, more for the sociable (a lognormal trait, so that the number of ties
is right-skewed). The places of a layer are sorted by where they meet (the pool: a school, a neighbourhood, a primary
care network, a district) and by age blurred with noise, and cut into circles of 2 and more in which everyone is tied
to everyone. Blurring sets the correlation of ages: with noise variance V between people whose ages have variance A,
two members of a circle correlate at A / (A + V). Circles of more members close more triangles.
"""
from collections.abc import Mapping
from math import log, sqrt
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from nbhdsim import rng
from nbhdsim.places import Ties
from nbhdsim.population.people import Luck
from nbhdsim.rng import f32, i32

MOST_SOCIABLE = 5.0            # times the mean; keeps the ties of one resident under about 60
CLASSMATES = 12.0              # months: blur of age within a school
ROUNDING = 5.0                 # variance of ties that whole circles add by themselves (measured)
CLOSED = (0.09, 0.154, 0.236, 0.308, 0.378, 0.438, 0.49, 0.54)     # clustering reached by circles of at most 2, 3, .. 9


class Rule(NamedTuple):
    """What the circles are cut by, worked out from the targets."""

    spread: float                     # SD of the log of sociability
    per_tie: tuple[float, ...]        # [3] mean places in circles of the layers 1-3
    blur: tuple[float, ...]           # [3] SD of the noise on age, months
    top: float                        # circles have 2 .. top members, evenly


def rule(values: Mapping[str, float], *, age_sd: float, inside: tuple[float, float]) -> Rule:
    """The rule that meets `baseline.network.*` in `values`.

    Targets are about adults. age_sd: SD of their age in months, above 0; inside: chance that two of a pool of
    age-mates, and of wider ties, live in one neighbourhood (in a small area that can exceed the local share).
    """
    target = {name.rsplit(".", 1)[1]: value for name, value in values.items() if name.startswith("baseline.network.")}
    mates, local = target["age_mate_share"], target["local_share"]
    near = (local - mates * inside[0] - (1 - mates) * inside[1]) / max(1 - inside[1], 1e-9)
    near = min(max(near, 0.05), 0.95 - mates)
    shares = (mates, near, 1 - mates - near)
    close = target["age_mate_correlation"]
    others = min(max((target["age_correlation"] - mates * close) / (1 - mates), 0.02), 0.98)
    top = top_size(target["clustering"], target["degree"])
    ties = ties_per_place(top)
    variance = max((target["degree_sd"] ** 2 - ROUNDING) / target["degree"] ** 2, 0.01)
    return Rule(spread=round(sqrt(log(1 + variance)), 9), top=top,
                per_tie=tuple(round(share * target["degree"] / ties, 9) for share in shares),
                blur=tuple(round(age_sd * sqrt((1 - rho) / rho), 6) for rho in (close, others, others)))


def top_size(clustering: float, degree: float) -> float:
    """Largest circle with which the mean clustering of residents is `clustering` at mean degree `degree`.

    Read off networks of 30,000 residents at degree 8; at other degrees clustering falls as 1 / degree.
    """
    return round(float(np.interp(clustering * degree / 8, CLOSED, range(2, 2 + len(CLOSED)))), 6)


def ties_per_place(top: float) -> float:
    """Mean ties that one place in a circle brings, when sizes 2 + floor(u (top - 1)) are drawn with u in (0, 1)."""
    sizes = range(2, int(top) + 2)
    weights = [min(1.0, top + 1 - size) for size in sizes]
    return sum(w * s * (s - 1) for w, s in zip(weights, sizes, strict=True)) / sum(
        w * s for w, s in zip(weights, sizes, strict=True))


def build(luck: Luck, ids: NDArray[np.uint32], *, months: NDArray[np.int64], household: NDArray[np.uint32],
          pools: tuple[NDArray[np.int64], ...], classmates: NDArray[np.bool_], rule: Rule) -> Ties:
    """The ties of all residents.

    ids, months (age), household: [n]; pools: number of each resident's pool in the layers 1-3; classmates: whose
    pool in layer 1 is a school.
    """
    sociable = _sociable(luck.normals("build.sociability", ids), f32(rule.spread))
    layers = [_rows(np.argsort(household, kind="stable"), household)]
    for layer in (1, 2, 3):
        many = f32(rule.per_tie[layer - 1]) * sociable + luck.uniforms("build.sociability", ids, layer)
        blur = np.full(ids.size, rule.blur[layer - 1], np.float32)
        if layer == 1:
            blur[classmates] = CLASSMATES
        member, pool = _sorted(luck, ids, f"build.circle.{layer}", many=many.astype(np.int64), pool=pools[layer - 1],
                               months=months.astype(np.float32), blur=blur)
        size = 2 + (luck.uniforms(f"build.size.{layer}", ids[member]) * f32(rule.top - 1)).astype(np.int64)
        bounds = np.empty(pool.size + 1, np.int64)
        layers.append((member, bounds[: _cut(size, pool, bounds) + 1]))
    return _ties(ids.size, layers)


def _sorted(luck: Luck, ids: NDArray[np.uint32], name: str, *, many: NDArray[np.int64], pool: NDArray[np.int64],
            months: NDArray[np.float32], blur: NDArray[np.float32]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The places of a layer sorted by pool and blurred age: the row of the resident and the pool of each.

    many: places [n] of each resident. The noise of someone's k-th place is drawn in month k of the stream `name`.
    Sort keys hold pool << 40 | blurred age in eighths of a month << 24 | number of the place.
    """
    owners, keys = [], []
    before = 0
    for k in range(int(many.max())):
        owner = np.flatnonzero(many > k)
        noise = rng.normals(luck.seed, luck.population, rng.purpose(name), np.uint32(k), ids[owner], 0)
        blurred = np.clip((months[owner] + blur[owner] * noise + f32(4096)) * f32(8), 0, 65535).astype(np.int64)
        keys.append(pool[owner] << 40 | blurred << 24 | (before + np.arange(owner.size)))
        owners.append(owner.astype(np.int32))
        before += owner.size
    if not owners:
        return np.zeros(0, np.int32), np.zeros(0, np.int64)
    key = np.sort(np.concatenate(keys))
    return np.concatenate(owners)[key & 0xFFFFFF], key >> 40


def _rows(member: NDArray[np.int64], group: NDArray[np.integer]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Members sorted by group as circles: the members and the bounds of each circle."""
    first = np.flatnonzero(np.diff(group[member].astype(np.int64), prepend=-1))
    return member.astype(np.int32), np.append(first, member.size)


def _ties(n: int, layers: list[tuple[NDArray[np.int32], NDArray[np.int64]]]) -> Ties:
    start = np.zeros(n + 1, np.int64)
    for member, bounds in layers:
        _count(member, bounds, start)
    np.cumsum(start, out=start)
    packed = np.empty(int(start[-1]), np.int32)
    free = start[:-1].copy()
    for layer, (member, bounds) in enumerate(layers):
        _fill(member, bounds, i32(layer), free, packed)
    end = _tidy(start, packed)
    packed = packed[:end]
    return Ties(start=start, other=packed >> 2, layer=(packed & 3).astype(np.uint8))


def _sociable(deviate, spread):
    """Lognormal sociability f4[n] with mean 1 from standard normal deviates; `spread` is the SD of its log."""
    return np.minimum(rng.exps(spread * deviate - f32(0.5) * spread * spread), f32(MOST_SOCIABLE))


@njit(**rng.JIT)
def _cut(size, pool, bounds):
    """Bounds of the circles among sorted places: as many members as the first one drew, never across pools. Returns how many."""
    at, circles = 0, 0
    while at < pool.size:
        bounds[circles] = at
        circles += 1
        end = min(at + size[at], pool.size)
        while pool[end - 1] != pool[at]:
            end -= 1
        at = end
    bounds[circles] = pool.size
    return circles


@njit(**rng.JIT)
def _count(member, bounds, start):
    for c in range(bounds.size - 1):
        for a in range(bounds[c], bounds[c + 1]):
            start[member[a] + 1] += bounds[c + 1] - bounds[c] - 1


@njit(**rng.JIT)
def _fill(member, bounds, layer, free, packed):
    for c in range(bounds.size - 1):
        for a in range(bounds[c], bounds[c + 1]):
            for b in range(bounds[c], bounds[c + 1]):
                if a != b:
                    packed[free[member[a]]] = member[b] << 2 | layer
                    free[member[a]] += 1


@njit(**rng.JIT)
def _tidy(start, packed):
    """Sort each row, drop self ties and repeats (the lowest layer stays), close the gaps; `start` is rewritten."""
    end, first = 0, 0
    for i in range(start.size - 1):
        last = start[i + 1]
        for a in range(first + 1, last):
            tie, b = packed[a], a - 1
            while b >= first and packed[b] > tie:
                packed[b + 1] = packed[b]
                b -= 1
            packed[b + 1] = tie
        before = i
        own = end
        for a in range(first, last):
            if packed[a] >> 2 != i and (end == own or packed[a] >> 2 != before):
                packed[end] = packed[a]
                before = packed[a] >> 2
                end += 1
        first = last
        start[i + 1] = end
    return end
