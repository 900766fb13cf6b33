"""What is printed of a study: no NaN, nothing said of what cannot be told."""
import re
from pathlib import Path

import pytest

from nbhdsim.experiment import study
from nbhdsim.report import studies

REACH = "interventions.wellbeing_hub.reach"


@pytest.fixture
def printed(write, tmp_path: Path):
    """Carries out an experiment on two towns of 200 residents; returns what is printed."""
    def written(method: str, more: str = "", vary: str = f"{{{REACH}: quantity}}") -> str:
        found = write(method, vary=vary, more=f"outcomes: [{{name: life_satisfaction}}, {{name: child_referrals}}]\n{more}")
        return studies.finish(found, study.perform(found, study.How(out=tmp_path / "runs", jobs=1)))
    return written


def test_what_is_the_same_in_every_run_and_what_is_not_known_have_no_nan(printed) -> None:
    """One replicate: chance is not known; nobody is referred: one line."""
    text = printed("{kind: uncertainty, draws: 8}", "replicates: 1")
    assert "nan" not in text and "the same in every run (0)" in text
    assert "one replicate cannot" not in text


def test_steps_of_morris_are_in_the_unit_of_the_answer(printed) -> None:
    """A small change is not shown as 0.00."""
    text = printed("{kind: morris, n: 4}")
    assert "0.00 " not in text and "e-" not in text and f"{REACH}  " in text
    assert "life_satisfaction (points of 10, against 'nothing'): what moves it" in text


def test_numbers_are_written_without_powers_of_ten() -> None:
    """Large ones and small ones, with the minus sign of a keyboard."""
    row = {"index": "mu_star", "value": 166.2, "low": 126.0, "high": 205.4}
    assert studies._index(row) == "166 (126 to 205)"
    assert studies._number(-2.187e-05, 2.5e-06) == "-0.0000219 (0.0000025)" and studies._value(1234.5) == "1,230"


def test_what_failed_is_said_and_the_rest_is_told(printed) -> None:
    """A strength of 0.9 cannot be run: the sweep says so, and what is nowhere so is no error."""
    text = printed("{kind: sweep}", "replicates: 1", "{baseline.spill_over.strength: {values: [0, 0.9]}}")
    assert "(1 points without a run that worked)" in text
    text = printed("{kind: discover, n: 100, when: {outcome: life_satisfaction, above: 9}}")
    assert "in none of 100 runs" in text
    strength = "{law: uniform, low: 0, high: 0.9, bound: true, why: x}"
    text = printed("{kind: discover, n: 100, when: {outcome: life_satisfaction, above: 0.001}}",
                   vary=f"{{baseline.spill_over.strength: {strength}}}")
    assert "points with a value are too few to find a box in" in text


def test_a_sweep_of_one_number_at_a_time_names_them_and_says_what_does_nothing(printed) -> None:
    """A row has the number that is moved and its value; readiness that nobody raises changes nothing; no ranking flips."""
    text = printed("{kind: sweep, design: one_at_a_time}", "replicates: 2",
                   f"{{{REACH}: {{values: [0.1, 0.3]}}, baseline.readiness.gain: {{values: [-0.4, 0.5]}}}}")
    assert "child_referrals (a year, against 'nothing'): hub" in text
    assert re.search(rf"^  {REACH} +0.3 +0.\d+ \(", text, re.M)
    assert "Changes nothing in these scenarios: baseline.readiness.gain" in text
    assert "life_satisfaction: hub against nothing: " in text
