"""What kinds can say beyond the simplest: effects on some people alone, months of set-up, prices per participant, homes."""
import numpy as np
import pytest

from nbhdsim.errors import NbhdsimError
from nbhdsim.interventions import schema
from nbhdsim.interventions.programme import aim, whom
from nbhdsim.population import build
from nbhdsim.scenario import Target, funding
from nbhdsim.scenario import schema as scenarios
from nbhdsim.simulation import Simulation

HEAD = "schema: scenario/1\narea: {name: teaching-town, residents: 1700}\nstart: 2026-04\nmonths: 24\nhistory: 12\nageing: false\n"


def scenario(tmp_path, lines, *overrides, extra=""):
    text = HEAD + extra + "interventions:\n" + "".join(f"  {line}\n" for line in lines)
    text += "overrides:" + ("" if overrides else " {}") + "".join(f"\n  {o}" for o in overrides)
    (tmp_path / "s.yaml").write_text(text + "\n", encoding="utf-8")
    return scenarios.load(tmp_path / "s.yaml")


def run(loaded, months):
    sim = Simulation(build(loaded), loaded)
    while sim.month < months:
        sim.step()
    return sim


def test_whom_a_kind_is_for_by_sex_frailty_and_disability(tmp_path):
    sim = run(scenario(tmp_path, ["mens_group: {where: all, sites: 1}"]), 0)
    script, places = sim.world.script, sim.world.places
    men = whom({"age": [50, 120], "sex": "male"}).rows(script, places)
    assert men.size and (script.sex[men] == 1).all()
    mild = whom({"frailty": [1, 1]}).rows(script, places)
    assert mild.size and (script.frailty[mild] == 1).all() and mild.size == (script.frailty == 1).sum()
    assert (whom({"frailty": 2}).frailty, whom({"frailty": 2}).frailest) == (2, 3)
    disabled = whom({"disabled": True}).rows(script, places)
    assert 0 < disabled.size == script.disabled.sum()


def test_targeting_keeps_what_the_kind_is_for():
    aimed = aim({"age": [65, 120], "frailty": [1, 1], "sex": "female"}, Target(low=70, high=80, quintile=(1,)))
    assert (aimed.low, aimed.high, aimed.quintile) == (70, 80, (1,))
    assert (aimed.frailty, aimed.frailest, aimed.sex) == (1, 1, 0)


@pytest.mark.parametrize("who, said", [("{frailty: [2, 1]}", "who.frailty: from 2 to 1 is nobody (fittest first)"),
                                       ("{frailty: 4}", "who.frailty"), ("{sex: both}", "who.sex"),
                                       ("{disabled: false}", "who.disabled")])
def test_a_wrong_who_is_refused(tmp_path, who, said):
    text = (schema.FOLDER / "parkrun.yaml").read_text(encoding="utf-8").replace("id: parkrun", "id: race")
    (tmp_path / "race.yaml").write_text(text.replace("who: {}", f"who: {who}"), encoding="utf-8")
    with pytest.raises(NbhdsimError) as caught:
        schema.kinds(tmp_path)
    assert said in str(caught.value)


def test_an_effect_on_some_alone_has_an_address_and_a_level_of_its_own(tmp_path):
    addresses = [e.quantity.address for e in schema.kinds()["frailty_care"].effects]
    assert addresses == [f"interventions.frailty_care.effects.admission_rr.frailty_{x}" for x in ("1_1", "2_3")]
    text = (schema.FOLDER / "frailty_care.yaml").read_text(encoding="utf-8").replace("id: frailty_care", "id: care")
    (tmp_path / "care.yaml").write_text(text.replace("level: participant, at: 12, who: {frailty: [2, 3]}", "level: area, at: 12"),
                                        encoding="utf-8")
    with pytest.raises(NbhdsimError) as caught:
        schema.kinds(tmp_path)
    assert "effects[0].who: an effect on some of them alone" in str(caught.value)


