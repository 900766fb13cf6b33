"""Each channel can be muted by one number: muted ones move nothing, bit for bit, and leave the others as they are."""
import numpy as np
import pytest
from probes import PROBES, line_of, scenario
from towns import LINES, lanes, ready, state_of

from nbhdsim.errors import NbhdsimError
from nbhdsim.explain.future import UNIT, totals
from nbhdsim.interventions import schema
from nbhdsim.outcomes import OUTCOMES
from nbhdsim.rates import CHANNELS

MUTED = dict.fromkeys(CHANNELS.values(), 0.0)
ACTIVE = {"active": "{kind: group_people, where: all, sites: 3}", "team": "{kind: care_team_areas, where: all, places: 700}",
          **{key: LINES[key] for key in ("wellbeing_hub", "adjust")}}
MONTHS = 16


def run(*sims, months=MONTHS):
    """Run simulations side by side and yield after every month."""
    for _ in range(months):
        for sim in sims:
            sim.step()
        yield


@pytest.mark.parametrize("kind", [*sorted(schema.kinds()), *PROBES, "adjust"])
def test_with_every_channel_muted_nothing_happens(kind):
    """Whatever the programme: every state of every resident, and every outcome that its levers move."""
    lines, overrides = {kind: line_of(kind)}, {**ready(kind, kind), **MUTED}
    nothing, muted = lanes(scenario("nothing", {}), scenario("muted", lines, overrides=overrides))
    for _ in run(nothing, muted):
        for name, column in state_of(nothing).items():
            assert column.tobytes() == state_of(muted)[name].tobytes(), name
    assert totals(nothing.measures) == totals(muted.measures) and muted.touched.any()


def test_what_contacts_see_is_the_same_with_direct_muted():
    """Spill-over of everyone, month by month; those who take part answer it alone."""
    full, muted = lanes(scenario("full", ACTIVE), scenario("muted", ACTIVE, overrides={CHANNELS["direct"]: 0}))
    muted.feel()
    for _ in run(full, muted):
        assert full._state.spill.tobytes() == muted._state.spill.tobytes()
    assert full._state.spill.any() and full._state.life_satisfaction.tobytes() != muted._state.life_satisfaction.tobytes()


def test_readiness_muted_is_a_gain_of_nothing():
    """Who takes part is bit for bit as if nobody pushed readiness."""
    lines = {"core_group": "{where: all, sites: 1}", "wellbeing_hub": LINES["wellbeing_hub"]}
    pushed = {"interventions.core_group.readiness": 0.4}
    with_gain = ({**pushed, CHANNELS["readiness"]: gain} for gain in (0, 0.5))
    at_rest, muted, ready_ = lanes(scenario("rest", lines), *(scenario("some", lines, overrides=some) for some in with_gain))
    for _ in run(at_rest, muted, ready_):
        pass
    assert (at_rest.reached == muted.reached).all() and totals(at_rest.measures) == totals(muted.measures)
    assert ready_.reached.sum() != muted.reached.sum()


def test_scenarios_with_other_channels_share_one_history():
    full, quiet = lanes(scenario("full", ACTIVE), scenario("quiet", ACTIVE, overrides={CHANNELS["contacts"]: 0}))
    for _ in run(full, quiet, months=4):
        pass
    assert full._state.spill.any() and not quiet._state.spill.any()


def test_the_switch_is_on_or_off():
    with pytest.raises(NbhdsimError, match="0.5 is neither 0"):
        scenario("half", {}, overrides={CHANNELS["direct"]: 0.5})


@pytest.mark.parametrize("name", ["emergency_admissions", "expected_admissions", "life_satisfaction", "child_wellbeing",
                                  "low_life_satisfaction", "lonely", "control", "connected", "in_control", "help_seeking",
                                  "confident", "child_referrals"])
def test_what_each_resident_adds_is_the_sum(name):
    """Person by person or by place and age: the same whole number."""
    full, = lanes(scenario("full", ACTIVE))
    full.feel()
    for _ in run(full, months=5):
        total = OUTCOMES[name].function(full.measures)[0][-1].sum()
        added = full.additions()[name]
        assert added.dtype == np.int64 and added.sum() == total * UNIT
