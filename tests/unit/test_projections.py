"""Projections against the comparison, and against each other."""
import numpy as np
import pandas as pd
import prepared
import pytest

from nbhdsim import comparison, outcomes
from nbhdsim.projections import admissions, cubes, frames, wellbeing

KINDS = {name: outcome.kind for name, outcome in outcomes.OUTCOMES.items()}
SAME = ("value", "central", "chance_low", "chance_high", "all_low", "all_high", "error", "sign_unknown", "covers_zero")


def one(frame, **where):
    """The rows of a frame in which columns have these values."""
    for name, value in where.items():
        frame = frame[frame[name] == value]
    return frame.reset_index(drop=True)


@pytest.mark.parametrize("outcome", prepared.OUTCOMES)
def test_the_whole_area_is_what_the_comparison_says(finished, sums, outcome):
    found = {"outcomes": pd.read_parquet(finished / "outcomes.parquet").query("place == 'all' and age == 'all'")}
    compared = comparison.compare(found, reference="do nothing", kinds=KINDS)
    groups = pd.concat([some.project(sums, "do nothing").groups for some in (admissions, wellbeing)])
    for year in (0, 1, 2):
        said = one(compared, outcome=outcome, year=year).iloc[0]
        own = one(groups, outcome=outcome, by="all", period="year" if year else "whole", at=year).iloc[0]
        assert own["base"] == pytest.approx(said["level"])
        assert [own[name] for name in SAME] == pytest.approx([said[name] for name in SAME])


def test_counts_add_up_over_groups_and_months(sums):
    found = admissions.project(sums, "do nothing")
    assert list(found.months) == list(found.groups) == list(found.places) == list(frames.COLUMNS)
    counts = one(found.groups, outcome="bed_days", period="whole")
    whole = one(counts, by="all").iloc[0]
    for by in ("place", "age", "quintile"):
        assert one(counts, by=by)[["base", "with", "value", "residents"]].sum().tolist() == pytest.approx(
            whole[["base", "with", "value", "residents"]].tolist())
    months = one(found.months, outcome="bed_days")
    assert months["at"].tolist() == list(range(24)) and months["value"].sum() / 2 == pytest.approx(whole["value"])
    places = one(found.places, outcome="bed_days")
    assert places["group"].tolist() == prepared.PLACES["name"].tolist() and places["value"].sum() == pytest.approx(whole["value"])
    assert whole["base_rate"] == pytest.approx(whole["base"] / whole["residents"] * 1000)
    assert whole["rate"] == pytest.approx(whole["with_rate"] - whole["base_rate"])
    assert whole["base_low"] < whole["base"] < whole["base_high"]


def test_wellbeing_is_stated_in_points_sd_people_and_point_years(sums):
    found = wellbeing.measures(sums, "do nothing", sd=1.75)
    assert list(found) == list(wellbeing.COLUMNS)
    everyone = one(found, by="all").set_index("measure")
    points, people = everyone.loc["life satisfaction"], everyone.loc["life satisfaction", "residents"]
    assert everyone.loc["life satisfaction, share of SD", "value"] == pytest.approx(100 * points["value"] / 1.75)
    assert everyone.loc["WELLBY-years", "value"] == pytest.approx(points["value"] * people * 2)
    low = one(wellbeing.project(sums, "do nothing").groups, outcome="low_life_satisfaction", by="all", period="whole").iloc[0]
    moved = everyone.loc["lifted over the low line"]
    assert moved["value"] == pytest.approx(-low["value"] * low["residents"]) and moved["value"] > 0
    assert one(found, by="quintile", measure="WELLBY-years")["value"].sum() == pytest.approx(everyone.loc["WELLBY-years", "value"])
    assert one(found, by="age", group="0-4").empty                      # nobody is asked there


def test_what_no_evidence_was_put_in_for_has_no_value(finished, sums, tmp_path):
    rows = frames.blanked(wellbeing.measures(sums, "do nothing", sd=1.75), {"plan": {"life_satisfaction"}})
    silent = rows[rows["outcome"] == "low_life_satisfaction"]
    assert silent["value"].isna().all() and (silent["why"] == comparison.NOT_MODELLED).all()
    assert one(rows, outcome="life_satisfaction")["value"].notna().all()
    assert frames.modelled(finished) is None
    (tmp_path / "csv").mkdir()
    csv = pd.DataFrame({"scenario": "plan", "outcome": ["a", "b"], "why": ["", comparison.NOT_MODELLED]})
    csv.to_csv(tmp_path / "csv" / "comparison.csv", index=False)
    assert frames.modelled(tmp_path) == {"plan": {"a"}}


def test_few_futures_have_no_ranges_and_nothing_is_infinite(tmp_path):
    sums = cubes.read(prepared.folder(tmp_path, replicates=1, draws=0, months=12))
    found = admissions.project(sums, "do nothing")
    assert found.groups[["all_low", "chance_low", "error"]].isna().all(axis=None) and found.groups["value"].notna().all()
    numbers = found.groups.select_dtypes(float).to_numpy()
    assert not np.isinf(numbers).any()
    year = one(found.groups, outcome="emergency_admissions", by="all", period="year").iloc[0]
    assert year["base"] == pytest.approx(one(found.months, outcome="emergency_admissions")["base"].sum())


def test_the_sd_between_people_is_that_of_the_run(finished):
    assert wellbeing.sd(finished) == pytest.approx(1.75)
