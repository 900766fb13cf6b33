"""Views: a future's sums as rows of the `outcomes` table (docs/interfaces.md section 9).

Kept by default: every month for all, district, quintile, age band and quintile x age band; every year for each
neighbourhood; every year for participants, their contacts and others, by quintile. `cells` adds the full cross.
"""
from collections.abc import Container, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .errors import NbhdsimError, nearest
from .outcomes import OUTCOMES, Measures
from .places import Places, contacts
from .population import World
from .residents import AGE_BANDS
from .step import Years, prepare

VIEWS = ("all", "district", "quintile", "age", "quintile_age", "neighbourhood", "people", "cells")
DEFAULT_VIEWS = VIEWS[:-1]
AGES = ("all", *AGE_BANDS)
PEOPLE = ("all", "participants", "contacts", "others")
PERSONAL = ("emergency_admissions", "expected_admissions", "life_satisfaction", "child_referrals")
ADULT, GROWN, YEAR = 16, 18, 12
DEATHS = "deaths"       # the outcome there is only where time passes, the last of all


class Names(NamedTuple):
    """The texts that rows refer to by number: scenarios, places (all, districts, neighbourhoods)."""

    scenarios: tuple[str, ...]
    places: tuple[str, ...]
    district_of: NDArray[np.int64]      # [p] number of each neighbourhood's district among `places`

    @property
    def first_place(self) -> int:
        """Number of the first neighbourhood among `places`."""
        return len(self.places) - self.district_of.size


def names(scenarios: Iterable[str], places: Places) -> Names:
    """Names of a comparison's scenarios and of an area's places."""
    districts = sorted(set(places.district))
    of = np.array([1 + districts.index(d) for d in places.district])
    return Names(tuple(scenarios), ("all", *districts, *places.name), of)


def check(views: Iterable[str]) -> None:
    """Raise NbhdsimError for a view that does not exist."""
    for view in views:
        if view not in VIEWS:
            raise NbhdsimError.of(f"{view!r} is not a view{nearest(view, VIEWS)} ({', '.join(VIEWS)})")


def outcome_rows(measures: Measures, *, scenario: int, places: Places, names: Names, views: Iterable[str],
                 only: Container[str] | None = None) -> list[dict]:
    """Blocks of rows (columns of equal length, texts as numbers) of one scenario's monthly and yearly views; only: outcomes."""
    blocks = []
    groups = _groups(places, names)
    for number, outcome in enumerate(OUTCOMES.values()):
        if outcome.name == DEATHS and measures.deaths is None or only is not None and outcome.name not in only:
            continue
        total, residents = outcome.function(measures)
        for view in views:
            if view in groups:
                place, quintile, age, pick = groups[view]
                length = 12 if view == "neighbourhood" else 1
                blocks.append(_block(pick(_periods(total, length)), pick(_periods(residents, length) / length),
                                     first=measures.first, length=length, scenario=scenario, outcome=number,
                                     place=place, quintile=quintile, age=age))
    return blocks


