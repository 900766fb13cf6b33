"""Built-in areas: which there are, how a town is sized, what is refused."""
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nbhdsim import areas
from nbhdsim.areas import layout
from nbhdsim.errors import NbhdsimError


def test_the_areas_there_are():
    assert areas.names() == ("teaching-town", "westminster-kensington", "wirral", "worcestershire")


@pytest.mark.parametrize("name", areas.names())
def test_every_area_adds_up(name):
    area = areas.load(name)
    assert (area.ages.sum(axis=1) == area.residents).all() and (area.ages >= 0).all()
    assert sorted(area.path) == list(range(area.residents.size)) and len(set(area.place)) == len(area.place)
    assert (area.households >= 1).all() and set(np.unique(area.quintile)) <= {1, 2, 3, 4, 5}


def test_an_unknown_area_brings_the_nearest_word():
    with pytest.raises(NbhdsimError, match="did you mean 'worcestershire'"):
        areas.load("worcestershir")


@settings(deadline=None, max_examples=60)
@given(st.one_of(st.integers(200, 2000), st.integers(200, 1_000_000)))
@example(3000)
def test_a_town_has_neighbourhoods_of_300_to_1700(residents):
    size = areas.load("teaching-town", residents=residents).residents
    assert size.sum() == residents and size.max() <= 1700
    assert size.min() >= min(300, residents)


@pytest.mark.parametrize("name, residents", [("teaching-town", 199), ("teaching-town", 1_000_001), ("wirral", 5000)])
def test_sizes_an_area_cannot_have(name, residents):
    with pytest.raises(NbhdsimError, match="area.residents"):
        areas.load(name, residents=residents)


def test_neighbours_on_the_path_are_near_on_the_map():
    x, y = layout.positions(65, (0, 1))
    steps = np.hypot(np.diff(x), np.diff(y))
    assert steps.max() < 2 * layout.CELL and y.min() >= layout.SQUARE and x.max() < layout.SQUARE


def test_poor_neighbourhoods_lie_together():
    area = areas.load("worcestershire")
    mine = np.array(area.district) == "wyre-forest"
    x, y, quintile = area.x[mine], area.y[mine], area.quintile[mine].astype(int)
    distance = np.hypot(x[:, None] - x, y[:, None] - y) + np.diag(np.full(x.size, np.inf))
    nearest = quintile[distance.argmin(axis=1)]
    assert np.corrcoef(quintile, nearest)[0, 1] > 0.3


def test_a_network_of_a_stated_size_keeps_quintile_totals():
    size = np.array([1500, 1700, 1400, 1600, 1800, 1300])
    quintile = np.array([1, 2, 1, 1, 2, 2], np.uint8)
    changed, k = layout.first_run(size, quintile, 4800)
    assert changed[:k].sum() == 4800 and changed.sum() == size.sum()
    assert [changed[quintile == q].sum() for q in (1, 2)] == [size[quintile == q].sum() for q in (1, 2)]
