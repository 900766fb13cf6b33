"""Whole numbers that add up."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbhdsim.areas.apportion import fit_table, groups, largest_remainder, round_table, runs


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30), st.integers(0, 100_000))
def test_largest_remainder_adds_up_and_stays_within_one(weights, total):
    whole = largest_remainder(weights, total)
    assert whole.sum() == total and (whole >= 0).all()
    if sum(weights) > 0:
        assert np.abs(whole - np.array(weights) / sum(weights) * total).max() <= 1 + 1e-6


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_tables_meet_both_margins_exactly(data):
    row = np.array(data.draw(st.lists(st.integers(0, 3000), min_size=1, max_size=12)))
    k = data.draw(st.integers(1, 11))
    column = largest_remainder(data.draw(st.lists(st.floats(0.1, 20), min_size=k, max_size=k)), int(row.sum()))
    start = np.array(data.draw(st.lists(st.lists(st.floats(0.1, 20), min_size=k, max_size=k),
                                        min_size=row.size, max_size=row.size)))
    whole = round_table(fit_table(start, row, column), row, column)
    assert (whole >= 0).all() and (whole.sum(axis=1) == row).all() and (whole.sum(axis=0) == column).all()


def test_fitting_keeps_the_odds_ratios_of_the_pattern():
    table = fit_table([[1, 2], [3, 4]], [40, 60], [30, 70])
    assert table.sum(axis=0) == pytest.approx([30, 70]) and table.sum(axis=1) == pytest.approx([40, 60])
    assert table[0, 0] * table[1, 1] / (table[0, 1] * table[1, 0]) == pytest.approx(4 / 6, rel=1e-4)


def test_runs_are_consecutive_and_weigh_alike():
    run = runs(np.full(100, 17), 4)
    assert (np.diff(run) >= 0).all() and np.bincount(run).tolist() == [25, 25, 25, 25]


def test_groups_stand_in_order_of_first_appearance():
    assert [group.tolist() for group in groups(["b", "a", "b", "c", "a"])] == [[0, 2], [1, 4], [3]]
