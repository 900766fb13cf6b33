"""Laws 3 and 4 at the level of the month: no impossible losers, and the order of residents is nobody's business."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small import Fast, Push, Tie, pack, villages

from nbhdsim.levers import LEVERS, OTHER_RATIOS
from nbhdsim.places import Ties
from nbhdsim.residents import MECHANISMS
from nbhdsim.step.measure import ADMISSIONS, ATTENDANCES, BED_DAYS, EXPECTED, LOW, REFERRALS, SATISFACTION

N, MONTHS = 200, 10
RATIOS = ("admission_rr", *OTHER_RATIOS)
f32 = np.float32


def busy(**changed):
    """Rates at which much happens: ten times the admissions, half of them set off by earlier ones, strong spill-over."""
    rates = pack()
    return rates._replace(**{"admission": rates.admission * 10, "referral": rates.referral * 20, "n": 0.3, "c": 0.2, "g": 1.0,
                             "kappa": 0.5} | changed)


@st.composite
def programmes(draw):
    """A few programmes that only help: (lever, rows, strength 0 to 1, first month, end, group or not, covered)."""
    out = []
    for _ in range(draw(st.integers(1, 5))):
        lever = draw(st.sampled_from(sorted(LEVERS)))
        first, length = draw(st.integers(0, MONTHS - 1)), draw(st.integers(1, MONTHS))
        rows = sorted(draw(st.sets(st.integers(0, N - 1), min_size=1, max_size=60)))
        covered = draw(st.sampled_from([(), ("life_satisfaction",), ("admission_rr",)])) if lever in MECHANISMS else ()
        out.append((lever, rows, draw(st.floats(0, 1)), first, first + length, draw(st.booleans()), covered))
    return out


def push(programme, strength):
    """One month's push of a programme at a share of its strength: never a harm."""
    lever, rows, full, *_, covered = programme
    value = full * strength
    best = 1 - 0.7 * value if lever in RATIOS else 2 * value
    return Push(lever, rows, [best] * len(rows), covered)


def lives(todo, strength, *, replicate):
    """Sums and states, month by month, with every programme at a share of its strength."""
    fast = Fast(villages(), busy(), replicate=replicate)
    for month in range(MONTHS):
        at_work = [p for p in todo if p[3] <= month < p[4]]
        sums = fast([push(p, strength) for p in at_work] if strength else (),
                    [Tie([k % 7 for k in range(len(p[1]))], p[1]) for p in at_work if p[5]] if strength else ())
        yield sums, fast.state, fast.years


FEWER = (ADMISSIONS, EXPECTED, BED_DAYS, ATTENDANCES, REFERRALS, LOW)


@settings(deadline=None, max_examples=60)
@given(programmes(), st.integers(0, 1000), st.floats(0.1, 1))
def test_nobody_loses_by_what_only_helps(todo, replicate, part):
    """Against doing nothing, and with more against less of the same: resident by resident, in every month."""
    for less, more in ((0.0, part), (part, 1.0)):
        for (a, before, years_a), (b, after, years_b) in zip(lives(todo, less, replicate=replicate),
                                                             lives(todo, more, replicate=replicate), strict=True):
            assert (after.spill >= before.spill - 1e-7).all() and (after.spill >= 0).all()
            assert (after.life_satisfaction >= before.life_satisfaction - 2e-6).all()
            assert (years_b.admissions <= years_a.admissions).all()
            assert (after.expected <= before.expected * (1 + 1e-6)).all()
            assert (after.excitation <= before.excitation + 1e-7).all()
            assert (b[..., FEWER] <= a[..., FEWER] + np.array([0, 4 * 90, 0, 0, 0, 0])).all()
            assert (b[..., SATISFACTION] >= a[..., SATISFACTION] - 4 * 90).all()


