"""Levers: how pushes join, what they are refused for, and that a month leaves nothing behind."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbhdsim.errors import NbhdsimError
from nbhdsim.levers import LEVERS, OTHER_RATIOS, ROOM, Levers
from nbhdsim.residents import MECHANISMS

N = 12
A, B = np.array([-.04, -.02, -.01, -.02, -.01]), np.array([.25, .2, .1, .05, .15])
COVERS = ((), ("life_satisfaction",), ("admission_rr",), ("admission_rr", "life_satisfaction"))
f32 = np.float32


def levers(*, n=N, preventable=0.2):
    """Levers at rest."""
    return Levers(n, a=A, b=B, preventable=preventable)


def values_of(lever):
    """Values a push of a lever may have."""
    return st.floats(LEVERS[lever].low, LEVERS[lever].high)


@st.composite
def pushes(draw, *, most=6):
    """(lever, rows, values, covered), a few of them."""
    out = []
    for _ in range(draw(st.integers(1, most))):
        lever = draw(st.sampled_from(sorted(LEVERS)))
        rows = sorted(draw(st.sets(st.integers(0, N - 1), min_size=1)))
        covered = draw(st.sampled_from(COVERS)) if lever in MECHANISMS else ()
        out.append((lever, rows, draw(st.lists(values_of(lever), min_size=len(rows), max_size=len(rows))), covered))
    return out


def push_all(made, todo):
    """Push everything; the same levers back."""
    for lever, rows, values, covered in todo:
        made.push(lever, np.array(rows), np.array(values, f32), covered=covered)
    return made


def read(made, *, ratio=None):
    """What the month reads, by resident: shift [N, 5], mediated, satisfaction, other [N, 4] and R."""
    settled = made.settled()
    out = {"shift": np.zeros((N, 5)), "mediated": np.zeros(N), "satisfaction": np.zeros(N), "other": np.ones((N, 4))}
    for name, column in out.items():
        column[settled.rows] = getattr(settled, name)
    joined = np.ones(N, f32) if ratio is None else np.array(ratio, f32)
    made.join_ratios(joined)
    return out | {"ratio": joined.astype(float)}


def prevented(ratios, preventable):
    """R of one resident by the equation of the design."""
    share = max([preventable, *(1 - r for r in ratios)])
    left = np.prod([max(0.0, 1 - (1 - r) / share) if r < 1 else 1.0 for r in ratios])
    return (1 - share * (1 - left)) * np.prod([max(1.0, r) for r in ratios])


def told(todo, *, preventable=0.2):
    """The same as `read`, worked out in plain Python."""
    shift, points, rate = (np.zeros((N, 5)) for _ in range(3))
    satisfaction, other, ratios = np.zeros(N), np.ones((N, 4)), [[] for _ in range(N)]
    for lever, rows, values, covered in todo:
        for row, value in zip(rows, np.array(values, f32).astype(float), strict=True):
            if lever in MECHANISMS:
                k = MECHANISMS.index(lever)
                shift[row, k] += value
                points[row, k] += value * ("life_satisfaction" not in covered)
                rate[row, k] += value * ("admission_rr" not in covered)
            elif lever == "life_satisfaction":
                satisfaction[row] += value
            elif lever == "admission_rr":
                ratios[row].append(value)
            else:
                other[row, OTHER_RATIOS.index(lever)] *= value
    through = np.exp((np.clip(rate, -2, 2) * A).sum(1))
    return {"shift": np.clip(shift, -2, 2), "mediated": (np.clip(points, -2, 2) * B).sum(1), "satisfaction": satisfaction,
            "other": np.clip(other, 0.3, 3),
            "ratio": np.array([prevented([*r, x], preventable) for r, x in zip(ratios, through, strict=True)])}


def same(one, other, *, within=2e-6):
    """Are both readings the same, apart from rounding?"""
    return all(np.allclose(one[name], other[name], rtol=within, atol=within) for name in one)


@settings(deadline=None)
@given(pushes())
def test_pushes_join_as_the_list_of_levers_says(todo):
    assert same(read(push_all(levers(), todo)), told(todo))


@settings(deadline=None)
@given(pushes(), st.randoms(use_true_random=False))
def test_the_order_of_pushes_is_nobody_s_business(todo, rng):
    shuffled = list(todo)
    rng.shuffle(shuffled)
    assert same(read(push_all(levers(), todo)), read(push_all(levers(), shuffled)))


@settings(deadline=None)
@given(pushes(most=2))
def test_two_pushes_join_to_the_same_bits_either_way(todo):
    one, other = read(push_all(levers(), todo)), read(push_all(levers(), todo[::-1]))
    assert all((one[name] == other[name]).all() for name in one)


@settings(deadline=None)
@given(pushes(), pushes())
def test_a_reset_leaves_nothing_behind(before, after):
    used = push_all(levers(), before)
    used.group(np.zeros(3, int), np.arange(3))
    read(used)
    used.reset()
    assert not used.groups and used.settled().rows.size == 0
    assert (read(used)["ratio"] == 1).all()
    one, other = read(push_all(used, after)), read(push_all(levers(), after))
    assert all((one[name] == other[name]).all() for name in one)


def test_every_lever_rests_at_nothing():
    for name, lever in LEVERS.items():
        assert lever.rest == (0 if lever.operator == "add" else 1) and lever.low < lever.rest < lever.high
        made = levers()
        made.push(name, np.arange(N), lever.rest)
        resting = read(made)
        assert not resting["shift"].any() and not resting["mediated"].any() and not resting["satisfaction"].any()
        assert (resting["other"] == 1).all() and (resting["ratio"] == 1).all()


@pytest.mark.parametrize("name", MECHANISMS)
@pytest.mark.parametrize("sign", [1, -1])
def test_programmes_together_move_a_mechanism_by_two_sd_at_most(name, sign):
    """The cap holds for the shift, for the points and for the admissions that come through it."""
    made = levers()
    for _ in range(3):
        made.push(name, np.arange(N), 1.5 * sign)
    capped, k = read(made), MECHANISMS.index(name)
    assert (capped["shift"][:, k] == 2 * sign).all()
    assert capped["mediated"] == pytest.approx(2 * sign * B[k], rel=1e-6)
    assert capped["ratio"] == pytest.approx(np.exp(2 * sign * A[k]), rel=1e-6)


@pytest.mark.parametrize("name", sorted(LEVERS))
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, "below", "above"])
def test_a_push_outside_the_range_or_not_a_number_is_refused_and_leaves_nothing(name, wrong):
    lever = LEVERS[name]
    value = {"below": lever.low - 0.01, "above": lever.high + 0.01}.get(wrong, wrong)
    made = levers()
    with pytest.raises(NbhdsimError, match=f"lever {name}"):
        made.push(name, np.arange(3), np.array([lever.rest, value, lever.rest], f32))
    assert made.settled().rows.size == 0 and (read(made)["ratio"] == 1).all() and not made.spreads.any()


def test_an_unknown_lever_is_refused_with_its_neighbour():
    with pytest.raises(NbhdsimError, match="'conection' is not a lever; did you mean 'connection'"):
        levers().push("conection", np.arange(3), 0.1)


def test_nobody_may_be_pushed():
    made = levers()
    for name, lever in LEVERS.items():
        made.push(name, np.zeros(0, int), lever.high)
        made.push(name, np.zeros(0, int), np.zeros(0, f32))
    assert made.settled().rows.size == 0 and (read(made)["ratio"] == 1).all()


def test_more_residents_than_there_is_room_for_at_first():
    n = 3 * ROOM + 5
    made = levers(n=n)
    for step in (7, 3, 1):
        who = np.arange(0, n, step)
        made.push("control", who, np.full(who.size, 0.1))
    settled = made.settled()
    row = np.arange(n)
    expected = np.array(0.1 * (1 + (row % 3 == 0) + (row % 7 == 0)))
    assert sorted(settled.rows) == row.tolist()
    assert settled.shift[np.argsort(settled.rows), 1] == pytest.approx(expected, rel=1e-6)


# ---------- R, what prevention can do ----------
RATIOS = st.lists(st.floats(0.3, 1.5), max_size=5)
SHARES = st.sampled_from([0.0, 0.05, 0.2, 0.5, 1.0])


def joined(ratios, *, preventable, spill=1.0):
    """R of one resident after some pushes; spill: what spill-over does already."""
    made = levers(preventable=preventable)
    for ratio in ratios:
        made.push("admission_rr", np.array([4]), ratio)
    return read(made, ratio=np.full(N, spill))["ratio"][4]


@settings(deadline=None)
@given(RATIOS, SHARES, st.floats(0.8, 1.1))
def test_ratios_of_admission_join_as_the_design_says(ratios, preventable, spill):
    expected = prevented([*(float(f32(r)) for r in ratios), float(f32(spill))], preventable)
    assert joined(ratios, preventable=preventable, spill=spill) == pytest.approx(expected, rel=2e-5)


@settings(deadline=None)
@given(st.floats(0.3, 3), SHARES)
def test_one_stated_ratio_alone_is_always_kept(ratio, preventable):
    assert joined([ratio], preventable=preventable) == pytest.approx(ratio, rel=1e-6)


@settings(deadline=None)
@given(st.lists(st.floats(0.3, 1), min_size=1, max_size=5), SHARES)
def test_prevention_never_exceeds_what_can_be_prevented_or_the_deepest_statement(ratios, preventable):
    r = joined(ratios, preventable=preventable)
    assert min(1 - preventable, *ratios) - 1e-6 <= r <= min(ratios) + 1e-6


@settings(deadline=None)
@given(RATIOS, st.floats(0.3, 1), SHARES)
def test_one_more_ratio_below_one_never_raises_admissions(ratios, more, preventable):
    assert joined([*ratios, more], preventable=preventable) <= joined(ratios, preventable=preventable) * (1 + 1e-6)


def test_what_is_induced_is_one_ratio_with_spill_over():
    """exp(a'(E + S)) joins as one ratio: effect and spill-over are not prevented twice over."""
    made = levers()
    made.push("connection", np.array([4]), 1.5)
    made.push("admission_rr", np.array([4]), 0.9)
    spill, effect = np.exp(A[0] * 0.8), np.exp(A[0] * 1.5)
    assert read(made, ratio=np.full(N, spill))["ratio"][4] == pytest.approx(prevented([0.9, spill * effect], 0.2), rel=1e-6)
