"""Sums of a run as arrays, against sums of the rows themselves."""
import numpy as np
import pandas as pd
import prepared
import pytest

from nbhdsim import projections, tables
from nbhdsim.errors import NbhdsimError
from nbhdsim.projections import cubes


def test_every_cube_holds_the_rows_of_its_groups(finished, sums):
    rows = pd.read_parquet(finished / "outcomes.parquet").query("month >= 0 and scenario == 'plan' and draw == 3")
    found = {"scenario": sums.number("plan"), "future": list(sums.draws).index(3)}
    whole = rows.query("place == 'all' and quintile == 0 and age == 'all'")
    for o, outcome in enumerate(sums.outcomes):
        some = whole[whole["outcome"] == outcome].sort_values("month")
        assert (sums.monthly.value[found["scenario"], found["future"], :, 0, o] == some["value"]).all()
        assert (sums.monthly.present[found["scenario"], found["future"], :, 0, o] == some["residents"]).all()
    kept = {"place": "quintile == 0 and age == 'all' and place == @name and months == 1",
            "age": "quintile == 0 and age == @name and place == 'all'",
            "quintile": "quintile == @number and age == 'all' and place == 'all'",
            "quintile age": "quintile == @number and age == @band and place == 'all'",
            "neighbourhood": "place == @name and months == 12"}
    for cube in (sums.yearly.whole(), sums.places):
        for g, (by, name) in enumerate(cube.groups):
            if by == "all":
                continue
            number, band = (int(name[0]), name[2:]) if by.startswith("quintile") else (0, "")
            some = rows.query(kept[by])
            for o, outcome in enumerate(sums.outcomes):
                expected = some[some["outcome"] == outcome]["value"].sum()
                assert cube.value[found["scenario"], found["future"], 0, g, o] == pytest.approx(expected, rel=1e-12)


def test_parts_add_up_to_the_whole_area(sums):
    for by in ("place", "age", "quintile", "quintile age"):
        some = sums.yearly.only(by)
        assert np.allclose(some.value.sum(3), sums.yearly.value[:, :, :, 0]) and np.allclose(
            some.present.sum(3), sums.yearly.present[:, :, :, 0])
    assert np.allclose(sums.yearly.value[:, :, 0, 0], sums.monthly.value[:, :, :12, 0].sum(2))
    assert sums.yearly.months.tolist() == [12, 12] and sums.places.months.tolist() == [24]


def test_yearly_effects_are_additive_and_paired(finished):
    effects = projections.yearly(finished, "do nothing")
    assert list(effects) == list(projections.EFFECTS) and set(effects["scenario"]) == {"plan"}
    everyone = effects.query("quintile == 0 and outcome == 'emergency_admissions' and draw == 0 and replicate == 2")
    where = {"outcome": "emergency_admissions", "draw": 0, "replicate": 2, "place": "all", "quintile": 0, "age": "all"}
    nothing, plan = (prepared.total(finished, scenario=name, **where) for name in ("do nothing", "plan"))
    assert everyone["base"].sum() == pytest.approx(nothing) and everyone["change"].sum() == pytest.approx(plan - nothing)
    by = ["draw", "replicate", "year", "outcome"]
    fifths = effects[effects["quintile"] > 0].groupby(by, observed=True)[["base", "change", "residents"]].sum()
    whole = effects[effects["quintile"] == 0].groupby(by, observed=True)[["base", "change", "residents"]].sum()
    assert np.allclose(fifths, whole)
    mean = effects.query("quintile == 0 and outcome == 'life_satisfaction' and year == 1").iloc[0]
    assert 6 < mean["base"] / mean["residents"] < 8                     # person-years x points over person-years


def test_only_futures_that_every_scenario_has_are_held(finished, tmp_path):
    import pyarrow.parquet as pq
    rows = pq.read_table(finished / "outcomes.parquet").to_pandas()
    lost = (rows["scenario"] == "plan") & (rows["draw"] == 4)
    rows[~lost].to_parquet(tmp_path / "outcomes.parquet")
    assert cubes.read(tmp_path).draws.tolist() == [0] * 5 + [1, 2, 3, 5, 6, 7, 8]


def test_what_cannot_be_read_is_said(finished, sums, tmp_path):
    with pytest.raises(NbhdsimError, match="no outcomes.parquet"):
        cubes.read(tmp_path)
    with pytest.raises(NbhdsimError, match="no scenario 'plans'; did you mean 'plan'"):
        projections.effects(sums, "plans")
    rows = pd.read_parquet(finished / "outcomes.parquet")
    rows[rows["month"] < 0].to_parquet(tmp_path / "outcomes.parquet")
    with pytest.raises(NbhdsimError, match="no outcomes from month 0 on"):
        cubes.read(tmp_path)


@pytest.mark.parametrize("where", [
    [("place", "==", "a"), ("month", ">=", 3)], [("outcome", "in", ["bed_days", "nothing"]), ("draw", "<", 2)],
    [("place", "!=", "all"), ("months", ">", 1), ("quintile", "<=", 0)], [("scenario", "==", "nowhere")],
    [("replicate", "in", [2])]])
def test_rows_are_read_by_conditions(finished, where):
    import pyarrow.parquet as pq
    rows = tables.read(finished, "outcomes", where=where, columns=["outcome", "place", "month", "value"])
    expected = pq.read_table(finished / "outcomes.parquet", filters=where).to_pandas()[["outcome", "place", "month", "value"]]
    assert rows.astype({"outcome": str, "place": str}).equals(expected.astype({"outcome": str, "place": str}))
