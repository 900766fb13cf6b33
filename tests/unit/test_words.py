"""Numbers and sentences: rounding, and no claim beyond the interval."""

import math

import pytest

from nbhdsim.comparison import SHOWN
from nbhdsim.outcomes import ALL_AGES, OUTCOMES
from nbhdsim.report import words


def row(value, chance, both, outcome="emergency_admissions", **more):
    """A comparison row with symmetric half-widths; NaN is no range."""
    ends = {f"{k}_{e}": value + s * w for k, w in (("chance", chance), ("all", both)) for e, s in (("low", -1), ("high", 1))}
    widest = chance if math.isnan(both) else both
    return {"outcome": outcome, "value": value, **ends, "error": math.nan,
            "covers_zero": not abs(value) > widest, "sign_unknown": False,
            "replicates": 6, "draws": 18, "why": "", **more}


@pytest.mark.parametrize("value, step, text", [(-1234.4, 1, "-1,234"), (0.0523, 0.001, "+0.052"), (-0.4, 1, "0"),
                                               (119, 10, "+120"), (0.0, 0, "0"), (math.nan, 1, "not known")])
def test_numbers_are_shown_to_their_step(value, step, text):
    assert words.show(value, step) == text


def test_a_number_is_rounded_like_its_interval():
    assert words.central(row(-118.8, 8, 91)) == "-119"
    assert words.interval(row(-118.8, 8, 91), "all") == "-210 to -28"
    assert words.central(row(-1188.0, 80, 910)) == "-1,190"


def test_without_a_range_four_figures_are_shown():
    nothing = row(461325.0, math.nan, math.nan, draws=0, replicates=1)
    assert words.central(nothing) == "+461,300" and words.interval(nothing, "all") == "too few futures"


def test_the_two_verdicts_are_worded_apart():
    """A range that covers 0 is about the evidence, an unknown sign of the mean about the number of futures."""
    wide, unsure = row(-180.0, 15, 300), row(-7, 9, 26, sign_unknown=True)
    said = words.direction(wide)
    assert said == ("180 fewer emergency admissions a year in the mean, but the evidence does not show the direction: 90% range "
                    "-480 to +120 a year")
    said = words.sentence("hubs", unsure, None)
    assert "no clear change in emergency admissions, 90% range -33 to +19 a year" in said and "fewer" not in said
    assert "too few to tell the sign of the mean" in said and "evidence" not in said


def test_a_clear_change_gives_its_range_first():
    said = words.sentence("hubs", row(-118.8, 8, 91), {"places": 14, "sd": 120.0})
    assert said.startswith("hubs: 28 to 210 fewer emergency admissions a year")
    assert "hardly" in said and "In the 14 places" in said
    assert "In the 1 place it" in words.sentence("hubs", row(-118.8, 8, 91), {"places": 1, "sd": 120.0})


def test_an_end_that_rounds_to_nothing_is_not_said_as_0():
    assert words.direction(row(-0.44, 0.42, math.nan)) == "up to 0.9 fewer emergency admissions a year"
    assert words.direction(row(-0.02, 0.01, math.nan)) == "hardly any change in emergency admissions"


def test_what_no_evidence_was_put_in_for_is_no_finding():
    blank = row(math.nan, math.nan, math.nan, why="not modelled (no evidence put in)", covers_zero=None)
    said = words.sentence("hubs", blank, {"places": 14, "sd": 120.0})
    assert said == "hubs: emergency admissions: not modelled (no evidence put in)."


def test_one_future_is_told_as_one_future():
    said = words.sentence("hubs", row(-118.8, math.nan, math.nan, replicates=1, draws=0), None)
    assert said == "hubs: 118.8 fewer emergency admissions a year in this one future."
    assert words.futures(1, 0).startswith("One simulated future") and "one option wins" not in words.futures(1, 0)
    assert words.mean_of(1, 0) == "in this one future"


def test_few_futures_have_a_mean_and_no_range():
    few = row(-118.8, math.nan, math.nan, replicates=2, draws=3)
    assert "in the mean of 3 futures, too few for a range" in words.direction(few)
    assert "needs 5 with central numbers" in words.futures(2, 3) and "needs 8 with sampled numbers" in words.futures(2, 3)
    assert words.mean_of(2, 3) == "mean of 3 futures with sampled numbers"
    assert "nothing is said about uncertain evidence" in words.futures(6, 0)


@pytest.mark.parametrize("n, few", [(24, True), (100, False)])
def test_few_futures_are_not_counted(n, few):
    assert ("Too few" in words.futures(6, n - 6)) is few


def test_every_outcome_that_is_compared_has_words_with_the_ages_it_is_about():
    assert set(words.MEASURES) == set(SHOWN) - {"expected_admissions"}
    for name, measure in words.MEASURES.items():
        low, high = OUTCOMES[name].ages
        said = f"{low}+" if low and high > 100 else f"{low} to {high}" if low else f"under {high + 1}"
        assert OUTCOMES[name].ages == ALL_AGES or measure.label.endswith(f", {said}")


def test_grades_have_one_wording():
    assert words.grade("D") == "grade D: judged" and words.ALL_GRADES.endswith("C uncontrolled, D judged")


def test_no_sentence_claims_money():
    assert "save" not in words.sentence("x", row(-118.8, 8, 91), None)