def _periods(x: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """Sums over `length` months: whole periods only, counted from month 0 backwards and forwards."""
    months = x.shape[0] // length * length
    return x[x.shape[0] - months:].reshape(-1, length, *x.shape[1:]).sum(1)


def _groups(places: Places, names: Names) -> dict[str, tuple]:
    """For each view: codes of place, quintile and age of its groups, and how [period, p, 8] is summed to them."""
    district, quintile = names.district_of - 1, places.quintile.astype(np.int64) - 1
    districts, p, bands = names.first_place - 1, len(places.quintile), len(AGE_BANDS)
    zero, ages = np.zeros(1, np.int64), np.arange(1, bands + 1)

    def over(codes: NDArray[np.int64], count: int) -> Any:
        members = [np.flatnonzero(codes == c) for c in range(count)]
        return lambda x: np.stack([x[:, rows].sum(1) for rows in members], 1)
    by_district, by_quintile = over(district, districts), over(quintile, 5)
    five = np.arange(1, 6)
    return {
        "all": (zero, zero, zero, lambda x: x.sum((1, 2))[:, None]),
        "district": (1 + np.arange(districts), 0, 0, lambda x: by_district(x).sum(2)),
        "quintile": (0, five, 0, lambda x: by_quintile(x).sum(2)),
        "age": (0, 0, ages, lambda x: x.sum(1)),
        "quintile_age": (0, np.repeat(five, bands), np.tile(ages, 5), lambda x: by_quintile(x).reshape(len(x), -1)),
        "neighbourhood": (names.first_place + np.arange(p), 0, 0, lambda x: x.sum(2)),
        "cells": (np.repeat(names.first_place + np.arange(p), bands), np.repeat(quintile + 1, bands), np.tile(ages, p),
                  lambda x: x.reshape(len(x), -1)),
    }


def _block(value: NDArray[np.float64], residents: NDArray[np.float64], *, first: int, length: int, **codes: Any) -> dict:
    """One view of one outcome: value and residents [period, group], spread out row by row."""
    periods, groups = value.shape
    month = np.repeat(_first_months(first, periods, length), groups)
    columns = {name: np.tile(np.broadcast_to(code, groups), periods) for name, code in codes.items()}
    return {"month": month, "months": np.full(month.size, length), "people": np.zeros(month.size, np.int64),
            "of": np.zeros(month.size, np.int64), "value": value.ravel(), "residents": residents.ravel(), **columns}


def _first_months(first: int, periods: int, length: int) -> NDArray[np.int64]:
    """First month of each period; years run from month 0 both ways, so history cut short loses its oldest months."""
    start = first if length == 1 else -(-first // length) * length
    return start + length * np.arange(periods)


class Whose(NamedTuple):
    """Those who lived in a year [n]: row of Script, quintile 1-5, whether 16 or over from its first month on, whether under 18
    then, months there."""

    row: NDArray[np.int64]
    quintile: NDArray[np.integer]
    adult: NDArray[np.bool_]
    child: NDArray[np.bool_]
    months: NDArray[np.integer]


def people(world: World, lanes: Sequence[Any], year: int) -> list[dict]:
    """Rows of a finished year by people: each scenario's own, and the first scenario's of the same people; lanes: simulations."""
    blocks = []
    who = _whose(world, lanes[0], year)
    for number, lane in enumerate(lanes):
        if not lane.programmes:
            continue
        tied = np.zeros(world.script.id.size, bool)
        tied[contacts(world.ties, np.flatnonzero(lane.touched))] = True
        which = np.where(tied[who.row], 2, 3)
        which[np.concatenate([lane.taking_part, *(past.reached for past in lane.gone)])] = 1
        for scenario in sorted({0, number}):
            other = lanes[scenario]
            sums = Years(*(np.concatenate(parts) for parts in zip(other.years, *(p.years for p in other.gone), strict=True)))
            blocks.append(_people_rows(sums, which, who, year=year, scenario=scenario, of=number))
    return blocks


def _whose(world: World, sim: Any, year: int) -> Whose:
    """Those who lived in a finished year: the resident of each row, then those who have left."""
    script, first = world.script, YEAR * (year - 1)
    if sim.passing is None or world.life is None:
        rows = np.arange(script.id.size)
        age = prepare.age(script)
        return Whose(rows, world.places.quintile[script.place], adults(age), children(age),
                           np.full(rows.size, YEAR))
    now = np.where(sim.passing.here != 0, sim.passing.stay, -1)
    stay = np.concatenate([now, *(past.stay for past in sim.gone)])
    row = world.life.row[stay]
    left, came = (np.clip(when[stay], first, first + YEAR).astype(np.int64) for when in (world.life.leaves, world.life.arrives))
    months = np.where(stay >= 0, left - came, 0)
    age = (first - script.birth_month[row].astype(np.int64)) // YEAR
    return Whose(row, world.places.quintile[script.place[row]], adults(age), children(age), months)


def _people_rows(years: Years, people: NDArray[np.int64], whose: Whose, *, year: int, scenario: int, of: int) -> dict:
    """Rows of one finished year by people (1 participants, 2 contacts, 3 others [n]) and quintile (0 = all).

    of: number of the scenario whose people these are. Residents count by the share of the year they were there.
    """
    cell = (people - 1) * 5 + whose.quintile.astype(np.int64) - 1
    everyone = np.ones(cell.size, bool)
    values = (years.admissions, years.expected, years.life_satisfaction, years.referrals)
    out: dict[str, list] = {name: [] for name in ("value", "residents", "people", "quintile", "outcome")}
    for name, value, who in zip(PERSONAL, values, (everyone, everyone, whose.adult, whose.child), strict=True):
        units = np.rint(value[who].astype(np.float64) * 2.0 ** 20)     # whole numbers: no order of adding matters
        total = np.bincount(cell[who], units, 15).reshape(3, 5) / 2.0 ** 20
        number = np.bincount(cell[who], whose.months[who], 15).reshape(3, 5) / 12
        out["value"].append(np.concatenate([total.sum(1)[:, None], total], 1).ravel())
        out["residents"].append(np.concatenate([number.sum(1)[:, None], number], 1).ravel())
        out["people"].append(np.repeat([1, 2, 3], 6))
        out["quintile"].append(np.tile(np.arange(6), 3))
        out["outcome"].append(np.full(18, list(OUTCOMES).index(name)))
    columns: dict[str, Any] = {name: np.concatenate(parts) for name, parts in out.items()}
    fill = {"month": 12 * (year - 1), "months": 12, "place": 0, "age": 0, "scenario": scenario, "of": of + 1}
    return columns | {name: np.full(columns["value"].size, number) for name, number in fill.items()}


def table(blocks: list[dict], names: Names) -> dict[str, Any]:
    """The outcomes table of one future: arrays, and (numbers, texts) for text columns."""
    columns = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    texts = {"scenario": names.scenarios, "place": names.places, "age": AGES, "people": PEOPLE,
             "of": ("", *names.scenarios), "outcome": tuple(OUTCOMES)[:int(columns["outcome"].max()) + 1]}
    return columns | {name: (columns[name], list(words)) for name, words in texts.items()}


def adults(age: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Who answers the adult wellbeing questions [n]."""
    return age >= ADULT


def children(age: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Who can be referred to children's social care [n], those born later in the year included."""
    return age < GROWN


EMPTY = {"costs": ("scenario", "intervention", "year", "place", "payer", "kind", "pounds"),
         "delivery": ("scenario", "intervention", "month", "place", "places", "members", "joined", "left", "contacts",
                      "reached"),
         "funded": ("scenario", "intervention", "place", "sites")}
TEXTS = ("scenario", "intervention", "place", "payer", "kind")


def _joined(blocks: list[dict], columns: Iterable[str], place_names: NDArray) -> dict[str, NDArray]:
    """Blocks one after the other; a block's single values stand for all its rows."""
    parts: dict[str, list] = {name: [np.zeros(0, object if name in TEXTS else float)] for name in columns}
    for block in blocks:
        rows = len(np.atleast_1d(block["place"]))
        for name in columns:
            value = place_names[np.asarray(block["place"], int)] if name == "place" else block[name]
            kind = object if name in TEXTS else None
            parts[name].append(np.broadcast_to(np.asarray(value, kind), rows))
    return {name: np.concatenate(part) for name, part in parts.items()}


def programmes(lanes: Sequence[Any], scenarios: Sequence[str], places: Places) -> dict[str, dict[str, Any]]:
    """Tables `costs`, `delivery` and `funded` of one future; lanes: simulations of the scenarios (their plans and what they
    delivered are read)."""
    place_names = np.array([*places.name, "all"], object)          # row -1: nowhere in particular
    tables: dict[str, list[dict]] = {"costs": [], "delivery": [], "funded": []}
    for name, lane in zip(scenarios, lanes, strict=True):
        for key, plan in lane.plans.items():
            tables["costs"].append({"scenario": name, "intervention": key, **plan.costs()})
            rows = np.flatnonzero(plan.sites)
            sites = -plan.sites[rows] if plan.line.stop else plan.sites[rows]
            tables["funded"].append({"scenario": name, "intervention": key, "place": rows, "sites": sites})
        for key, month, delivered in lane.delivered:
            tables["delivery"].append({"scenario": name, "intervention": key, "month": month, **delivered})
    return {table: _joined(blocks, EMPTY[table], place_names) for table, blocks in tables.items()}
