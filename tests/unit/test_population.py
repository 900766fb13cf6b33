"""Residents and their settings: order of rows, ages, shares, the network against its targets."""
import numpy as np
import pytest

from nbhdsim import areas, places
from nbhdsim.population import BEFORE, network
from nbhdsim.residents import STAYS, age_at, band_of


def test_rows_stand_by_place_then_oldest_first(town):
    script, start = town.script, town.places.start
    assert (np.diff(script.place.astype(int)) >= 0).all() and start[-1] == script.id.size
    assert (np.diff(script.id.astype(np.int64)) > 0).all() and (script.id >> 16 == script.place).all()
    for p in range(start.size - 1):
        assert (np.diff(script.birth_month[start[p]:start[p + 1]].astype(int)) >= 0).all()


def test_everyone_is_there_and_stays(town):
    assert (town.script.arrives == BEFORE).all() and (town.script.leaves == STAYS).all()


def test_arrays_cannot_be_written(town):
    for column in (*town.script[:-1], *town.ties, town.places.quintile):
        with pytest.raises(ValueError, match="read-only"):
            column[...] = 0


def test_traits_are_independent_standard_normals(county):
    born = county.script.born
    assert born.shape == (7, county.script.id.size)
    assert np.abs(born.mean(axis=1)).max() < 0.005 and np.abs(born.std(axis=1) - 1).max() < 0.005
    assert np.abs(np.corrcoef(born) - np.eye(7)).max() < 0.006


def test_shares_by_group(county):
    script = county.script
    quintile, band = county.places.quintile[script.place], band_of(age_at(script))
    for q, share in enumerate((0.215, 0.185, 0.171, 0.159, 0.142), 1):
        assert script.disabled[quintile == q].mean() == pytest.approx(share, abs=0.005)
    assert (script.frailty[band < 4] == 0).all()
    assert np.bincount(script.frailty[band == 7], minlength=4) / (band == 7).sum() == pytest.approx(
        [.25, .4, .25, .1], abs=0.015)
    assert script.sex.mean() == pytest.approx(0.5, abs=0.003)


def test_the_very_old_thin_out_with_age(county):
    age = age_at(county.script)
    counts = np.bincount(age, minlength=105)[85:]
    assert age.max() == 104 and (counts[1:15] / counts[:14]).mean() == pytest.approx(0.856, abs=0.02)


def test_schools_have_about_300_pupils_of_school_age_from_near_by(county):
    script, where = county.script, county.places
    pupil = script.school >= 0
    age = age_at(county.script)
    assert (pupil == ((age >= 4) & (age <= 16))).all()
    size = np.bincount(script.school[pupil])
    assert size.min() > 280 and size.max() < 320 and size.size == len(where.school_name) == where.school_place.size
    home, school = script.place[pupil], where.school_place[script.school[pupil]]
    assert np.quantile(np.hypot(where.x[home] - where.x[school], where.y[home] - where.y[school]), 0.99) < 5
    assert (np.array(where.district)[home] == np.array(where.district)[school]).all()


def test_practices_lie_inside_networks(county):
    script, where = county.script, county.places
    assert (where.practice[script.place] == script.practice).all()      # neutral: nobody is registered elsewhere
    for practice in range(where.practice_place.size):
        served = where.practice == practice
        assert served[where.practice_place[practice]] and len(set(where.pcn[served])) == 1
    size = np.bincount(script.practice)
    assert size.min() > 6000 and size.max() < 14_000


def test_households_are_the_censuss(county):
    size = np.bincount(county.script.household)
    assert size.size == 259_934 and size.max() == 6 and (size == 1).mean() == pytest.approx(0.3, abs=0.001)
    place = np.zeros(size.size, int)
    place[county.script.household] = county.script.place
    assert (place[county.script.household] == county.script.place).all()
    adults = np.bincount(county.script.household, age_at(county.script) >= 18)
    assert adults.min() >= 1


def test_ties_are_symmetric_sorted_and_single(town):
    ties = town.ties
    first = places.owners(ties).astype(np.int64)
    pairs = first << 32 | ties.other
    assert (np.diff(pairs) > 0).all() and (first != ties.other).all()
    back = np.argsort(ties.other.astype(np.int64) << 32 | first)
    assert (pairs == (ties.other.astype(np.int64) << 32 | first)[back]).all() and (ties.layer == ties.layer[back]).all()


def test_households_are_complete_and_layers_are_what_they_say(town):
    ties, script = town.ties, town.script
    first = places.owners(ties)
    same_home = script.household[first] == script.household[ties.other]
    assert (same_home == (ties.layer == 0)).all()
    size = np.bincount(script.household)
    assert same_home.sum() == (size * (size - 1)).sum()
    near = ties.layer == 2
    assert (script.place[first[near]] == script.place[ties.other[near]]).all()


@pytest.mark.parametrize("wanted", [{}, {"degree": 12.0}, {"clustering": 0.45}, {"local_share": 0.5},
                                    {"age_correlation": 0.35}, {"degree_sd": 4.0}])
def test_the_network_meets_its_targets(build_world, wanted):
    world = build_world(areas.load("teaching-town", residents=20_000), **wanted)
    target = {"degree": 8, "degree_sd": 6, "clustering": 0.3, "local_share": 0.35, "age_correlation": 0.5} | wanted
    from nbhdsim.network_export import network_table
    value = {row.what: row.value for row in network_table(world, {})}
    assert value["ties outside the household, mean"] == pytest.approx(target["degree"], rel=0.03)
    if "degree" not in wanted:
        assert value["ties outside the household, SD"] == pytest.approx(target["degree_sd"], rel=0.15)
    assert value["clustering, mean of residents"] == pytest.approx(target["clustering"], abs=0.04)
    assert value["adults' ties in their neighbourhood, share"] == pytest.approx(target["local_share"], abs=0.03)
    assert value["correlation of adults' ages"] == pytest.approx(target["age_correlation"], abs=0.04)


def test_degree_is_right_skewed(county):
    degree = places.degree(county.ties, lowest_layer=1)
    centred = degree - degree.mean()
    assert (centred ** 3).mean() / degree.std() ** 3 > 1 and degree.max() < 120


def test_ties_per_place_is_the_mean_of_the_sizes_drawn():
    u = (np.arange(100_000) + 0.5) / 100_000
    for top in (2.0, 3.5, 5.0, 8.25):
        size = 2 + (u * (top - 1)).astype(int)
        assert network.ties_per_place(top) == pytest.approx((size * (size - 1)).sum() / size.sum(), rel=1e-4)
