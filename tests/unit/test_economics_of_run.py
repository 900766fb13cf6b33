"""A run folder valued: from tables to frames and CSV files."""
import numpy as np
import pandas as pd
import pytest
from accounts import REFERENCE, run

from nbhdsim.comparison import NOT_MODELLED
from nbhdsim.economics import of_run, value
from nbhdsim.errors import NbhdsimError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return run(tmp_path_factory.mktemp("run") / "x", replicates=6, draws=8)


def test_every_frame_is_written_with_the_columns_it_is_described_by(folder):
    worth = of_run.of_run(folder)
    paths = of_run.write(folder, worth)
    assert [path.name for path in paths] == [f"economics_{name}.csv" for name in of_run.DICTIONARY]
    for path, (name, columns) in zip(paths, of_run.DICTIONARY.items(), strict=True):
        assert list(pd.read_csv(path).columns) == list(columns)
        frame = getattr(worth, name)
        numbers = frame.select_dtypes("number").drop(columns=["price_year"], errors="ignore").astype(float)
        assert not np.isinf(numbers.to_numpy()).any()
        blank = numbers.isna().any(axis=1).to_numpy()
        assert not blank.any() or (frame.loc[blank, "why"] != "").all(), name


def test_an_unknown_perspective_is_told(folder):
    with pytest.raises(NbhdsimError, match="did you mean 'society'"):
        of_run.of_run(folder, perspective="socety")


def test_a_report_may_value_it_with_other_numbers(folder):
    plain, more = (of_run.of_run(folder, sets=sets) for sets in ((), ("economics.wellby=26000",)))
    one, other = (w.value.set_index(["measure", "perspective", "discounted"])["value"] for w in (plain, more))
    key = ("society", True)
    assert other[("cost", *key)] == one[("cost", *key)] and other[("npv", *key)] > one[("npv", *key)]
    row = more.numbers.set_index("address").loc["economics.wellby"]
    assert (row["set"], row["used"]) == ("report", 26000 * 1.25)


def test_overrides_of_the_run_hold(tmp_path):
    worth = of_run.of_run(run(tmp_path / "x", overrides="{economics.emergency_admission: 1000.0}"))
    assert worth.numbers.set_index("address").loc["economics.emergency_admission", "set"] == "scenario"
    assert worth.money.query("line == 'emergency admissions'")["pounds"].max() < 1000 * 1000


def test_what_is_in_no_sum_is_listed_with_its_reason(folder):
    table = of_run.of_run(folder).unvalued.set_index("outcome")
    assert set(table.index) == {"bed_days", "low_life_satisfaction"}
    assert table.loc["bed_days", "reason"].startswith("held in the cost of an admission") and table.loc["bed_days", "value"] < 0
    assert "count wellbeing twice" in table.loc["low_life_satisfaction", "reason"]


def test_what_no_effect_reaches_is_not_valued_at_nothing(tmp_path):
    path = run(tmp_path / "x")
    (path / "csv").mkdir(exist_ok=True)
    (path / "csv" / "comparison.csv").write_text("scenario,outcome,people,year,value,why\n"
                                                 f"plan,life_satisfaction,all,0,,{NOT_MODELLED}\nplan,emergency_admissions,all,0,1,\n")
    worth = of_run.of_run(path)
    row = worth.unvalued.set_index("outcome").loc["life_satisfaction"]
    assert row["reason"] == NOT_MODELLED and np.isnan(row["value"])
    wellbys = worth.value.set_index("measure").loc["wellbys"]
    assert (wellbys["why"] == NOT_MODELLED).all() and wellbys["value"].isna().all()
    assert "residents" not in set(worth.money["payer"])
    assert worth.frontier.query("effect == 'wellbys' and option == 'plan'")["why"].tolist() == [NOT_MODELLED]


def test_a_scenario_that_costs_nothing(tmp_path):
    worth = of_run.of_run(run(tmp_path / "x", paid={}))
    row = worth.value.query("measure == 'cost_per_admission_avoided'")
    assert row["value"].isna().all() and (row["why"] == value.UNPAID).all()
    assert worth.who.query("payer == 'all'")["why"].tolist() == ["no public body pays"] and worth.matrix.empty


def test_no_admission_avoided(tmp_path):
    worth = of_run.of_run(run(tmp_path / "x", gains={"plan": 0.0}))
    assert worth.value.query("measure == 'cost_per_admission_avoided'")["value"].isna().all()
    assert not np.isinf(worth.value["value"]).any()


def test_one_future(tmp_path):
    worth = of_run.of_run(run(tmp_path / "x", replicates=1, draws=0))
    assert (worth.value["n"] == 1).all() and worth.value["low"].isna().all()


def test_central_values_are_shown_of_a_run_without_central_futures(tmp_path):
    worth = of_run.of_run(run(tmp_path / "x", replicates=0, draws=3))
    assert worth.numbers.set_index("address").loc["economics.wellby", "used"] == 13000 * 1.25
    assert set(worth.plane.query("effect == 'admissions_avoided'")["k"]) == {1750.0} and set(worth.plane["draw"]) == {1, 2, 3}


@pytest.mark.parametrize("missing", ["costs.parquet", "outcomes.parquet", "resolved.yaml", "manifest.json"])
def test_an_old_folder_without_a_table_is_told(tmp_path, missing):
    path = run(tmp_path / "x")
    (path / missing).unlink()
    with pytest.raises(NbhdsimError, match=f"has no {missing}|it has no {missing}"):
        of_run.of_run(path)


@pytest.mark.parametrize("text, said", [("method: {kind: sobol}\nscenarios: []\n", "is no comparison"),
                                        ("method: {kind: compare}\nscenarios: [{name: a, seed: 1}]\n", "has one scenario"),
                                        ("method: {kind: compare}\nscenarios: [{name: a}, {name: b}]\n", "no name or seed"),
                                        ("- 1\n", "must be a mapping")])
def test_another_kind_of_run_is_refused(tmp_path, text, said):
    path = run(tmp_path / "x")
    (path / "resolved.yaml").write_text(text)
    with pytest.raises(NbhdsimError) as error:
        of_run.of_run(path)
    assert said in str(error.value)


def test_a_first_scenario_that_funds_something_is_the_one_that_others_are_set_against(tmp_path):
    paid = {REFERENCE: (("hub", "icb", "running", 100_000.0),), "plan": (("hub", "icb", "running", 30_000.0),)}
    row = of_run.of_run(run(tmp_path / "x", paid=paid)).value.query("measure == 'spent' and not discounted").iloc[0]
    assert row["value"] == pytest.approx(-140_000)
