"""Population: residents, households, settings and ties of an area at month 0, drawn from the seed alone.

`build` draws what a scenario asks for. Every draw is keyed by a resident's lasting id, so a neighbourhood added at
the end of an area leaves the residents of all others as they are.
"""
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbhdsim import areas, conditions, groups, rates
from nbhdsim.areas import Area, chosen
from nbhdsim.chances import Chances, chances
from nbhdsim.conditions import Conditions
from nbhdsim.places import Places, Ties
from nbhdsim.population import households, life, network, people, settings
from nbhdsim.population.agenda import agenda
from nbhdsim.population.people import Luck
from nbhdsim.residents import STAYS, Life, Script, conditions_of, frailty_of, readonly

ELSEWHERE = "baseline.practice.elsewhere"
BEFORE = -32767      # month of arrival of those who were there before any history


class World(NamedTuple):
    """A population and where it lives, frozen: the same for every scenario, draw and replicate."""

    script: Script
    places: Places
    ties: Ties
    start: tuple[int, int]     # calendar year and month of month 0
    seed: int
    population: int            # 0, 1, ..: which population of the seed
    life: Life | None = None   # who lives in each row and until when; None: everyone stays, at the age of month 0


class Ageing(NamedTuple):
    """What lets time pass: the chances of life and the months that are lived."""

    chances: Chances
    span: life.Span


class Health(NamedTuple):
    """What is read where ages are held: frailty_mix [8, 4], shares of fit, mild, moderate and severe by age band; conditions:
    how many long-term conditions people have."""

    frailty_mix: NDArray[np.float64]
    conditions: Conditions


def build(scenario: Any, *, population: int = 0) -> World:
    """The world of a scenario: its area, seed and start, and the build-stage values among its quantities.

    Central values count, whatever is drawn for a run: all draws share the population. Raises NbhdsimError if the area is
    unknown, has not that many residents, or its CSV is wrong.
    """
    values = {address: quantity.value for address, quantity in scenario.quantities.items()}
    area = chosen.area(scenario.area)
    ageing = Ageing(chances(values, scenario.tables), life.Span(scenario.history, scenario.months)) if scenario.ageing else None
    health = Health(rates.pack(values, scenario.tables).frailty_mix, conditions.read(values, scenario.tables))
    return build_world(area, seed=scenario.seed, population=population, start=scenario.start, ageing=ageing,
                       values=values, health=health)


