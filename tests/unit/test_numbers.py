"""The numbers of a scenario: whose uniform each is drawn from, what an override makes of a law, and what can be."""
import numpy as np
import pytest

from nbhdsim import evidence
from nbhdsim.errors import NbhdsimError

HEAD = """schema: scenario/1
area: {name: teaching-town, residents: 900}
start: 2026-04
months: 12
history: 12
"""
TWINS = HEAD + """interventions:
  a: {kind: youth_hub, sites: 1}
  b: {kind: youth_hub, sites: 1}
  youth_hub: {sites: 1}
"""
RIDGE = ("n", "phi", "s", "sa", "rho_a")


def drawn(scenario, draw: int) -> dict[str, float]:
    return evidence.draw_values(scenario.quantities, seed=scenario.seed, draw=draw)


def of_line(values: dict[str, float], key: str) -> dict[str, float]:
    return {address.split(".", 2)[2]: value for address, value in values.items() if address.startswith(f"interventions.{key}.")}


def test_two_lines_of_one_kind_draw_every_unknown_once(load):
    scenario = load(TWINS)
    for draw in (1, 2, 7):
        values = drawn(scenario, draw)
        assert of_line(values, "a") == of_line(values, "b") == of_line(values, "youth_hub")
        u = evidence.uniform_of(scenario.quantities["interventions.a.reach"], seed=1, draw=draw)
        assert u == evidence.uniform_of(scenario.quantities["interventions.youth_hub.reach"], seed=1, draw=draw)


def test_a_number_of_its_own_is_drawn_on_its_own(load):
    own = "overrides: {interventions.a.reach: {value: 0.2, low: 0.1, high: 0.3, source: a count}}\n"
    values = drawn(load(TWINS + own), 1)
    a, b = of_line(values, "a"), of_line(values, "b")
    assert {name for name in a if a[name] != b[name]} == {"reach"}
    scenario = load(TWINS + own.replace("low: 0.1, high: 0.3", "low: 0.1, high: 0.4").replace("0.2,", "0.15,"))
    assert len({evidence.uniform_of(scenario.quantities[f"interventions.{key}.reach"], seed=1, draw=1) for key in "ab"}) == 2


def test_a_number_of_the_kind_changed_for_all_is_still_one_unknown(load):
    own = "overrides: {interventions.youth_hub.reach: {value: 0.2, low: 0.1, high: 0.3, source: a count}}\n"
    values = drawn(load(TWINS + own), 1)
    assert values["interventions.a.reach"] == values["interventions.b.reach"] == values["interventions.youth_hub.reach"]


def test_adjusts_share_nothing(load):
    line = "{kind: adjust, effects: [{lever: ae_rr, value: 0.9, low: 0.8, high: 1, source: a count}]}"
    values = drawn(load(HEAD + f"interventions:\n  a: {line}\n  b: {line}\n"), 1)
    assert values["interventions.a.effects.ae_rr"] != values["interventions.b.effects.ae_rr"]


def test_a_key_that_is_another_kinds_id_is_refused(load):
    with pytest.raises(NbhdsimError, match=r":7:3: interventions.youth_hub: is the id of another intervention"):
        load(HEAD + "interventions:\n  youth_hub: {kind: wellbeing_hub, sites: 1}\n")


def test_a_fitted_number_with_a_range_of_its_own_leaves_the_ridge(load):
    scenario = load(HEAD + "overrides: {baseline.admission.n: {value: 0.2, low: 0.15, high: 0.25, source: a count}}\n")
    n = scenario.quantities["baseline.admission.n"]
    assert (n.law, n.joint, n.rows) == ("split_normal", "", ())
    values = {drawn(scenario, draw)["baseline.admission.n"] for draw in range(1, 21)}
    assert len(values) == 20 and 0.1 < min(values) < 0.18 < 0.22 < max(values) < 0.3
    others = [scenario.quantities[f"baseline.admission.{name}"] for name in RIDGE[1:]]
    assert {q.law for q in others} == {"joint"}
    exact = load(HEAD + "overrides: {baseline.admission.n: 0.2}\n")
    assert {drawn(exact, draw)["baseline.admission.n"] for draw in range(4)} == {0.2}


def test_draws_stop_at_what_a_number_can_be(load):
    wide = "{value: 0.9, low: 0.5, high: 1, law: split_normal, source: a count}"
    scenario = load(TWINS + f"overrides:\n  interventions.a.reach: {wide}\n  baseline.loneliness.share: 0.05\n"
                    "  interventions.a.leave_hazard: {value: 0.01, low: 0, high: 0.9, law: split_normal, source: a count}\n"
                    "  interventions.a.effects.referral_rr: {value: 2.9, low: 0.5, high: 3, source: a count}\n")
    values = [drawn(scenario, draw) for draw in range(1, 301)]
    for address, ends in {"reach": (0, 1), "leave_hazard": (0, 1), "effects.referral_rr": (0.3, 3)}.items():
        found = np.array([v[f"interventions.a.{address}"] for v in values])
        assert found.min() >= ends[0] and found.max() <= ends[1]
    assert {v["interventions.a.reach"] for v in values} >= {1.0}
    assert {v["interventions.a.leave_hazard"] for v in values} >= {0.0, 1.0}


@pytest.mark.parametrize("number, words", [
    ("interventions.a.reach: 1.2", "1.2 is impossible (share of eligible a year, 0 to 1)"),
    ("interventions.a.places_per_site: -1", "-1 is impossible (places, not below 0)"),
    ("interventions.a.cost.running: -1", "is impossible (pounds of 2024 per site a year, not below 0)"),
    ("baseline.spill_over.strength: 1.5", "0 to 1"),
    ("baseline.network.age_correlation: -1.5", "-1 to 1"),
    ("baseline.loneliness.admissions: 0", "0 is impossible (rate ratio, 0.01 to 100; a ratio of 1 is no effect"),
    ("baseline.satisfaction.mean: 11", "0 to 10"),
    ("baseline.admission.trend: {value: 0, low: -2, high: 0, source: a count}", "-1 to 1"),
    ("baseline.admission.place: {value: 0.2, low: 0, high: 0.3, source: a count}", "a beta law needs 0 < low < high < 1"),
])
def test_central_values_that_cannot_be_are_refused(number, words, load):
    with pytest.raises(NbhdsimError) as caught:
        load(TWINS + f"overrides:\n  {number}\n")
    assert words in str(caught.value) and ":11:" in str(caught.value)


def test_what_may_be_negative_may_be(load):
    text = TWINS + "overrides:\n  baseline.admission.trend: {value: -0.01, low: -0.02, high: 0, source: a count}\n"
    text += "  baseline.satisfaction.per_connection: -0.1\n  baseline.satisfaction.quintile_gap: -0.1\n"
    values = drawn(load(text), 0)
    assert values["baseline.admission.trend"] == -0.01 and values["baseline.satisfaction.per_connection"] == -0.1
