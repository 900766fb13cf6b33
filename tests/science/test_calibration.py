"""The engine, at its central values, shows the patterns it was calibrated to (docs/calibration.md)."""
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from nbhdsim import evidence

sys.path.insert(0, str(Path(__file__).parents[2] / "calibration"))
import admissions as calibration
import cohort
import neighbourhoods

slow = pytest.mark.slow
SEED = 11               # people and luck that no fit has seen
QUANTITIES = evidence.load_baseline()[0]
SHIPPED = evidence.BASELINE
FITTED = [QUANTITIES[f"baseline.admission.{name}"] for name in calibration.NAMES]
CENTRAL = np.array([q.value for q in FITTED])
ROWS = np.array([q.rows for q in FITTED]).T


@pytest.fixture(scope="module")
def people():
    return calibration.followed(cohort.people(calibration.MANY, seed=SEED), SEED)


@slow
def test_central_values_meet_the_three_targets_among_other_people(people):
    found = calibration.told(people, CENTRAL, replicate=SEED)
    assert calibration.fits(found), found


@slow
@pytest.mark.parametrize("row", range(0, len(ROWS), 6))
def test_rows_of_the_ridge_meet_them_within_monte_carlo_error(people, row):
    found = calibration.told(people, ROWS[row], replicate=SEED)
    assert calibration.fits(found, 3 * calibration.NOISE), found         # three, for 24 shares are looked at


@slow
def test_what_passes_makes_the_fall_to_the_next_year(people):
    """With lasting differences alone, fitted to the index year, the same people would keep too many of the later admissions."""
    found = calibration.told(people, np.array([0, 0.5, 0.94, 0, 0.5]), replicate=SEED)
    assert found[1] > calibration.HIGH[1] + 0.03 and found[2] > 2 * calibration.HIGH[2], found


def test_central_values_are_not_at_an_end_of_the_ridge():
    low, high = np.quantile(ROWS, (0.2, 0.8), axis=0)
    assert (low < CENTRAL).all() and (CENTRAL < high).all()


def test_rows_are_many_inside_the_box_and_rounded():
    assert 30 <= len(ROWS) <= 60 and len(np.unique(ROWS, axis=0)) == len(ROWS)
    assert (calibration.BOX[:, 0] <= ROWS).all() and (calibration.BOX[:, 1] >= ROWS).all()
    assert (np.round(ROWS, 3) == ROWS).all()


def test_deaths_of_the_cohort_are_those_of_the_table():
    """Yearly deaths of women of 75 to 79 in the middle quintile: 27.06 per 1,000, whatever the mix of frailty."""
    n = 200_000
    age, rng = np.full(n, 75.0), np.random.default_rng(0)
    mix = cohort.central()[2].frailty_mix
    dies = cohort.deaths(age, np.zeros(n, int), np.full(n, 2), rank=rng.random(n), mix=mix, rng=rng)
    assert abs((dies < 12).mean() - 0.0267) < 0.0015


def test_cohort_has_the_shares_of_england():
    of = cohort.people(50_000)
    _, tables, packed = cohort.central()
    old = tables["baseline.population.age"].scaled({})[5:]
    assert np.allclose(np.bincount(of.quintile) / of.age.size, old.sum(0) / old.sum(), atol=0.001)
    assert np.isclose((of.age >= 85).mean(), old[2].sum() / old.sum(), atol=0.001)
    oldest = of.frailty[of.age >= 85]
    assert np.allclose(np.bincount(oldest) / oldest.size, packed.frailty_mix[7], atol=0.01)


@pytest.fixture(scope="module")
def county():
    return neighbourhoods.county(replicate=SEED)


@slow
def test_spread_between_neighbourhoods(county):
    """Scottish data zones: SD 34% of the mean; those hold 778 people, and their ratio is over some four years."""
    assert 0.28 < neighbourhoods.spread(county) < 0.38


@slow
def test_what_persists_of_a_year_s_excess(county):
    """0.82 (0.72 to 0.90) of a neighbourhood's excess over the county is still there a year later."""
    assert 0.72 < neighbourhoods.kept(county, county.by_age) < 0.90


@slow
def test_ordinary_change_of_fourteen_neighbourhoods(county):
    """With nothing done the yearly count of 14 neighbourhoods varies by some four times its mean; it changes by an SD near 150."""
    _, ratio, change = neighbourhoods.ordinary(county)
    assert 3 < ratio < 5.5 and 120 < change < 190


def test_rewriting_the_rows_leaves_the_rest_of_the_catalogue(tmp_path, monkeypatch):
    copy = tmp_path / "baseline.yaml"
    copy.write_text(SHIPPED.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(evidence, "BASELINE", copy)
    calibration.write(ROWS[:3])
    row = r"      - \[(?:\d\.\d{3}(?:, )?){5}\]\n?"
    texts = [file.read_text(encoding="utf-8") for file in (SHIPPED, copy)]
    assert re.sub(row, "", texts[0]) == re.sub(row, "", texts[1])
    assert [len(re.findall(row, text)) for text in texts] == [len(ROWS), 3]
