"""Numbers and sentences: rounding, and no claim beyond the interval."""

import math

import pytest

from nbhdsim.report import words


def row(value, chance, both, outcome="emergency_admissions"):
    """A comparison row with symmetric half-widths."""
    ends = {
        f"{k}_{e}": value + s * w for k, w in (("chance", chance), ("all", both)) for e, s in (("low", -1), ("high", 1))
    }
    return {"outcome": outcome, "value": value, **ends, "noise": abs(value) <= max(chance, both)}


@pytest.mark.parametrize(
    "value, step, text",
    [
        (-1234.4, 1, "-1,234"),
        (0.0523, 0.001, "+0.052"),
        (-0.4, 1, "0"),
        (119, 10, "+120"),
        (0.0, 0, "0"),
        (math.nan, 1, "not known"),
    ],
)
def test_numbers_are_shown_to_their_step(value, step, text):
    assert words.show(value, step) == text


def test_a_number_is_rounded_like_its_interval():
    assert words.central(row(-118.8, 8, 91)) == "-119"
    assert words.interval(row(-118.8, 8, 91), "all") == "-210 to -28"
    assert words.central(row(-1188.0, 80, 910)) == "-1,190"


def test_noise_is_said_and_quotes_an_interval_that_covers_nothing():
    said = words.sentence("hubs", row(-7, 9, 6), None)
    assert "no clear change in emergency admissions, 90% range -16 to +2 a year" in said and "fewer" not in said


def test_a_clear_change_gives_its_range_first():
    said = words.sentence("hubs", row(-118.8, 8, 91), {"places": 14, "sd": 120.0})
    assert said.startswith("hubs: 28 to 210 fewer emergency admissions a year")
    assert "hardly" in said


@pytest.mark.parametrize("n, few", [(24, True), (100, False)])
def test_few_futures_are_not_counted(n, few):
    assert ("Too few" in words.futures(6, n - 6)) is few


def test_no_sentence_claims_money():
    assert "save" not in words.sentence("x", row(-118.8, 8, 91), None)
