"""Law 11: the fast month gives the numbers of a plain-Python one, resident by resident and sum by sum."""
from dataclasses import replace
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from small import Fast, Push, Tie, pack, villages
from twin import COLUMNS, MECHANISMS, SHARES, Twin, total

HISTORY, MONTHS, FUNDED = 12, 14, 9
COUNTED = ("present", "admissions", "bed_days", "attendances", "referrals", "low", "lonely", *SHARES)
COUNTS = [COLUMNS.index(name) for name in COUNTED]
STATES = [COLUMNS.index(name) for name in ("expected", "satisfaction", "control")]
RELATIVE = 1e-6          # rates: the engine works in float32, whose unit is 1.2e-7, through about five products
POINTS = 5e-6            # life satisfaction up to 10 in float32: ten units of its last place
STATED = 3e-5            # the same where a total is stated: the engine reads the clipped mean from a table of 0.01 steps
SHIFT = 1e-6             # SD of spill-over: the engine publishes in units of 2^-16 SD, of which kappa c is passed on
A_RESIDENT = 4           # units of 2^-20 that a state of one resident may differ by where nothing is stated


def spread(rng, count, n):
    """`count` rows out of n, rising."""
    return np.sort(rng.choice(n, count, replace=False))


def programme(month, n):
    """Pushes and ties of one month: every lever, overlapping, up and down, beyond the cap, with and without totals."""
    if not 0 <= month < FUNDED:
        return [], []
    rng = np.random.default_rng(month)
    a, b, c = np.arange(40), np.arange(20, 90), np.arange(100, 160)
    pushes = [
        Push("connection", a, rng.uniform(0, 1.9, 40)), Push("connection", b, rng.uniform(0, .9, 70)),
        Push("connection", b, rng.uniform(-.5, 1.9, 70), ("life_satisfaction",)),
        Push("control", c, rng.uniform(-1, 1, 60), ("admission_rr",)), Push("control", b, rng.uniform(-2, 2, 70)),
        Push("activity", spread(rng, 50, n), rng.uniform(0, .5, 50), ("life_satisfaction", "admission_rr")),
        Push("self_care", spread(rng, 50, n), rng.uniform(0, .5, 50)),
        Push("security", spread(rng, 50, n), rng.uniform(-.3, .5, 50)),
        Push("life_satisfaction", b, rng.uniform(-.5, 1, 70)),
        Push("life_satisfaction", spread(rng, 50, n), rng.uniform(0, 2, 50)),
        Push("admission_rr", c, rng.uniform(.5, 1.2, 60)), Push("admission_rr", b, rng.uniform(.7, 1, 70)),
        Push("ae_rr", spread(rng, 150, n), rng.uniform(.5, 1.4, 150)),
        Push("ae_rr", spread(rng, 150, n), rng.uniform(.5, 1.4, 150)),
        Push("bed_days_rr", spread(rng, 150, n), rng.uniform(.4, 1.4, 150)),
        Push("referral_rr", spread(rng, 150, n), rng.uniform(.5, 2, 150)),
        Push("readmission_rr", spread(rng, 150, n), rng.uniform(.5, 1.4, 150))]
    ties = [Tie(np.arange(40) % 7, a), Tie(np.append(np.arange(59) // 20, 9), c), Tie(np.arange(70) // 10, b)]
    return pushes, ties


def busy():
    """Rates of another draw with ten times the admissions, more referrals and layers of ties that differ."""
    drawn = pack(draw=3)
    return drawn._replace(admission=drawn.admission * 10, referral=drawn.referral * 20, c=0.15,
                          layer_weight=np.array([1, .5, .73, .2]))


def muted():
    """The busy rates with the direct channel muted: contacts alone move anybody."""
    return busy()._replace(direct=False)


RATES = {"central": pack, "busy": busy, "muted": muted}


class Month(NamedTuple):
    """One month of both: sums, and states by resident (rows) copied as they stood."""

    month: int
    pushes: list
    fast: np.ndarray
    slow: np.ndarray
    states: dict               # name -> (engine's, twin's)
    people: list               # the twin's residents as measured


@cache
def both(name):
    """The months of both, one after the other."""
    world, rates = villages(), RATES[name]()
    fast, slow = (kind(world, rates, replicate=2, first=-HISTORY) for kind in (Fast, Twin))
    out = []
    for month in range(-HISTORY, MONTHS):
        pushes, ties = programme(month, world.script.id.size)
        spill = fast.state.spill.copy()
        sums = fast(pushes, ties), slow(pushes, ties)
        people = [replace(person) for person in slow.people]
        engine = {"natural": fast.luck.natural, "expected": fast.state.expected, "admissions": fast.state.admitted,
                  "life_satisfaction": fast.state.life_satisfaction, "excitation": fast.state.excitation,
                  "spill": fast.state.spill.T}
        states = {key: (value.copy(), np.array([getattr(p, key) for p in people])) for key, value in engine.items()}
        states["level"] = as_measured(fast, pushes, spill).T, np.array(slow.level)
        out.append(Month(month, pushes, *sums, states, people))
    return out, fast


def as_measured(fast, pushes, spill):
    """Connection, control and self-care of everyone in float32, as the engine adds them up."""
    effect = np.zeros_like(spill)
    for push in pushes if fast.rates.direct else ():
        if push.lever in MECHANISMS:
            effect[MECHANISMS.index(push.lever), push.who] += np.asarray(push.value, np.float32)
    induced = spill + np.clip(effect, np.float32(-2), np.float32(2))
    return np.stack([fast.luck.connection + induced[0], fast.luck.control + induced[1], fast.luck.self_care + induced[3]])


@pytest.fixture(scope="module", params=list(RATES))
def months(request):
    """Months of both under one set of rates."""
    return both(request.param)[0]


def test_events_are_the_same_resident_by_resident(months):
    for m in months:
        fast, slow = m.states["admissions"]
        assert fast.tolist() == slow.tolist(), m.month


def test_counts_are_the_same(months):
    for m in months:
        assert (m.fast[..., COUNTS] == m.slow[..., COUNTS]).all(), m.month


def test_there_is_something_to_count():
    counted = sum(m.slow.sum((0, 1)) for m in both("busy")[0])
    assert (counted[COUNTS] > 50).all()
    assert max(m.states["admissions"][1].max() for m in both("busy")[0]) > 1


@pytest.mark.parametrize("state", ["natural", "expected"])
def test_rates_are_the_same(months, state):
    for m in months:
        fast, slow = m.states[state]
        assert np.abs(fast / slow - 1).max() < RELATIVE, m.month


@pytest.mark.parametrize("state", ["excitation", "spill"])
def test_what_lasts_is_the_same(months, state):
    for m in months:
        fast, slow = m.states[state]
        assert np.abs(fast - slow).max() < SHIFT, m.month


def test_spill_over_happens_and_is_nothing_before_the_first_push(months):
    assert max(np.abs(m.states["spill"][1]).max() for m in months) > 0.05
    for m in months:
        assert m.month >= 0 or not m.states["spill"][0].any()


def test_connection_and_control_are_the_same(months):
    for m in months:
        fast, slow = m.states["level"]
        assert np.abs(fast - slow).max() < 2 * SHIFT, m.month


def test_life_satisfaction_is_the_same(months):
    for m in months:
        fast, slow = m.states["life_satisfaction"]
        told = np.zeros(fast.size, bool)
        for push in m.pushes:
            told[push.who] |= push.lever == "life_satisfaction"
        assert np.abs(fast - slow)[~told].max() < POINTS, m.month
        assert np.abs(fast - slow).max() < STATED, m.month


def test_sums_of_states_are_the_same_within_their_rounding(months):
    for m in months:
        residents = m.slow[..., :1]
        unit = A_RESIDENT if not m.pushes else STATED * 2 ** 20
        assert (np.abs(m.fast - m.slow)[..., STATES] <= residents * unit).all(), m.month


@pytest.mark.parametrize("name", RATES)
def test_sums_of_states_are_exact_sums_of_the_engine_s_own_states(name):
    world, rates = villages(), RATES[name]()
    for m in both(name)[0]:
        mine = [(replace(person, expected=float(m.states["expected"][0][i]),
                         life_satisfaction=float(m.states["life_satisfaction"][0][i])), m.states["level"][0][i].astype(float))
                for i, person in enumerate(m.people)]
        assert (total(world, rates, mine) == m.fast).all(), m.month


@pytest.mark.parametrize("name", RATES)
def test_years_of_residents_add_up(name):
    months, fast = both(name)
    for column, key in (("admissions", "admissions"), ("expected", "expected"), ("life_satisfaction", "life_satisfaction")):
        slow = sum(m.states[key][1] for m in months)
        assert np.allclose(getattr(fast.years, column), slow, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("left_out", range(len(programme(0, 200)[0]) + len(programme(0, 200)[1])))
def test_no_push_is_without_effect(left_out):
    """Leaving out any one push or tie is seen: the comparison above looks at each of them."""
    world, rates = villages(), busy()
    whole, part = (Fast(world, rates, replicate=2) for _ in range(2))
    different = False
    for month in range(4):
        pushes, ties = programme(month, world.script.id.size)
        gap = len(pushes)
        whole_sums = whole(pushes, ties)
        part_sums = part([push for k, push in enumerate(pushes) if k != left_out],
                         [tie for k, tie in enumerate(ties) if gap + k != left_out])
        different |= bool((whole_sums != part_sums).any())
    assert different
