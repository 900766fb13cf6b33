"""People of England as the calibration follows them: who they are, when they die, and the package's own month run on them."""
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import NamedTuple

import numpy as np

from nbhdsim import conditions, evidence, rates
from nbhdsim.places import Places, Ties
from nbhdsim.population import World
from nbhdsim.residents import AGE_FROM, FRAILTY, STAYS, Script, band_of
from nbhdsim.scenario import AreaSpec, Scenario
from nbhdsim.simulation import Simulation

LEVEL_1997 = 0.75
"""Rates of 1997/98 over those of the table (about 2024): judged. Counts grew by 3.2% a year from 2006/07 to 2017/18 (Health
Foundation 2018), near four fifths of it stays without a night (National Audit Office 2018), and much of it ageing."""

HISTORY, YEARS = 24, 6
"""Months before the index year, as scenarios have; years followed, the index year first."""

NEVER = 10_000
TOP_WIDTH = 10          # years of age that 85+ is spread over
START = (2026, 4)       # place-years run from April, and so does the index year
NEIGHBOURS = 64         # few, so that no lucky neighbourhood colours the whole; nothing is asked of neighbourhoods here
GOLDEN = (5 ** 0.5 - 1) / 2     # steps of it fill the unit interval evenly


class People(NamedTuple):
    """age [n] years; sex [n] 0 female, 1 male; quintile [n] 0 most deprived .. 4; frailty [n] 0 fit .. 3 severe; conditions [n] 0
    .. 4 or more; dies [n] months from the start of the index year (NEVER: not in the years followed)."""

    age: np.ndarray
    sex: np.ndarray
    quintile: np.ndarray
    frailty: np.ndarray
    conditions: np.ndarray
    dies: np.ndarray


@cache
def central() -> tuple[Mapping[str, evidence.Quantity], Mapping[str, evidence.Table], rates.Rates]:
    """Quantities and tables of the baseline, and the rates of the central values."""
    quantities, tables = evidence.load_baseline()
    return quantities, tables, rates.pack(evidence.draw_values(quantities, seed=1, draw=0), tables)


def people(count: int, *, youngest: int = 65, seed: int = 1) -> People:
    """People of England of `youngest` and over: ages, quintiles and frailty in their exact shares, sexes evenly."""
    quantities, tables, packed = central()
    rng = np.random.default_rng(seed)
    first, beyond = np.array(AGE_FROM), np.array((*AGE_FROM[1:], AGE_FROM[-1] + TOP_WIDTH))
    part = np.clip((beyond - youngest) / (beyond - first), 0, 1)
    share = tables["baseline.population.age"].scaled({}) * part[:, None]
    even = (np.arange(count) + rng.random()) / count
    cell = np.minimum(np.searchsorted(np.cumsum(share) / share.sum(), even, side="right"), share.size - 1)
    band, quintile = cell // share.shape[1], cell % share.shape[1]
    first = np.maximum(first, youngest)[band]
    age = first + rng.random(count) * (beyond[band] - first)
    sex, rank = rng.integers(0, 2, count), (np.arange(count) * GOLDEN + rng.random()) % 1
    dies = deaths(age, sex, quintile, rank=rank, mix=packed.frailty_mix, rng=rng)
    of = conditions.read({address: q.value for address, q in quantities.items()}, tables)
    own = rng.random(count)
    number = conditions.number(rank, own, of.many[quintile, (12 * age).astype(int)], together=of.together)
    return People(age, sex, quintile, category(rank, packed.frailty_mix[band]), number, dies)


def category(rank: np.ndarray, mix: np.ndarray) -> np.ndarray:
    """Frailty 0 .. 3 [n] of people of these ranks in mixes [n, 4]."""
    return (rank[:, None] > np.cumsum(mix, 1)[:, :-1]).sum(1)


