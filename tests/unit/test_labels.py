"""Addresses, values and questions in words."""
import pytest

from nbhdsim.evidence import load_baseline
from nbhdsim.experiment.factors import Factor
from nbhdsim.report import labels


@pytest.mark.parametrize("address, words", [
    ("interventions.wellbeing_hub.reach", "wellbeing hub: reach"),
    ("baseline.spill_over.strength", "spill-over: strength"),
    ("interventions.youth_hub.effects.admission_rr", "youth hub: effect on admissions"),
    ("interventions.team.effects.admission_rr.area.at12", "team: effect on admissions, whole area, month 12"),
    ("interventions.youth_hub.cost.set_up", "youth hub: set-up cost"),
    ("scenario.interventions.wellbeing_hub.sites", "wellbeing hub: sites"),
    ("seed", "luck (the seed)"), ("my group", "my group"), ("months", "months"),
])
def test_an_address_in_words(address, words):
    assert labels.short(address) == words


def test_numbers_of_the_baseline_keep_apart():
    addresses = list(load_baseline()[0])
    found = labels.shorts([*addresses, "interventions.network.degree"])
    assert len(set(found.values())) == len(addresses) + 1
    assert found["interventions.network.degree"] == "interventions.network.degree"      # like baseline.network.degree in words


@pytest.mark.parametrize("value, words", [(0.00042, "0.00042"), (1234.5, "1,230"), (-0.05, "\N{MINUS SIGN}0.05"), (0, "0"),
                                          (100, "100"), (float("nan"), "not known")])
def test_a_number_in_three_figures(value, words):
    assert labels.digits(value) == words


def test_a_range_has_the_figures_of_its_width():
    assert labels.ranged(0.00874, 0.00556, 0.0118) == "0.0087 (0.0056 to 0.0118)"
    assert labels.ranged(0.000909, 0.000909, 0.000909) == "0.000909"


def test_a_range_of_what_is_not_known_says_so():
    """A point of a sweep without a run that worked."""
    assert labels.between(0.0, float("nan")) == "0 to not known"


def test_what_a_listed_value_is_called():
    assert labels.worth(Factor(address="x", values=(False, True)), 1.0) == "on"
    assert labels.worth(Factor(address="x", values=("need", "random")), 1.0) == "random"
    assert labels.worth(Factor(address="x", values=(0.05, 0.15)), 0.15) == "0.15"
