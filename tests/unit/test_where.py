"""Choosing neighbourhoods: filters, rankings, fair orders, and sites spread over them."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbhdsim import areas
from nbhdsim.scenario import Where, where


@pytest.fixture(scope="module")
def county():
    """The map of Worcestershire."""
    return where.map_of(areas.load("worcestershire"))


def test_all_is_every_neighbourhood(county):
    assert where.filtered(Where(), county).size == 364


def test_filters_all_apply(county):
    rows = where.filtered(Where(district=("redditch", "wyre-forest"), quintile=(1,)), county)
    assert {county.district[i] for i in rows} == {"redditch", "wyre-forest"}
    assert set(county.quintile[rows]) == {1}
    both = (np.isin(county.district, ("redditch", "wyre-forest"))) & (county.quintile == 1)
    assert rows.tolist() == np.flatnonzero(both).tolist()


def test_names_are_neighbourhoods_districts_or_networks(county):
    rows = where.filtered(Where(names=("wyre-forest-pcn-1",)), county)
    assert county.residents[rows].sum() == 73_000
    one = where.filtered(Where(names=("redditch-003", "malvern-hills")), county)
    assert {county.name[i] for i in one} > {"redditch-003"} and len(one) == 46


def test_same_as_keeps_the_other_lines_neighbourhoods(county):
    assert where.filtered(Where(quintile=(1, 2)), county, within=np.array([], int)).size == 0


def test_top_is_by_admissions_per_resident_with_ties_by_number(county):
    rows = np.arange(364)
    counts = np.where(rows < 10, county.residents, 0)            # one a resident in the first ten, none elsewhere
    counts[5] *= 2
    first = where.ranked(Where(top=3), rows, county, admissions=counts)
    assert first[:11].tolist() == [5, 0, 1, 2, 3, 4, 6, 7, 8, 9, 10]


def test_need_is_quintile_then_admissions_and_deprivation_quintile_then_number(county):
    rows, counts = np.arange(364), np.random.default_rng(1).poisson(150, 364)
    need = where.ranked(Where(top=9, by="need"), rows, county, admissions=counts)
    assert np.all(np.diff(county.quintile[need].astype(int)) >= 0)
    poorest = need[county.quintile[need] == 1]
    assert np.all(np.diff(counts[poorest] / county.residents[poorest]) <= 0)
    deprived = where.ranked(Where(top=9, by="deprivation"), rows, county, admissions=counts)
    assert deprived.tolist() == sorted(rows, key=lambda i: (county.quintile[i], i))


def test_a_random_order_depends_on_line_seed_and_replicate_alone():
    rows = np.arange(50)
    first = where.shuffled("grants", rows, seed=1, replicate=0)
    assert sorted(first) == rows.tolist()
    assert first.tolist() == where.shuffled("grants", rows, seed=1, replicate=0).tolist()
    for other in (dict(seed=2, replicate=0), dict(seed=1, replicate=1)):
        assert first.tolist() != where.shuffled("grants", rows, **other).tolist()
    fewer = where.shuffled("grants", rows[:40], seed=1, replicate=0)
    assert fewer.tolist() == [i for i in first if i < 40]      # a neighbourhood more moves no other's luck


def test_sites_go_one_to_each_in_order_before_anyone_has_two():
    most = np.array([np.inf, 2, 0, np.inf])
    assert where.spread(2, np.array([3, 1, 0, 2]), most).tolist() == [0, 1, 0, 1]
    assert where.spread(7, np.array([3, 1, 0, 2]), most).tolist() == [2, 2, 0, 3]
    assert where.spread(9, np.array([1]), most).tolist() == [0, 2, 0, 0]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 5000), st.lists(st.integers(0, 7), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_a_spread_is_whole_even_and_complete(sites, most, random):
    order = list(range(len(most)))
    random.shuffle(order)
    out = where.spread(sites, np.array(order), np.array(most, float))
    assert out.sum() == min(sites, sum(most))
    assert np.all(out <= most) and np.all(out == np.floor(out))
    for i in order:                 # nobody with room is two behind anyone
        assert out[i] == most[i] or out[i] >= out.max() - 1