def deaths(age: np.ndarray, sex: np.ndarray, quintile: np.ndarray, *, rank: np.ndarray, mix: np.ndarray,
           rng: np.random.Generator) -> np.ndarray:
    """Month of death [n] from the start of the index year: hazards by age, sex, quintile and frailty, rising with age.

    Frailty follows a lasting rank through the mix of each age, so that the mean hazard of an age stays that of the catalogue.
    Under 65 nobody dies: nothing is asked of them.
    """
    quantities, tables, _ = central()
    yearly = tables["baseline.mortality.rate"]
    table = yearly.scaled({})[yearly.rows.index("65 F"):] / 1000
    ratio = np.array([1, *(quantities[f"baseline.mortality.{name}"].value for name in FRAILTY[1:])])
    mean = mix @ ratio
    dies = np.full(age.size, NEVER)
    for month in range(YEARS * 12):
        now = age + month / 12
        band = band_of(now.astype(int))
        hazard = table[2 * np.clip((now - 65) // 5, 0, 4).astype(int) + sex, quintile] / 12
        hazard *= ratio[category(rank, mix[band])] / mean[band]
        dies[(rng.random(age.size) < hazard) & (dies == NEVER) & (now >= 65)] = month
    return dies


def world(of: People, seed: int = 1) -> tuple[World, np.ndarray]:
    """The package's world of these people, in neighbourhoods of one quintile, without ties; and their order in it."""
    rng = np.random.default_rng(seed)
    place = np.zeros(of.age.size, np.int64)
    quintiles: list[int] = []
    for quintile in range(5):
        rows = np.flatnonzero(of.quintile == quintile)
        count = max(1, round(rows.size / NEIGHBOURS))
        place[rows] = len(quintiles) + rng.permutation(rows.size) % count
        quintiles += [quintile + 1] * count
    order = np.lexsort((-of.age, place))
    place = place[order]
    size = np.bincount(place)
    start = np.concatenate([[0], np.cumsum(size)])
    n, p = place.size, size.size
    ids = (place << 16 | np.arange(n) - start[place]).astype(np.uint32)
    born = rng.standard_normal((7, n)).astype(np.float32)
    nobody, long_ago = np.full(n, -1, np.int32), np.full(n, -HISTORY, np.int16)
    script = Script(ids, place.astype(np.uint16), np.arange(n, dtype=np.uint32), nobody, nobody, of.sex[order].astype(np.uint8),
                    np.zeros(n, bool), np.zeros(n, np.uint32), (-12 * of.age[order]).astype(np.int16), long_ago,
                    np.full(n, STAYS, np.int16), of.conditions[order], of.frailty[order].astype(np.uint8), born)
    none, zero = np.zeros(0, np.int32), np.zeros(p, np.float32)
    places = Places([f"place-{i}" for i in range(p)], ["england"] * p, np.array(quintiles, np.uint8), size.astype(np.int32),
                    rng.standard_normal(p).astype(np.float32), zero, np.zeros(p, np.int32), ["pcn"], np.zeros(p, np.int32), none,
                    none, [], zero, zero, start.astype(np.int64))
    ties = Ties(np.zeros(n + 1, np.int64), none, np.zeros(0, np.uint8))
    return World(script, places, ties, START, seed, 0), order


def scenario(values: Mapping[str, float], *, years: int = YEARS, area: str = "worcestershire") -> Scenario:
    """Nothing funded, no trend, and the baseline with these values by address."""
    quantities, tables, _ = central()
    changed = {"baseline.admission.trend": 0.0, **values}
    quantities = {a: replace(q, value=changed.get(a, q.value)) for a, q in quantities.items()}
    return Scenario(name="nothing", file="", area=AreaSpec(name=area), start=START, months=12 * years, history=HISTORY, seed=1,
                    stance="controlled", lines={}, quantities=quantities, tables=tables, ageing=False)


def run(where: World, values: Mapping[str, float], *, years: int = YEARS, replicate: int = 0) -> np.ndarray:
    """Yearly emergency admissions [n, years] of a world in the package's own month, with nothing funded."""
    sim = Simulation(where, scenario(values, years=years), replicate=replicate)
    counts = np.zeros((where.script.id.size, years), np.int64)
    while sim.month < 12 * years:
        sim.step()
        if sim.month > 0 and sim.month % 12 == 0:
            counts[:, sim.month // 12 - 1] = sim.years.admissions
    return counts