def build_world(area: Area, *, seed: int, values: Mapping[str, float], health: Health,
                population: int = 0, start: tuple[int, int] = (2026, 4), ageing: Ageing | None = None) -> World:
    """The world of an area.

    values: `baseline.households.*`, `baseline.network.*`, and `baseline.practice.*`, `baseline.groups.*` where they are not the
    neutral or the catalogue's ones; health: where ages are held (ageing: None).
    """
    luck = Luck(np.uint64(seed), np.uint32(population))
    rows = np.append(0, np.cumsum(area.residents))
    place = people.places_of(area)
    ids = people.ids_of(place, rows)
    months = people.months_of_age(area, luck)
    home = _homes(area, rows, luck=luck, ids=ids, months=months, values=values)
    disabled = np.array(areas.england()["disabled"]) / 100
    school, school_place, school_name = settings.schools(area, place, age=months // 12, household=home)
    pcn_name, pcn = settings.networks(area)
    practice, practice_place = settings.practices(area, pcn)
    u, v = (luck.uniforms("build.practice", home, word) for word in (0, 1))
    mine = settings.registered(area, place, (practice, practice_place), share=values.get(ELSEWHERE, 0.0), u=(u, v))
    sex = (luck.uniforms("build.person", ids) < 0.5).astype(np.uint8)
    disabled_ = luck.uniforms("build.person", ids, 1) < disabled[area.quintile[place] - 1]
    ranks = np.stack([luck.uniforms("build.person", ids, word) for word in (2, 3)], 1)
    shares = groups.shares(values)
    flags = people.flags(luck, ids, age=months // 12, quintile=area.quintile[place], shares=shares)
    if ageing is None:
        conditions_, frailty = _ill(health, ranks, months, quintile=area.quintile[place])
        script = Script(
            id=ids, place=place.astype(np.uint16), household=home, school=school, practice=mine, sex=sex,
            disabled=disabled_, flags=flags, birth_month=(-months).astype(np.int16), arrives=np.full(ids.size, BEFORE, np.int16),
            leaves=np.full(ids.size, STAYS, np.int16), conditions=conditions_, frailty=frailty,
            born=people.traits(ids, luck))
        lives, tied = None, np.ones(ids.size, bool)
    else:
        base = life.Base(ids, place, home.astype(np.int64), -months, sex, ranks.astype(np.float64), disabled_)
        script, lives, tied = _script(luck, area, base, school=school, practice=mine, ageing=ageing, disabled=disabled,
                                      shares=shares)
    places = Places(
        name=list(area.place), district=list(area.district), quintile=area.quintile,
        residents=area.residents.astype(np.int32),
        admission_z=luck.normals("build.place", np.arange(rows.size - 1, dtype=np.uint32)),
        admission_ratio=area.admission_ratio, pcn=pcn, pcn_name=pcn_name,
        practice=practice, practice_place=practice_place, school_place=school_place, school_name=school_name, x=area.x, y=area.y,
        start=np.searchsorted(script.place, np.arange(rows.size)))
    ties = _network(luck, script, places, tied=tied, values=values)
    return World(readonly(script), readonly(places), readonly(ties), (start[0], start[1]), int(seed), int(population),
                 lives and readonly(lives))


def _ill(health: Health, ranks: NDArray[np.float32], months: NDArray[np.int64], *,
         quintile: NDArray[np.integer]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Conditions and frailty [n] at an age in months, by the ranks [n, 2] of frailty and of one's own."""
    many = health.conditions.many[quintile - 1, months]
    return (conditions.number(ranks[:, 0], ranks[:, 1], many, together=health.conditions.together),
            people.frailty(months // 12, health.frailty_mix, ranks[:, 0]))


def _script(luck: Luck, area: Area, base: life.Base, *, school: NDArray[np.int32], practice: NDArray[np.int32], ageing: Ageing,
            disabled: NDArray[np.float64], shares: NDArray[np.float64]) -> tuple[Script, Life, NDArray[np.bool_]]:
    """The script of an area in which time passes, as it stands in month 0; its lives; and the rows that have ties.

    Those who died before month 0 have none: nothing spreads before any money is spent.
    """
    made = life.live(luck, base, ageing.chances, span=ageing.span, quintile=area.quintile, disabled=disabled)
    stays = made.stays
    place = base.place[made.like]
    dates = np.stack([stays.arrives, stays.leaves, stays.dies, *stays.worsens.T, *stays.gains.T], 1)
    age = np.maximum(np.maximum(stays.arrives, 0) - made.birth[stays.row].astype(np.int64), 0) // 12
    flags = people.flags(luck, made.stay_id, age=age, quintile=area.quintile[place[stays.row]], shares=shares)
    lives = Life(stays.row.astype(np.int32), made.stay_id, made.disabled, flags, stays.arrives, stays.leaves, stays.dies,
                 np.ascontiguousarray(stays.worsens.T), np.ascontiguousarray(stays.gains.T),
                 people.traits(made.stay_id, luck), ageing.chances,
                 agenda(stays.row, dates, made.birth, place=place, span=(-ageing.span.history, ageing.span.months)))
    own = np.maximum(np.searchsorted(stays.row[stays.arrives <= 0], np.arange(place.size), side="right") - 1, 0)
    own = np.flatnonzero(stays.arrives <= 0)[own]
    own = np.where(stays.row[own] == np.arange(place.size), own, np.searchsorted(stays.row, np.arange(place.size)))
    at = np.clip(0, stays.arrives[own], stays.leaves[own].astype(np.int64) - 1)
    script = Script(
        id=made.id, place=place.astype(np.uint16), household=base.household[made.like].astype(np.uint32),
        school=settings.later_schools(school, made, place), practice=practice[made.like], sex=made.sex,
        disabled=lives.disabled[own], flags=lives.flags[own], birth_month=made.birth, arrives=lives.arrives[own],
        leaves=lives.leaves[own], conditions=conditions_of(lives, own, at), frailty=frailty_of(lives, own, at),
        born=lives.born[:, own])
    return script, lives, made.origin < 2


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


def _network(luck: Luck, script: Script, places: Places, *, tied: NDArray[np.bool_], values: Mapping[str, float]) -> Ties:
    """Ties: age-mates meet at school or in the primary care network, neighbours at home, wider ties in the district.

    tied [n]: rows that have any; the targets are about the residents of month 0.
    """
    months, place = -script.birth_month[tied].astype(np.int64), script.place[tied].astype(np.int64)
    school = script.school[tied]
    district = np.unique(places.district, return_inverse=True)[1].astype(np.int64)
    pools = (np.where(school >= 0, school, len(places.school_name) + places.pcn[place]).astype(np.int64),
             place, district[place])
    adult = months >= households.ADULT if (months >= households.ADULT).any() else np.ones(months.size, bool)
    rule = network.rule(values, age_sd=round(float(months[adult].std()), 6),
                        inside=(_inside(pools[0][adult], place[adult]), _inside(pools[2][adult], place[adult])))
    ties = network.build(luck, script.id[tied], months=months, household=script.household[tied], pools=pools,
                         classmates=school >= 0, rule=rule)
    if tied.all():
        return ties
    return Ties(ties.start[np.append(0, np.cumsum(tied))], np.flatnonzero(tied).astype(np.int32)[ties.other], ties.layer)


def _inside(pool: NDArray[np.int64], place: NDArray[np.int64]) -> float:
    """Chance that two members of one pool live in the same neighbourhood."""
    both = np.unique(pool << 16 | place, return_counts=True)
    size = np.bincount(pool)[both[0] >> 16]
    return round(float((both[1] * (both[1] / size)).sum() / place.size), 9)