def test_an_effect_on_some_alone_reaches_them_alone(tmp_path):
    loaded = scenario(tmp_path, ["frailty_care: {where: all, places: 1700}"], "interventions.frailty_care.reach: 1",
                      "interventions.frailty_care.set_up_months: 0", "interventions.frailty_care.leave_hazard: 0",
                      "baseline.admission.n: 0", "baseline.spill_over.strength: 0")
    funded = run(loaded, 13)
    nothing = run(scenario(tmp_path, ["parkrun: {where: all, sites: 1, start: 2028-03}"], "baseline.admission.n: 0",
                           "baseline.spill_over.strength: 0"), 13)
    ratio = funded._state.expected / nothing._state.expected
    members, frailty = funded.members["frailty_care"], funded.world.script.frailty
    first, members = members.who[members.since == 0], members.who
    assert np.allclose(ratio[first[frailty[first] == 1]], 0.85, atol=1e-5)
    assert np.allclose(ratio[members[frailty[members] > 1]], 1) and np.allclose(np.delete(ratio, members), 1)


def test_nobody_joins_during_set_up_which_is_paid_for(tmp_path):
    loaded = scenario(tmp_path, ["mens_group: {where: all, sites: 1}"], "interventions.mens_group.reach: 1",
                      "interventions.mens_group.set_up_months: 5")
    assert not run(loaded, 5).reached.any() and run(loaded, 6).reached.any()
    plan = run(loaded, 1).plans["mens_group"]
    assert sum(plan.costs()["pounds"]) == pytest.approx(15000 + 2 * 8000)


def test_set_up_longer_than_the_money_reaches_nobody(tmp_path):
    loaded = scenario(tmp_path, ["mens_group: {where: all, sites: 1, end: 2026-09}"], "interventions.mens_group.reach: 1")
    assert not run(loaded, 14).reached.any()


def test_a_programme_that_never_opens_does_nothing(tmp_path):
    """Set-up takes all the months there is money for; what it does for its area would be there at once."""
    text = (schema.FOLDER / "resident_led_grant.yaml").read_text(encoding="utf-8").replace("id: resident_led_grant", "id: never")
    text = text.replace("level: area, at: 24", "level: area, at: 0, half_life: 9").replace("  ramp_up_months:", "  set_up_months:")
    (tmp_path / "my").mkdir()
    (tmp_path / "my" / "never.yaml").write_text(text, encoding="utf-8")
    numbers = ("interventions.never.set_up_months: 6", "interventions.never.half_maturity_months: 0")
    never = scenario(tmp_path, ["never: {where: all, places: 1700, end: 2026-09}"], *numbers, extra="catalogue: my\n")
    sim, nothing = run(never, 12), run(scenario(tmp_path, ["{}"]), 12)
    assert np.array_equal(sim._state.expected, nothing._state.expected)
    assert (sim.relations.readiness == sim.relations.start).all()


def test_a_price_per_participant_is_planned_at_full_use(tmp_path):
    line = scenario(tmp_path, ["green_space: {where: all, sites: 1}"]).lines["green_space"]
    values = {q.address: q.value for q in line.kind.all_quantities()} | {"economics.price_2022": 1.0}
    assert funding.price(line, values).running == pytest.approx(690 * 20 * 12 * 0.35)
    line = scenario(tmp_path, ["care_home_support: {where: all, sites: 1}"]).lines["care_home_support"]
    values = {q.address: q.value for q in line.kind.all_quantities()} | {"economics.price_2017": 1.0}
    assert funding.price(line, values).running == pytest.approx(250 * 8)      # nobody leaves: one a place


def test_the_setting_of_adults_is_where_they_live(tmp_path):
    sim = run(scenario(tmp_path, ["care_home_support: {where: all, sites: 40}"], "interventions.care_home_support.reach: 1"), 2)
    script, members = sim.world.script, sim.members["care_home_support"].who
    assert (script.frailty[members] >= 2).all() and (sim.plans["care_home_support"].sites.sum() == 40)
    assert members.size == whom({"group": "care_home"}).rows(script, sim.world.places).size > 0


def test_the_stated_money_of_the_screening_programme_does_not_add_up(tmp_path):
    """16 partners at 19,000 pounds and more each are 304,000, not the 229,000 stated: refused with the sum."""
    line = "screening_outreach: {where: all, sites: 16}\nbudget: {pounds_a_year: 229000}"
    scenario(tmp_path, [line])                                # at a sixteenth each it does
    with pytest.raises(NbhdsimError, match="304,000"):
        scenario(tmp_path, [line], "interventions.screening_outreach.cost.running: 19000")
