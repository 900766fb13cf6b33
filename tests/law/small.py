"""A small world, its rates, and the engine's month run by hand: what the laws of the month look at."""
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from nbhdsim import conditions, evidence, population, rates, step
from nbhdsim.areas import csv_file
from nbhdsim.levers import Levers
from nbhdsim.step import luck, prepare

AGES = "0-4,5-17,18-34,35-49,50-64,65-74,75-84,85+"
VILLAGES = f"""name,district,quintile,residents,{AGES}
oak,mid,1,90,6,16,20,16,14,8,7,3
ash,mid,3,70,4,10,12,12,14,8,6,4
elm,low,5,40,1,6,4,6,8,7,5,3
"""
SEED = 5 * 2 ** 32 + 77            # both halves of the key are in use


class Push(NamedTuple):
    """One push of one lever: rows and their values; covered as in `Levers.push`."""

    lever: str
    who: list
    value: list
    covered: tuple = ()


class Tie(NamedTuple):
    """Members of one programme by site: they share a group tie."""

    site: list
    who: list


@cache
def _catalogue():
    return evidence.load_baseline()


def pack(*, draw: int = 0, **changed) -> rates.Rates:
    """Baseline rates of one draw; keywords replace fields of `Rates`."""
    quantities, tables = _catalogue()
    return rates.pack(evidence.draw_values(quantities, seed=1, draw=draw), tables)._replace(**changed)


def health() -> population.Health:
    """Frailty and conditions of the baseline."""
    quantities, tables = _catalogue()
    return population.Health(pack().frailty_mix, conditions.read({a: q.value for a, q in quantities.items()}, tables))


@cache
def villages(seed: int = SEED) -> population.World:
    """Three neighbourhoods of 200 residents together; the second one states its own admission ratio."""
    values = {address: quantity.value for address, quantity in _catalogue()[0].items()}
    with TemporaryDirectory() as folder:
        file = Path(folder) / "villages.csv"
        file.write_text(VILLAGES, encoding="utf-8")
        area = csv_file.read(file)._replace(admission_ratio=np.array([0, 1.25, 0], np.float32))
    return population.build_world(area, seed=seed, values=values, health=health())


class Fast:
    """The engine's month for one world and one set of rates, by hand: what `Simulation` does without programmes."""

    def __init__(self, world: population.World, packed: rates.Rates, *, replicate: int = 0, first: int = 0) -> None:
        n = world.script.id.size
        self.world, self.rates, self.replicate, self.month, self.first = world, packed, replicate, first, first
        self.rules = prepare.rules(packed)
        self.ground = prepare.ground(world.script, world.places, ties=world.ties, rates=packed)
        self.fixed = prepare.fixed(world.script, world.places, packed)
        self.luck, self.state, self.years = luck.empty(n), step.state(n), step.years(n)
        self.levers = Levers(n, a=packed.a, b=packed.b, preventable=packed.preventable)

    def __call__(self, pushes=(), ties=()) -> np.ndarray:
        """Run one month; sums [p, segment, column]."""
        calendar = 12 * self.world.start[0] + self.world.start[1] - 1 + self.month
        season = prepare.place_season(self.world.places, self.rates, seed=self.world.seed, replicate=self.replicate,
                                      month=self.month, calendar=calendar)
        luck.advance(self.luck, self.fixed, self.rules.loadings, bounds=self.ground.bounds, season=season,
                     clock=luck.clock(self.world.seed, self.replicate, calendar), first=self.month == self.first)
        if self.month == self.first:
            self.state.excitation[:] = np.float32(self.rates.n) * self.luck.natural
        for push in pushes:
            self.levers.push(push.lever, np.array(push.who, np.int64), np.array(push.value, np.float32), covered=push.covered)
        for tie in ties:
            self.levers.group(np.array(tie.site, np.int64), np.array(tie.who, np.int64))
        self.month += 1
        return step.advance(self.state, self.luck, self.fixed, rules=self.rules, ground=self.ground, levers=self.levers,
                            clock=(np.uint32(calendar), np.uint32(self.replicate), np.uint64(self.world.seed)),
                            years=self.years)
