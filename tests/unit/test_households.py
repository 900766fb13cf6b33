"""Households: everyone in one, nobody in two, children with adults, six at most."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbhdsim.population import households


def homes(years, number, alone=0.3):
    months = np.sort(np.array(years, np.int64) * 12)[::-1]
    u = ((np.arange(months.size) * 0.618 + 0.3) % 1).astype(np.float32)
    v = ((np.arange(months.size) * 0.414 + 0.1) % 1).astype(np.float32)
    return months, households.assign(months, u, v, households=number, alone=alone, alone_old=0.5)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.integers(0, 104), min_size=1, max_size=60), st.integers(1, 60), st.floats(0, 1))
def test_any_neighbourhood_has_households(years, number, alone):
    months, home = homes(years, number, alone)
    size = np.bincount(home)
    adults = np.bincount(home, months >= households.ADULT)
    assert size.min() >= 1 and size.max() <= 6 and size.sum() == months.size
    if (months >= households.ADULT).sum() >= size.size:
        assert adults.min() >= 1


def test_numbers_and_shares_are_met_in_an_ordinary_neighbourhood():
    years = np.repeat(np.arange(90), 19)
    months, home = homes(years, 730)
    size = np.bincount(home)
    assert size.size == 730 and (size == 1).sum() == 219
    old = months >= households.OLD
    assert (size[home[old]] == 1).sum() == pytest.approx(219 / 2, abs=1)
    assert size[home[old]].mean() < size[home[months < households.ADULT]].mean() - 1


def test_parents_are_of_an_age_to_be_parents():
    months, home = homes(np.repeat(np.arange(90), 19), 730)
    oldest = np.zeros(home.max() + 1)
    np.maximum.at(oldest, home, months)
    gap = (oldest[home] - months)[months < households.ADULT] / 12
    assert np.quantile(gap, 0.02) > 18 and np.quantile(gap, 0.98) < 48


def test_larger_sizes_have_the_mean_asked_for():
    for mean in (2.05, 2.9, 4.0, 5.9):
        assert np.dot(households.larger_sizes(mean), [2, 3, 4, 5, 6]) == pytest.approx(mean, abs=1e-3)