@settings(deadline=None, max_examples=30)
@given(programmes(), st.integers(0, 1000))
def test_only_the_pushed_and_those_their_ties_reach_change(todo, replicate):
    """A month carries a change one tie further, or across a group; everybody else answers as before, bit for bit."""
    world = villages()
    reached = np.zeros(N, bool)
    neighbour = [world.ties.other[world.ties.start[i]:world.ties.start[i + 1]] for i in range(N)]
    for month, ((_, before, _), (_, after, _)) in enumerate(zip(lives(todo, 0.0, replicate=replicate),
                                                                lives(todo, 1.0, replicate=replicate), strict=True)):
        at_work = [p for p in todo if p[3] <= month < p[4]]
        for p in at_work:
            reached[p[1]] = True
        outside = ~reached
        assert (after.life_satisfaction[outside] == before.life_satisfaction[outside]).all()
        assert (after.expected[outside] == before.expected[outside]).all()
        assert (after.admitted[outside] == before.admitted[outside]).all()
        for i in np.flatnonzero(reached):
            reached[neighbour[i]] = True
        outside = ~reached
        assert not after.spill[:, outside].any()


def test_an_inert_push_changes_nothing():
    """Pushing every lever to where it rests, with groups, is doing nothing, bit for bit."""
    still, inert = Fast(villages(), busy()), Fast(villages(), busy())
    rows = list(range(0, N, 2))
    for _ in range(6):
        a = still()
        b = inert([Push(name, rows, [lever.rest] * len(rows)) for name, lever in LEVERS.items()],
                  [Tie([0] * len(rows), rows)])
        assert (a == b).all() and (still.state.expected == inert.state.expected).all()
        assert (still.state.life_satisfaction == inert.state.life_satisfaction).all()


# ---------- order ----------
def shuffled(world, rng):
    """The same residents in another order: rows change places within the age segments of a neighbourhood.

    Returns the world and old [n], the former row of each row.
    """
    bounds = Fast(world, pack()).ground.bounds
    old = np.concatenate([rng.permutation(np.arange(low, high)) for row in bounds
                          for low, high in zip(row[:-1], row[1:], strict=True)])
    new = np.argsort(old)
    s, t = world.script, world.ties
    script = type(s)(*(column[..., old] for column in s[:-1]))
    degree = np.diff(t.start)[old]
    start = np.append(0, np.cumsum(degree))
    parts = [np.arange(t.start[i], t.start[i + 1]) for i in old]
    edges = [part[rng.permutation(part.size)] for part in parts]          # in which order ties are read is nobody's, too
    take = np.concatenate(edges)
    return world._replace(script=script, ties=Ties(start, new[t.other[take]].astype(np.int32), t.layer[take])), old


@pytest.mark.parametrize("seed", range(5))
def test_residents_in_another_order_have_the_same_totals_and_lives(seed):
    rng = np.random.default_rng(seed)
    world = villages()
    other, old = shuffled(world, rng)
    new = np.argsort(old)
    assert (old != np.arange(N)).sum() > 100
    rates = busy(layer_weight=np.array([1, .5, .7, .2]))
    one, two = Fast(world, rates, replicate=seed), Fast(other, rates, replicate=seed)
    for month in range(8):
        pushes, ties, moved, moved_ties = [], [], [], []
        for name, lever in LEVERS.items():
            rows = np.sort(rng.choice(N, 50, replace=False))
            value = rng.uniform(max(lever.low, lever.rest - 0.5), lever.rest + 0.5, 50).astype(f32)
            order = rng.permutation(50)
            pushes.append(Push(name, rows, value))
            moved.append(Push(name, new[rows][order], value[order]))
            if name in MECHANISMS:
                site = rng.integers(0, 6, 50)
                ties.append(Tie(site, rows))
                moved_ties.append(Tie(site[order], new[rows][order]))
        a, b = (one(pushes, ties), two(moved, moved_ties)) if month < 6 else (one(), two())
        assert (a == b).all(), month
        for name in ("expected", "life_satisfaction", "admitted", "excitation", "spill"):
            assert (getattr(one.state, name)[..., old] == getattr(two.state, name)).all(), (month, name)
