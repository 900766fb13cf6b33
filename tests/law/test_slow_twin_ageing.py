"""Law 11 where time passes: the twin looks up every resident's stay, age and frailty by itself, month by month."""
from functools import cache

import numpy as np
import pytest
from ageing import passing, world
from test_slow_twin import COUNTS, RELATIVE, SHIFT, STATED, STATES
from twin import (
    Resident,
    Twin,
    answer,
    correlated,
    deviates,
    effect,
    happen,
    levels,
    live_on,
    lognormal,
    place_factor,
    quadratic,
    spill_next,
    tie_weights,
    total,
)

from nbhdsim import rng
from nbhdsim.simulation import Simulation

RESIDENTS, HISTORY, MONTHS = 300, 12, 14
NEW_MINDS, NEW_BODY = rng.purpose("luck.arrival.minds"), rng.purpose("luck.arrival.body")
QUIET: dict = {}
BUSY = {"baseline.admission.rate.scale": 8.0, "baseline.ae.attendances": 6.0, "baseline.referral.rate": 0.9,
        "baseline.spill_over.strength": 0.15}


class Push:
    """What `twin.by_row` reads."""

    def __init__(self, lever, who, value):
        self.lever, self.who, self.value, self.covered = lever, who, value, ()


def expected_factor(of, rates):
    """E[F] by sex, quintile and age: the mix of the age, and those of it who are in their last year, whose excitation lags."""
    h, last = rates.n, 0.0
    for _ in range(12):
        admissions = (1 - rates.n) * rates.last_year + h
        h = rates.phi * h + rates.n * (1 - rates.phi) * admissions
        last += admissions / 12
    health, soon = of.health, of.dying
    return [[[sum(rates.frailty_ratio[f] * beside(health[q][age][f], rates.each)[c]
                  * (health[q][age][f][c] + (last - 1) * soon[s][q][age][f][c]) for f in range(4) for c in range(5))
              for age in range(105)] for q in range(5)] for s in range(2)]


def beside(share, each):
    """Ratio of a number of conditions [5] among people of one age, quintile and frailty, of whom `share` [5] have as many."""
    everyone = sum(share)
    mean = sum(share[c] * each ** c for c in range(5)) / everyone if everyone > 0 else 1
    return [each ** c / mean for c in range(5)]


class Ageing(Twin):
    """The slow month of a world in which time passes: people is [rows], None where nobody is."""

    def __init__(self, world, rates, *, replicate=0, first=0):
        self.world, self.rates, self.replicate, self.month, self.first = world, rates, replicate, first, first
        self.people, self.stay = [None] * len(world.script.id), [None] * len(world.script.id)
        self.mean, self.health = expected_factor(world.life.chances, rates), world.life.chances.health

    def _look_up(self):
        """Who lives in each row this month; strangers are new people. Returns the rows of those who have just come."""
        script, lives, month, new = self.world.script, self.world.life, self.month, []
        there = {}
        for s in range(len(lives.row)):
            if lives.arrives[s] <= month < lives.leaves[s]:
                there[int(lives.row[s])] = s
        for row in range(len(script.id)):
            s = there.get(row)
            if s != self.stay[row]:
                self.stay[row], self.people[row] = s, None if s is None else self._person(row, s)
                new += [] if s is None else [row]
            if s is not None:
                self.people[row].age = (month - int(script.birth_month[row])) // 12
                self.people[row].frailty = sum(int(when) <= month for when in lives.worsens[:, s])
                self.people[row].conditions = sum(int(when) <= month for when in lives.gains[:, s])
        weight, ties = tie_weights(self.rates), self.world.ties
        for row, person in enumerate(self.people):
            if person is not None:
                person.contacts = [(int(ties.other[e]), weight[ties.layer[e]]) for e in range(ties.start[row], ties.start[row + 1])
                                   if self.people[ties.other[e]] is not None]
        return new

    def _person(self, row, s):
        born, place = [float(z) for z in self.world.life.born[:, s]], int(self.world.script.place[row])
        return Resident(row=row, who=int(self.world.script.id[row]), place=place, age=0,
                        quintile=int(self.world.places.quintile[place]) - 1, frailty=0, conditions=0,
                        trait=correlated(self.rates, self.rates.trait_share, born[:5]),
                        trait_satisfaction=self.rates.ls_trait_sd * born[5], trait_admission=born[6], contacts=[])

    def _bring(self, person, clock):
        """What a newcomer had in the month before."""
        a = deviates(clock["seed"], clock["replicate"], NEW_MINDS, clock["calendar"], person.who)
        b = deviates(clock["seed"], clock["replicate"], NEW_BODY, clock["calendar"], person.who)
        person.drift = correlated(self.rates, 1 - self.rates.trait_share, [*a, b[0]])
        person.slow, person.acuity = self.rates.ls_slow_sd * b[1], self.rates.sa * b[2]

    def _natural(self, person, here):
        rates, lives, s = self.rates, self.world.life, self.stay[person.row]
        factor = rates.frailty_ratio[person.frailty] * (rates.last_year if int(lives.dies[s]) - 12 <= self.month else 1)
        health = self.health[person.quintile][min(person.age, 104)][person.frailty]
        factor *= beside(health, rates.each)[person.conditions]
        factor /= self.mean[int(self.world.script.sex[person.row])][person.quintile][min(person.age, 104)]
        mind = sum(rates.a[k] * (person.trait[k] + person.drift[k]) for k in range(5)) - quadratic(rates, rates.a) / 2
        return (rates.admission[person.band][person.quintile] / 12 * here * factor * lognormal(rates.s, person.trait_admission)
                * np.exp(person.acuity - rates.sa ** 2 / 2 + mind))

    def __call__(self, pushes=()):
        where, rates = self.world, self.rates
        calendar = 12 * where.start[0] + where.start[1] - 1 + self.month
        clock = dict(seed=where.seed, replicate=self.replicate, calendar=calendar)
        here = [place_factor(where, rates, p, replicate=self.replicate, calendar=calendar, month=self.month)
                for p in range(len(where.places.quintile))]
        new, told = self._look_up(), {}
        for push in pushes:
            for row, value in zip(push.who, push.value, strict=True):
                told.setdefault(int(row), []).append((push.lever, float(np.float32(value)), push.covered))
        living = [person for person in self.people if person is not None]
        for person in living:
            mine = told.get(person.row, ())
            if person.row in new and self.month > self.first:
                self._bring(person, clock)
            live_on(person, rates, first=self.month == self.first, **clock)
            person.natural = self._natural(person, here[person.place])
            if person.row in new:
                person.excitation = rates.n * person.natural
            person.effect = effect(mine)
            person.life_satisfaction = answer(person, rates, mine)
            happen(person, rates, mine, **clock)
        self.level = [levels(person, rates) for person in living]
        sums = total(where, rates, zip(living, self.level, strict=True))
        induced = [[0.0] * 5 if p is None else [p.effect[k] + p.spill[k] for k in range(5)] for p in self.people]
        after = [spill_next(person, rates, induced, ()) for person in living]
        for person, spill in zip(living, after, strict=True):
            person.spill = spill
        self.month += 1
        return sums


