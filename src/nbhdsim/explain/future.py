"""One future worked out in all the worlds that its differences are split by."""
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from nbhdsim import evidence
from nbhdsim.explain.people import CIRCLES, People
from nbhdsim.explain.shares import shapley, subsets
from nbhdsim.levers import LEVERS
from nbhdsim.outcomes import OUTCOMES, Measures
from nbhdsim.population import World
from nbhdsim.rates import CHANNELS
from nbhdsim.scenario import Scenario
from nbhdsim.simulation import Simulation, abreast, one_month
from nbhdsim.workers import Future

FEW = 4
"""Programmes up to which every set of them is run; above that each alone."""
UNIT = 2 ** 20
LUCK_RATE, LIVE_RATE = 8e6, 12e6
"""Resident-months a second of the shared luck and of one world on one core (measured, for the notice beforehand)."""
NONE = frozenset[str]()
MOVED = tuple(name for name, o in OUTCOMES.items() if {*LEVERS, "screening"} & set(o.moved_by))
"""Outcomes that the three channels carry: those that levers of residents move."""


class Worlds(NamedTuple):
    """The worlds of one scenario beside itself: by channels that are on, and by programmes at work."""

    channels: tuple[str, ...]
    by_channels: Mapping[frozenset[str], Scenario]
    by_programmes: Mapping[frozenset[str], Scenario]


def muted(scenario: Scenario, channels: frozenset[str] | Sequence[str]) -> Scenario:
    """The scenario with some channels at 0, as an override of the one number of each would have it."""
    quantities = dict(scenario.quantities)
    for channel in channels:
        address = CHANNELS[channel]
        quantities[address] = replace(quantities[address], value=0.0, low=0.0, high=0.0, law="fixed")
    return replace(scenario, quantities=quantities)


def worlds(scenario: Scenario, draw: int) -> Worlds:
    """What has to be run to split a scenario in one draw. A channel that is 0 already is left out, its share is 0.

    The world with every channel muted is that without programmes (law), and needs no run.
    """
    values = evidence.draw_values(scenario.quantities, seed=scenario.seed, draw=draw)
    on = tuple(channel for channel, address in CHANNELS.items() if values[address] != 0)
    keys = frozenset(scenario.working)
    sets = [some for some in subsets(keys) if len(some) < len(keys) and (len(some) == 1 or len(keys) <= FEW)]
    return Worlds(on, {some: muted(scenario, frozenset(on) - some) for some in subsets(on) if len(some) < len(on)},
                  {some: replace(scenario, at_work=some) for some in sets})


def count(scenario: Scenario) -> int:
    """Worlds of a scenario, itself and the one without it included, at central values."""
    found = worlds(scenario, 0)
    return 2 + len(found.by_channels) + len(found.by_programmes)


def seconds(scenarios: Sequence[Scenario], futures: int, jobs: int) -> float:
    """About how long it takes to work out so many futures over `jobs` processes."""
    first = scenarios[0]
    residents = float(first.area_data.residents.sum()) if first.area_data is not None else 0.0
    months = first.history * (1 / LUCK_RATE + 1 / LIVE_RATE)
    months += sum(first.months * (1 / LUCK_RATE + count(scenario) / LIVE_RATE) for scenario in scenarios[1:])
    return residents * months * -(-futures // jobs)


def totals(measures: Measures) -> dict[str, int]:
    """Total of every outcome over all months and places, in whole units of 2^-20."""
    return {name: round(float(OUTCOMES[name].function(measures)[0].sum()) * UNIT) for name in MOVED}


def rows(world: World, scenarios: Sequence[Scenario], future: Future) -> dict[str, dict[str, Any]]:
    """The rows of the table `explain` of one future; the first scenario is what the others are compared with."""
    history = Simulation(world, scenarios[0], draw=future.draw, replicate=future.replicate)
    while history.month < 0:
        history.step()
    found = [row for scenario in scenarios[1:] for row in split(history, scenarios[0], scenario)]
    columns = ("scenario", "outcome", "by", "part", "value", "residents")
    table: dict[str, Any] = {name: np.array([row[i] for row in found], object if i < 4 else float)
                             for i, name in enumerate(columns)}
    return {"explain": table | {"draw": future.draw, "replicate": future.replicate}}


def split(history: Simulation, reference: Scenario, scenario: Scenario) -> list[tuple[str, str, str, str, float, float]]:
    """Rows (scenario, outcome, by, part, value, residents) of one scenario in the future of `history`."""
    some = worlds(scenario, history.draw)
    lanes = abreast(history, [reference, scenario, *some.by_channels.values(), *some.by_programmes.values()])
    nothing, full = lanes[:2]
    people = People(history.world.ties)
    for lane in (nothing, full):
        lane.feel()
    for _ in range(scenario.months):
        one_month(lanes)
        people.add(nothing, full)
    before, measures = totals(nothing.measures), [lane.measures for lane in lanes[1:]]
    moved = [{name: value - before[name] for name, value in totals(m).items()} for m in measures]
    whole, others = moved[0], iter(moved[1:])
    by_channels = {**{key: next(others) for key in some.by_channels}, frozenset(some.channels): whole}
    by_programmes = {**{key: next(others) for key in some.by_programmes}, frozenset(scenario.working): whole}
    out = []
    for name in MOVED:
        residents = float(OUTCOMES[name].function(measures[0])[1].sum()) / scenario.months
        parts = [("all", "all", whole[name], residents)]
        parts += [("people", circle, people.value[name][i], people.residents[name][i] / scenario.months)
                  for i, circle in enumerate(CIRCLES) if name in people.value]
        parts += [("channel", part, value, residents) for part, value in _channels(name, some.channels, by_channels).items()]
        parts += [(by, part, value, residents) for by, part, value in _programmes(name, scenario.working, by_programmes)]
        out += [(scenario.name, name, by, part, value / UNIT, heads) for by, part, value, heads in parts]
    return out


def _channels(name: str, on: Sequence[str], found: Mapping[frozenset[str], Mapping[str, int]]) -> dict[str, int]:
    """Shapley share of each channel; one that is muted has 0."""
    shares = shapley(on, {key: value[name] for key, value in found.items()} | {NONE: 0})
    return {channel: shares.get(channel, 0) for channel in CHANNELS}


def _programmes(name: str, keys: frozenset[str], found: Mapping[frozenset[str], Mapping[str, int]]) -> list[tuple[str, str, int]]:
    """Each programme alone and what they do together beyond that; Shapley shares where every set of them was run."""
    worth = {key: value[name] for key, value in found.items()} | {NONE: 0}
    alone = {key: worth[frozenset([key])] for key in sorted(keys)}
    out = [("programme", key, value) for key, value in alone.items()]
    out.append(("programme", "interaction", worth[keys] - sum(alone.values())))
    if len(keys) <= FEW:
        out += [("share", key, value) for key, value in shapley(sorted(keys), worth).items()]
    return out
