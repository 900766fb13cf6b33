"""Numbers of stage `value`: addresses, overrides, draws; they never reach a simulation."""
import numpy as np
import pytest

from nbhdsim import evidence, experiment, ledger
from nbhdsim.economics import constants
from nbhdsim.errors import NbhdsimError
from nbhdsim.scenario import schema

BASE = ("schema: scenario/1\nname: {name}\narea: {{name: teaching-town, residents: 300}}\nstart: 2026-04\nmonths: 12\nhistory: 12\n"
        "overrides:\n")
DEARER = "  economics.emergency_admission: {{value: 4000, low: 3000, high: 5000, source: trust accounts, grade: B}}\n"
RUN = {"scenarios": [{"name": "nothing", "overrides": {"economics.wellby": 10000.0, "economics.price_2019": 1.2}}]}


@pytest.fixture
def load(tmp_path):
    """`load(name, text)`: the scenario of a text in which `name` is filled in."""
    def made(name, text):
        (tmp_path / f"{name}.yaml").write_text(text.format(name=name))
        return schema.load(tmp_path / f"{name}.yaml")
    return made


def test_an_override_is_recorded_and_changes_nothing_else(load):
    plain, dearer = load("plain", BASE.removesuffix("overrides:\n")), load("dearer", BASE + DEARER)
    assert dearer.worth["economics.emergency_admission"].value == 4000
    assert dearer.quantities == plain.quantities and not set(plain.worth) & set(plain.quantities)
    one, other = (experiment.resolved([s], name="x", replicates=1, draws=1) for s in (plain, dearer))
    assert one["numbers"] == other["numbers"]
    assert other["scenarios"][0]["overrides"] == {"economics.emergency_admission": {
        "value": 4000.0, "low": 3000.0, "high": 5000.0, "source": "trust accounts", "grade": "B", "why": "", "bound": False}}


def test_the_ledger_holds_what_results_are_worth(load):
    frame = ledger.of([load("dearer", BASE + DEARER)]).set_index("address")
    row = frame.loc["economics.emergency_admission"]
    assert (row["value"], row["stage"], row["grade"], row["source_title"]) == (4000, "value", "B", "trust accounts")
    assert set(evidence.load_economics()) <= set(frame.index)


def test_scenarios_that_are_compared_value_alike(load):
    with pytest.raises(NbhdsimError, match="scenarios that are compared value alike"):
        experiment.check_comparable([load("plain", BASE.removesuffix("overrides:\n")), load("dearer", BASE + DEARER)])


@pytest.mark.parametrize("text, said", [
    ("  economics.emergency_admision: 3\n", "did you mean 'economics.emergency_admission'?"),
    ("  economics.marginal_share: 3\n", "3 is impossible"),
])
def test_a_wrong_override_has_its_line(load, text, said):
    with pytest.raises(NbhdsimError, match=r"wrong.yaml:8:") as error:
        load("wrong", BASE + text)
    assert said in str(error.value)


def test_a_run_is_valued_with_its_own_numbers_and_those_of_the_report():
    found = constants.of_run(RUN, ["economics.marginal_share={value: 0.4, low: 0.3, high: 0.5}"])
    assert (found["economics.wellby"].value, found["economics.wellby"].law) == (10000, "fixed")
    assert (found["economics.marginal_share"].low, found["economics.price_2019"].value) == (0.3, 1.2)
    assert found["economics.marginal_share"].why == "set for this report" and found["economics.wellby"].why == "set in the scenario"


@pytest.mark.parametrize("text, said", [
    ("economics.welby=3", "did you mean 'economics.wellby'?"), ("economics.price_2019=2", "it needs a new run"),
    ("interventions.youth_hub.reach=1", "it needs a new run"), ("economics.wellby", "has no value"),
    ("economics.wellby=much", "is neither a number"), ("economics.realisation_share=1.2", "1.2 is impossible"),
    ("economics.wellby=.inf", "is not a finite number"), ("economics.wellby={low: 3}", "value"),
])
def test_a_wrong_number_of_a_report_is_told(text, said):
    with pytest.raises(NbhdsimError, match="--set economics|--set interventions") as error:
        constants.of_run(RUN, [text])
    assert said in str(error.value)


def test_draws_are_those_of_the_simulation():
    quantities = constants.of_run({"scenarios": [{"name": "nothing"}]})
    found = constants.draws(quantities, seed=7, numbers_of=[2, 0, 1, 1])
    assert found.index.tolist() == [0, 1, 2]
    price = {a: q for a, q in evidence.load_baseline()[0].items() if a == "economics.price_2019"}
    for draw in (0, 1, 2):
        assert found.loc[draw, "price_2019"] == evidence.draw_values(price, seed=7, draw=draw)["economics.price_2019"]
    q = quantities["economics.emergency_admission"]
    u = evidence.uniform_of(q, seed=7, draw=1)
    assert found.loc[1, "emergency_admission"] == q.at(u) and found.loc[2, "emergency_admission"] == q.at(1 - u)


def test_pounds_of_older_years_become_those_of_2024():
    row = constants.draws(constants.of_run(RUN, ["economics.income_growth=1.1"]), seed=1, numbers_of=[0]).loc[0]
    assert row["wellby"] == pytest.approx(10000 * 1.2 * 1.1**1.3)
    assert row["ae_attendance"] == pytest.approx(230 * 1.04) and row["emergency_admission"] == 3500


def test_constants_carry_their_edition_and_perspectives_their_payers():
    assert constants.constant("standard_discounting").edition == "Green Book 2026"
    found = constants.perspectives()
    assert list(found) == ["nhs_social_care", "public", "society"] and "residents" in found["society"]
    assert np.isclose(constants.constant("health_discounting").value[0]["rate"], 0.015)
