"""Population: residents, households, settings and ties of an area at month 0, drawn from the seed alone.

`build` draws what a scenario asks for. Every draw is keyed by a resident's lasting id, so a neighbourhood added at
the end of an area leaves the residents of all others as they are.
"""
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbhdsim import areas, rates
from nbhdsim.areas import Area, chosen
from nbhdsim.places import Places, Ties
from nbhdsim.population import households, network, people, settings
from nbhdsim.population.people import Luck
from nbhdsim.residents import STAYS, Script, readonly

BEFORE = -32767      # month of arrival of those who were there before any history


class World(NamedTuple):
    """A population and where it lives, frozen: the same for every scenario, draw and replicate."""

    script: Script
    places: Places
    ties: Ties
    start: tuple[int, int]     # calendar year and month of month 0
    seed: int
    population: int            # 0, 1, ..: which population of the seed


def build(scenario: Any, *, population: int = 0) -> World:
    """The world of a scenario: its area, seed and start, and the build-stage values among its quantities.

    Central values count, whatever is drawn for a run: all draws share the population. Raises NbhdsimError if the area is
    unknown, has not that many residents, or its CSV is wrong.
    """
    values = {address: quantity.value for address, quantity in scenario.quantities.items()}
    area = chosen.area(scenario.area)
    return build_world(area, seed=scenario.seed, population=population, start=scenario.start,
                       values=values, frailty_mix=rates.pack(values, scenario.tables).frailty_mix)


def build_world(area: Area, *, seed: int, values: Mapping[str, float], frailty_mix: NDArray[np.float64],
                population: int = 0, start: tuple[int, int] = (2026, 4)) -> World:
    """The world of an area.

    values: `baseline.households.*` and `baseline.network.*`; frailty_mix: [8, 4] shares of fit, mild, moderate and
    severe by age band.
    """
    luck = Luck(np.uint64(seed), np.uint32(population))
    rows = np.append(0, np.cumsum(area.residents))
    place = people.places_of(area)
    ids = people.ids_of(place, rows)
    months = people.months_of_age(area, luck)
    home = _homes(area, rows, luck=luck, ids=ids, months=months, values=values)
    pcn_name, pcn = settings.networks(area)
    disabled = np.array(areas.england()["disabled"]) / 100
    practice, practice_place = settings.practices(area, pcn)
    school, school_place, school_name = settings.schools(area, place, age=months // 12, household=home)
    script = Script(
        id=ids, place=place.astype(np.uint16), household=home, school=school, practice=practice[place],
        sex=(luck.uniforms("build.person", ids) < 0.5).astype(np.uint8),
        disabled=luck.uniforms("build.person", ids, 1) < disabled[area.quintile[place] - 1],
        birth_month=(-months).astype(np.int16), arrives=np.full(ids.size, BEFORE, np.int16),
        leaves=np.full(ids.size, STAYS, np.int16),
        frailty=people.frailty(months // 12, frailty_mix, luck.uniforms("build.person", ids, 2)),
        born=people.traits(ids, luck))
    places = Places(
        name=list(area.place), district=list(area.district), quintile=area.quintile,
        residents=area.residents.astype(np.int32),
        admission_z=luck.normals("build.place", np.arange(rows.size - 1, dtype=np.uint32)),
        admission_ratio=area.admission_ratio, pcn=pcn, pcn_name=pcn_name,
        practice=practice, practice_place=practice_place,
        school_place=school_place, school_name=school_name, x=area.x, y=area.y, start=rows)
    ties = _network(luck, script, places, months=months, values=values)
    return World(readonly(script), readonly(places), readonly(ties), (start[0], start[1]), int(seed), int(population))


def _homes(area: Area, rows: NDArray[np.int64], *, luck: Luck, ids: NDArray[np.uint32], months: NDArray[np.int64],
           values: Mapping[str, float]) -> NDArray[np.uint32]:
    """Household number [n], neighbourhood by neighbourhood."""
    u, v = luck.uniforms("build.household", ids), luck.uniforms("build.household", ids, 1)
    home = np.empty(ids.size, np.uint32)
    before = 0
    for p in range(rows.size - 1):
        mine = slice(rows[p], rows[p + 1])
        local = households.assign(months[mine], u[mine], v[mine], households=int(area.households[p]),
                                  alone=values["baseline.households.one_person"],
                                  alone_old=values["baseline.households.one_person_old"])
        home[mine] = local + before
        before += int(local.max()) + 1
    return home


def _network(luck: Luck, script: Script, places: Places, *, months: NDArray[np.int64],
             values: Mapping[str, float]) -> Ties:
    """Ties: age-mates meet at school or in the primary care network, neighbours at home, wider ties in the district."""
    place = script.place.astype(np.int64)
    at_school = script.school >= 0
    district = np.unique(places.district, return_inverse=True)[1].astype(np.int64)
    pools = (np.where(at_school, script.school, len(places.school_name) + places.pcn[place]).astype(np.int64),
             place, district[place])
    adult = months >= households.ADULT if (months >= households.ADULT).any() else np.ones(months.size, bool)
    rule = network.rule(values, age_sd=round(float(months[adult].std()), 6),
                        inside=(_inside(pools[0][adult], place[adult]), _inside(pools[2][adult], place[adult])))
    return network.build(luck, script.id, months=months, household=script.household, pools=pools,
                         classmates=at_school, rule=rule)


def _inside(pool: NDArray[np.int64], place: NDArray[np.int64]) -> float:
    """Chance that two members of one pool live in the same neighbourhood."""
    both = np.unique(pool << 16 | place, return_counts=True)
    size = np.bincount(pool)[both[0] >> 16]
    return round(float((both[1] * (both[1] / size)).sum() / place.size), 9)
