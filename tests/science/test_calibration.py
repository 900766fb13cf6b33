"""The engine, at its central values, shows the patterns it was calibrated to (docs/calibration.md)."""
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nbhdsim import evidence, population, rates
from nbhdsim.residents import age_at, band_of
from nbhdsim.scenario import AreaSpec, Scenario
from nbhdsim.simulation import Simulation

sys.path.insert(0, str(Path(__file__).parents[2] / "calibration"))
import admissions as calibration

pytestmark = pytest.mark.slow


def county(scale: float, years: int, replicate: int = 0):
    """World and yearly emergency admissions [residents, years] of Worcestershire with nothing funded and no trend."""
    quantities, tables = evidence.load_baseline()
    changed = {"baseline.admission.rate.scale": scale, "baseline.admission.trend": 0.0}
    quantities = {a: replace(q, value=changed.get(a, q.value)) for a, q in quantities.items()}
    scenario = Scenario(name="x", file="", area=AreaSpec(name="worcestershire"), start=(2026, 4), months=12 * years, history=12,
                        seed=1, stance="controlled", lines={}, quantities=quantities, tables=tables)
    world = population.build(scenario)
    sim = Simulation(world, scenario, replicate=replicate)
    counts = np.zeros((world.script.id.size, years), np.int64)
    while sim.month < 12 * years:
        month = sim.month
        sim.step()
        if month >= 0:
            counts[:, month // 12] += sim._state.admitted
    return world, counts


@pytest.fixture(scope="module")
def older():
    """Shares of admissions at 65 and over of those with two or more in the index year, at 1997/98 rates."""
    world, counts = county(calibration.LEVEL_1997, calibration.YEARS)
    age = age_at(world.script).astype(float)
    old = age >= 65
    quintile = world.places.quintile[world.script.place][old].astype(int) - 1
    dies = calibration.deaths(np.minimum(age[old], 94), world.script.sex[old], quintile, np.random.default_rng(0))
    counts = counts[old]
    repeat = counts[:, 0] >= 2
    later = calibration.alive_counts(counts, dies, repeat)
    return np.array([counts[repeat, 0].sum(), later[1], later[5]]) / (counts.sum() / calibration.YEARS)


@pytest.mark.parametrize("k", range(3), ids=["index year", "next year", "five years on"])
def test_people_with_two_or_more_admissions(older, k):
    assert abs(older[k] - calibration.TARGET[k]) < calibration.TOLERANCE[k], older


@pytest.fixture(scope="module")
def places():
    """Yearly admissions [neighbourhoods, 8] and what age alone would lead one to expect, at today's rates."""
    world, counts = county(1.0, 8, replicate=1)
    place = world.script.place.astype(int)
    quantities, tables = evidence.load_baseline()
    rate = rates.pack(evidence.draw_values(quantities, seed=1, draw=0), tables).admission.mean(1)
    expected = np.bincount(place, rate[band_of(age_at(world.script))])
    return np.stack([np.bincount(place, counts[:, year]) for year in range(8)], 1), expected


def test_spread_between_neighbourhoods(places):
    """Scottish data zones: SD 34% of the mean; those hold 778 people, and their ratio is over some four years."""
    yearly, expected = places
    ratio = yearly[:, :4].sum(1) / expected
    assert 0.28 < ratio.std() / ratio.mean() < 0.38


def test_what_persists_of_a_year_s_excess(places):
    """0.82 (0.72 to 0.90) of a neighbourhood's excess over the county is still there a year later."""
    yearly, expected = places
    excess = yearly / expected[:, None] - (yearly / expected[:, None]).mean(0)
    kept = [(excess[:, y] * excess[:, y + 1]).sum() / (excess[:, y] ** 2).sum() for y in range(7)]
    assert 0.72 < np.mean(kept) < 0.90


def test_ordinary_change_of_fourteen_neighbourhoods(places):
    """Year to year the count of 14 neighbourhoods changes by an SD of about 160, with nothing done."""
    yearly, _ = places
    changes = np.diff(yearly[:350].reshape(25, 14, 8).sum(1), axis=1)
    assert 120 < changes.std() < 200
