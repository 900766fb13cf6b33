"""How many of the places that a line buys will about be taken, as far as that can be known without a run."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from nbhdsim.areas import Area
from nbhdsim.delivery import monthly
from nbhdsim.interventions import programme
from nbhdsim.report import words
from nbhdsim.scenario import Line, Where, where

JOINED = ("group", "open_access", "power")
"""Deliveries whose people join and leave by a hazard a month."""

ALL = 0.95
"""Share of places that is called nearly all."""


class Seats(NamedTuple):
    """Places at once; people of the funded neighbourhoods whom the line is for; share of the places taken, mean of its months."""

    places: float
    people: float
    taken: float


def of(line: Line, values: Mapping[str, float], area: Area, *, within: Where, sites: float) -> Seats | None:
    """Seats of a line that buys so many sites; None where a run alone can tell (no number of places, or people whom the area's
    table does not count). within: the neighbourhoods it is chosen among.

    Members rise to E j / (j + l) of E people as 1 - (1 - j - l)^t by months open, j and l the hazards of joining and leaving, as
    far as there are places. Word of mouth, who comes first, hours of volunteers and what other programmes bring are left out.
    """
    kind, figures = line.kind, programme.figures(line.kind, values)
    aim, joins = programme.aim(kind.who, line.targeting), {"join_hazard", "reach"} & set(figures)
    counted = not (aim.frailty or aim.disabled or aim.groups or aim.sex is not None or aim.frailest < 3)
    far = kind.delivery == "open_access" and figures["half_distance"]
    each = figures.get("places_per_site", 0.0)
    if kind.delivery not in JOINED or not (each and joins and counted and sites) or far or not np.isfinite(sites):
        return None
    rows = where.filtered(within, where.map_of(area))
    chosen = min(len(rows), within.top or within.random or len(rows))
    people = _aged(area, aim.low, aim.high)[rows] * (np.isin(area.quintile[rows], aim.quintile) if aim.quintile else 1)
    people_there = float(people.mean()) * (chosen if kind.delivery == "power" else min(chosen, sites))
    amount = line.amount
    places = min(sites * each, amount.value) if amount is not None and amount.of == "places" else sites * each
    join = figures["join_hazard"] if "join_hazard" in figures else monthly(figures["reach"])
    both = min(join + figures.get("leave_hazard", 0.0), 1.0)
    months = np.arange(1, max(line.months - round(figures.get("set_up_months", 0.0)), 1) + 1)
    inside = people_there * (join / both if both else 0.0) * (1 - (1 - both) ** months)
    return Seats(places, people_there, float(np.minimum(inside, places).mean() / places) if places else 0.0)


def told(seats: Seats | None, *, alone: bool = True) -> str:
    """`2,100 places for about 2,400 people it is for: about 27% of the places taken`; "" where nothing is known. alone: is there no
    other programme that could bring people?"""
    if seats is None:
        return ""
    share = f"{'nearly all' if seats.taken > ALL else f'about {seats.taken:.0%}'} of the places taken"
    others = "" if alone else ", others bringing nobody"
    return f"{words.many(seats.places, 'place')} for about {seats.people:,.0f} people it is for: {share}{others}"


def without_limit(line: Line) -> str:
    """What happens where people join a service that has no number of places; "" where it has one, or a cut ends it."""
    joins = line.kind.delivery in ("group", "open_access") and not line.stop
    if not joins or "places_per_site" in line.kind.quantities:
        return ""
    return "no places_per_site: everyone who wants a place has one"


def _aged(area: Area, low: int, high: int) -> np.ndarray:
    """Residents [p] from `low` to `high`; within an age group of the area's table they are spread evenly."""
    first = np.array(area.age_from, float)
    last = np.append(first[1:], max(first[-1] + 15, 100.0))
    part = np.clip((np.minimum(last, high + 1) - np.maximum(first, low)) / (last - first), 0, 1)
    return np.asarray(area.ages @ part, np.float64)