def pushes(month, there):
    """Pushes of one month on those who are there."""
    if month < 0:
        return []
    rng_ = np.random.default_rng(month)
    who = there[: there.size // 2]
    def some(lever, rows, low, high):
        return Push(lever, rows, rng_.uniform(low, high, rows.size))
    return [some("connection", who, 0, 1), some("control", there[::3], -1, 1), some("admission_rr", who, 0.6, 1.2),
            some("life_satisfaction", who, 0, 1)]


@cache
def both(name):
    """Sums and states of both, month by month, and how often anything has changed."""
    scenario = passing("twin", residents=RESIDENTS, months=24, history=HISTORY, overrides={"quiet": QUIET, "busy": BUSY}[name])
    where = world(RESIDENTS, 24, HISTORY)
    fast = Simulation(where, scenario, replicate=3)
    slow = Ageing(where, fast.setting.rates, replicate=3, first=-HISTORY)
    out, turnover = [], 0
    for month in range(-HISTORY, MONTHS):
        fast.advance_luck()
        told = pushes(month, np.flatnonzero(fast.passing.here))
        for push in told:
            fast.levers.push(push.lever, push.who, np.asarray(push.value, np.float32))
        fast.live()
        sums = slow(told)
        turnover += fast.passing.change.rows.size
        living = np.array([p is not None for p in slow.people])
        mine = [p for p in slow.people if p is not None]
        engine = {"natural": fast.luck.natural, "expected": fast._state.expected, "admissions": fast._state.admitted,
                  "excitation": fast._state.excitation, "life_satisfaction": fast._state.life_satisfaction,
                  "spill": fast._state.spill.T}
        states = {key: (value[living].copy(), np.array([getattr(p, key) for p in mine])) for key, value in engine.items()}
        out.append((month, fast.sums[-1], sums, states, living.tolist() == (fast.passing.here != 0).tolist()))
    return out, turnover


@pytest.mark.parametrize("name", ["quiet", "busy"])
def test_the_month_is_the_slow_one_s(name):
    months, turnover = both(name)
    assert turnover > 40
    admissions = 0
    for month, fast, slow, states, same in months:
        assert same, month
        for state in ("natural", "expected"):
            a, b = states[state]
            assert np.abs(a / b - 1).max() < 3 * RELATIVE, (month, state)
        for state in ("excitation", "spill"):
            a, b = states[state]
            assert np.abs(a - b).max() < 3 * SHIFT, (month, state)
        a, b = states["life_satisfaction"]
        assert np.abs(a - b).max() < 2 * STATED, month
        assert states["admissions"][0].tolist() == states["admissions"][1].tolist(), month
        admissions += states["admissions"][1].sum()
        assert (fast[..., COUNTS] == slow[..., COUNTS]).all(), month
        assert (np.abs(fast - slow)[..., STATES] <= slow[..., :1] * 2 * STATED * 2 ** 20).all(), month
    assert admissions > (300 if name == "busy" else 30)
    assert max(np.abs(states["spill"][1]).max() for *_, states, _ in months) > 0.005
