"""Levers between programmes: what is pushed is read a month later, by the others; readiness and its network by closed form."""
import numpy as np
import pytest

from nbhdsim.errors import NbhdsimError
from nbhdsim.relations import OF_PLACES, RELATIONS, Relations

N, P = 6, 4
BASE = {"baseline.readiness.start": 0.5, "baseline.readiness.gain": 0.0, "baseline.readiness.approach": 0.25,
        "baseline.strain.exit": 0.1}


def relations(**changed):
    return Relations(N, P, {**BASE, **{f"baseline.{name}": value for name, value in changed.items()}})


def months(state, pushes, count):
    """Run months in which the same things are pushed: (lever, rows, value, key) each."""
    for _ in range(count):
        for lever, who, value, key in pushes:
            state.push(lever, np.array(who), value, key=key)
        state.turn()
    return state


def test_nothing_pushed_is_nothing_read():
    state = months(relations(**{"readiness.gain": 0.5}), [], 3)
    assert all(state.of(name, "a") is None for name in RELATIONS)
    assert state.strain() is None and state.welcome() is None and (state.readiness == 0.5).all()


def test_what_is_pushed_is_read_by_others_a_month_later_and_gone_after():
    state = relations()
    state.push("take_up", np.array([1, 3]), 1.5, key="a")
    assert state.of("take_up", "b") is None
    state.turn()
    assert state.of("take_up", "a") is None
    assert state.of("take_up", "b").tolist() == [1, 1.5, 1, 1.5, 1, 1]
    state.turn()
    assert state.of("take_up", "b") is None


@pytest.mark.parametrize("lever, joined", [("take_up", 1.2 * 1.5), ("handover", 1 - 0.8 * 0.5), ("strain", 0.7)])
def test_pushes_of_several_programmes_are_joined_in_any_order(lever, joined):
    values = {"take_up": (1.2, 1.5), "handover": (0.2, 0.5), "strain": (0.2, 0.5)}[lever]
    pushes = [(lever, [2], values[0], "a"), (lever, [2], values[1], "b")]
    for order in (pushes, pushes[::-1]):
        assert months(relations(), order, 1).of(lever, "c")[2] == pytest.approx(joined, rel=1e-6)
    assert months(relations(), pushes, 1).of(lever, "a")[2] == pytest.approx(values[1])


@pytest.mark.parametrize("lever, value, said", [("take_up", 4, "outside 0.3 to 3"), ("readiness", -0.1, "outside 0 to 1"),
                                                ("take_upp", 1, "did you mean 'take_up'")])
def test_what_cannot_be_pushed_is_refused(lever, value, said):
    with pytest.raises(NbhdsimError, match=said):
        relations().push(lever, np.array([0]), value, key="a")


def test_readiness_adds_up_and_stays_within_0_and_1():
    state = months(relations(), [("readiness", [0, 1], 0.3, "a"), ("readiness", [1], 0.4, "b")], 1)
    assert state.readiness.tolist() == pytest.approx([0.8, 1.0, 0.5, 0.5])


@pytest.mark.parametrize("gain, at_full", [(0.0, None), (0.5, 1.25), (-0.4, 0.8)])
def test_readiness_welcomes_by_its_gain_and_at_rest_by_nothing(gain, at_full):
    """The range of the gain is that of the suggested prior: 0.8 to 1.25 at full maturity, 1 at its centre."""
    state = months(relations(**{"readiness.gain": gain}), [("readiness", [2], 0.5, "a")], 1)
    if at_full is None:
        assert state.welcome() is None
    else:
        assert state.welcome().tolist() == pytest.approx([1, 1, at_full, 1])


@pytest.mark.parametrize("s", [0.1, 0.3, 0.8])
def test_readiness_spreads_through_a_network_as_the_closed_form_says(s):
    """Of two linked places, one pushed by g: x = s g / (1 - s^2) in the other, s of that in the first."""
    g = 0.1
    state = months(relations(), [("readiness", [0], g, "a"), ("network", [0, 1], s, "n")], 400)
    other = s * g / (1 - s * s)
    assert state.readiness.tolist() == pytest.approx([0.5 + g + s * other, 0.5 + other, 0.5, 0.5], abs=1e-5)


def test_a_network_of_one_or_without_anything_to_pass_on_changes_nothing():
    assert (months(relations(), [("network", [0], 0.5, "n")], 9).readiness == 0.5).all()
    assert (months(relations(), [("network", [0, 1, 2], 0.5, "n")], 9).readiness == 0.5).all()


def test_spread_fades_when_the_network_stops():
    state = months(relations(), [("readiness", [0], 0.4, "a"), ("network", [0, 1], 0.3, "n")], 100)
    before = state.spread.copy()
    months(state, [("readiness", [0], 0.4, "a")], 1)         # the last push of the network is still read
    months(state, [("readiness", [0], 0.4, "a")], 5)
    assert state.spread[1] == pytest.approx(before[1] * 0.75 ** 6, rel=0.05)


def test_strain_tires_only_where_there_is_an_exit():
    pushes = [("strain", [1], 0.3, "a"), ("strain", [1], 0.9, "b")]
    assert months(relations(), pushes, 1).strain().tolist() == [0, 1, 0, 0, 0, 0]
    assert months(relations(**{"strain.exit": 0.0}), pushes, 1).strain() is None


def test_sizes_of_what_is_read():
    for lever in RELATIONS:
        state = months(relations(), [(lever, [0], RELATIONS[lever].high, "a")], 1)
        assert state.of(lever, "b").size == (P if lever in OF_PLACES else N)


def test_what_was_pushed_for_a_person_goes_with_them():
    """A newcomer is handed over by nobody; what is pushed of a place is for whoever lives there."""
    state = relations()
    for name, value in (("handover", 0.2), ("strain", 0.5), ("digital_barrier", 0.5), ("take_up", 1.5)):
        state.push(name, np.array([1, 3]), value, key="a")
    state.turn()
    state.leave(np.array([3, 4]))
    assert state.of("handover", "b")[[1, 3]] == pytest.approx([0.2, 0]) and state.strain()[[1, 3]] == pytest.approx([0.5, 0])
    assert state.of("digital_barrier", "b")[[1, 3]].tolist() == [0.5, 1] and state.of("take_up", "b")[3] == 1.5
