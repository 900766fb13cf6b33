"""The printed answer: what stands in its table where there is a value, no evidence, few futures or one."""
import math

import pandas as pd

from nbhdsim.comparison import NOT_MODELLED
from nbhdsim.report import missed, text


def row(scenario, *, outcome="lonely", people="all", year=0, replicates=6, draws=18, value=0.001, **more):
    """One row of a comparison."""
    chance, both = (0.0001 if known else math.nan for known in (replicates > 4, draws > 7))
    return {"scenario": scenario, "outcome": outcome, "people": people, "year": year, "value": value, "central": value,
            "chance_low": value - chance, "chance_high": value + chance, "all_low": value - both, "all_high": value + both,
            "error": chance / 10, "sd_chance": chance / 2, "replicates": replicates, "draws": draws, "why": "", **more}


def blank(scenario, **more):
    """A row that nothing reaches."""
    return row(scenario, **more) | {"value": math.nan, "chance_low": math.nan, "all_low": math.nan, "why": NOT_MODELLED}


def lines(*rows, names=("a", "b")):
    """The table's lines of loneliness: label and cells."""
    found = text.changes(pd.DataFrame(rows), names, 5)
    at = next(i for i, (label, _) in enumerate(found) if label.startswith("Often or always lonely"))
    return [(label.strip(), list(cells)) for label, cells in found[at:]]


def test_no_evidence_never_reads_as_no_effect():
    found = lines(row("a"), blank("b"))
    assert [cells[1] for _, cells in found] == ["not modelled", ""]
    assert found[0][1][0] == "+0.100" and found[1] == ("90% range", ["+0.090 to +0.110", ""])


def test_an_outcome_that_no_scenario_reaches_has_no_lines_of_its_own():
    frame = pd.DataFrame([blank("a"), blank("b"), blank("a", people="participants")])
    assert text.changes(frame, ("a", "b"), 5) == []
    assert text.not_modelled(frame).endswith("In none of these scenarios: Often or always lonely, 16+.")
    assert text.not_modelled(pd.DataFrame([row("a")])) == ""
    assert text.not_modelled(pd.DataFrame([row("a"), blank("b")])) == text.NOT_MODELLED


def test_few_futures_have_no_range_and_one_has_no_line_for_it():
    few = [row("a", replicates=3, draws=4, outcome=outcome) for outcome in ("emergency_admissions", "bed_days")]
    assert text.changes(pd.DataFrame(few), ["a"], 1)[1:] == [("  90% range", ["too few futures"]), ("Bed days a year", ["0.0"])]
    half = lines(row("a", replicates=3), names=["a"])
    assert [cells[0] for _, cells in half] == ["+0.100", "+0.090 to +0.110"]
    one = lines(row("a", replicates=1, draws=0), names=["a"])
    assert len(one) == 1
    central = lines(row("a", draws=0), names=["a"])
    assert central[1][0] == "90% range, chance alone" and len(central) == 2


def test_each_mean_of_the_headline_stands_above_the_range_around_it():
    """The mean of the futures with sampled numbers may lie outside the range of those with central ones."""
    lonely = {"outcome": "emergency_admissions", "value": -188.0, "central": -206.3, "all_low": -430.0, "all_high": 60.0,
              "chance_low": -222.0, "chance_high": -190.6, "error": 31.0, "sd_chance": 7.0}
    found = text.changes(pd.DataFrame([row("a", **lonely)]), ["a"], 1)
    assert found == [("Emergency admissions a year", ["-190"]), ("  90% range", ["-430 to +60"]),
                     ("  with central numbers", ["-210"]), ("  90% range, chance alone", ["-220 to -190"])]


def test_no_digit_is_shown_that_the_simulation_does_not_know():
    assert lines(row("a", error=0.003), names=["a"])[0][1] == ["+0.1"]          # percentage points: an error of 0.3


def test_a_table_is_at_most_100_columns_wide():
    for n in range(1, 8):
        names = [f"a scenario with the number {i}" for i in range(n)]
        shown = text.table(names, [("Emergency admissions a year", [f"-1,{i}00 to +1,000" for i in range(n)])])
        assert max(map(len, shown.splitlines())) <= 100 and all(f"-1,{i}00 to" in shown for i in range(n))


def test_chance_is_also_where_sites_fall():
    assert "differs by future in a, b" in text._method(6, 18, moving=["a", "b"]) and "sites" not in text._method(6, 18, moving=[])


def test_what_cuts_save_has_a_row_of_its_own():
    money = pd.DataFrame({"icb": [120.0, 50.0], "saved": [-40.0, 0.0], "unspent": [3.0, 0.0]}, index=["a", "b"])
    said = dict(text.costs(money, ["a", "b"]))
    assert said["Spent a year, pounds of 2024/25"] == ["120", "50"] and said[text.PAYERS["saved"]] == ["40", "-"]
    assert text.PAYERS["saved"] not in dict(text.costs(money.drop(columns="saved"), ["a", "b"]))


def test_who_was_never_reached_is_told_for_the_ends_of_deprivation_and_of_digital_exclusion():
    rows = [("all", "all", 0.6), ("quintile", "1", 0.55), ("digital", "excluded", 0.9985), ("age", "85+", 0.9)]
    never = pd.DataFrame(rows, columns=["by", "value", "share"]).assign(scenario="a", eligible=2200.0)
    said = dict(missed.lines(never, ["a", "b"]))
    assert said["Never reached, of those that services are for"] == ["60%", "-"]
    assert said[missed.FOR] == ["2,200", "-"]
    assert said["  in the most deprived fifth of areas"][0] == "55%" and said["  in the least deprived fifth of areas"][0] == "-"
    assert said["  digitally excluded"][0] == "99.9%" and len(said) == 6
    assert missed.lines(never[:0], ["a"]) == []


def test_a_label_too_long_for_its_column_stands_above_its_cells():
    long = "  a_programme_whose_key_is_longer_than_the_column_of_labels (those who come)"
    above, cells = text.table(["a"], [(long, ["5"])]).splitlines()[-2:]
    assert above == long and cells.split() == ["5"]


def test_ordinary_change_says_that_the_trend_is_left_out():
    said = text.ordinary_line(pd.DataFrame({"scenario": ["", "a"], "sd": [613.4, 20.0]}))
    assert "apart from the trend" in said and "about 610 (1 SD)" in said
    assert "not known" in text.ordinary_line(pd.DataFrame({"scenario": [""], "sd": [math.nan]}))
