"""Law 3 in whole simulations: where nothing that is pushed harms, nobody loses by it, in any month."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from probes import HELPS, PROBES, line_of, scenario
from towns import lanes

from nbhdsim.interventions.schema import DELIVERY_KINDS
from nbhdsim.levers import LEVERS, Levers
from nbhdsim.residents import MECHANISMS
from nbhdsim.step.measure import COLUMNS

HELPFUL = [name for name in PROBES if not name.endswith("_areas")]
TRIED = [*HELPFUL, "youth_hub", "school_grant", "wellbeing_hub", "adjust"]
ADJUST = "{where: all, who: {age: [20, 70]}, end: 2027-01, effects: [" + ", ".join(
    f"{{lever: {name}, value: {value}, at: 5, half_life: 3}}" for name, value in HELPS.items()) + "]}"
STRONG = {"baseline.spill_over.strength": 0.15, "baseline.spill_over.approach": 0.5, "baseline.spill_over.group_weight": 0.6}
ROUNDING = 2e-6                    # of ten points in float32


def effects_of(sim):
    """E of this month [5, n] SD: what the programmes of a simulation that has just been stepped pushed, capped."""
    rates, month = sim.setting.rates, sim.month - 1
    levers = Levers(sim.world.script.id.size, a=rates.a, b=rates.b, preventable=rates.preventable)
    for programme in sim.programmes:
        programme.push(month, levers, sim.luck.natural)
    out = np.zeros((len(MECHANISMS), sim.world.script.id.size))
    settled = levers.settled()
    out[:, settled.rows] = settled.shift.T
    return out


def assert_nobody_loses(nothing, funded, months):
    """E, S, life satisfaction, rates and cumulative admissions of every resident, month by month."""
    counts = np.zeros((2, nothing.reached.size), int)
    for _ in range(months):
        nothing.step()
        funded.step()
        a, b = nothing._state, funded._state
        counts += [a.admitted, b.admitted]
        assert (effects_of(funded) >= 0).all() and (b.spill >= 0).all() and not a.spill.any()
        assert (b.life_satisfaction >= a.life_satisfaction - ROUNDING).all()
        assert (b.expected <= a.expected * (1 + 1e-6)).all()
        assert (counts[1] <= counts[0]).all()
        for name in ("bed_days", "attendances", "referrals", "low", "lonely"):
            column = COLUMNS.index(name)
            assert (funded.sums[-1][..., column] <= nothing.sums[-1][..., column]).all(), name
    return counts


@settings(deadline=None, max_examples=15)
@given(st.lists(st.sampled_from(TRIED), min_size=1, max_size=4, unique=True), st.integers(0, 30), st.data())
def test_nobody_loses_by_what_only_helps(kinds, replicate, data):
    """Any helpful programmes together: with people who leave and come back, overlapping groups, and ends half-way."""
    lines = {kind: ADJUST if kind == "adjust" else line_of(kind, data.draw(st.sampled_from(["", "end: 2027-03, "])))
             for kind in kinds}
    base = STRONG if data.draw(st.booleans()) else {}
    nothing, funded = lanes(scenario("nothing", {}, overrides=base), scenario("funded", lines, overrides=base),
                            replicate=replicate)
    assert_nobody_loses(nothing, funded, 24)
    assert funded.reached.any()


@pytest.mark.parametrize("replicate", range(3))
def test_everything_that_helps_together(replicate):
    """Beyond the caps: more than 2 SD on one mechanism, more prevention than there is; and it does help somebody."""
    lines = {kind: line_of(kind) for kind in HELPFUL} | {"adjust": ADJUST}
    nothing, funded = lanes(scenario("nothing", {}, overrides=STRONG), scenario("funded", lines, overrides=STRONG),
                            replicate=replicate)
    counts = assert_nobody_loses(nothing, funded, 24)
    assert effects_of(funded).max() == 2 and (counts[1] < counts[0]).sum() > 10


def test_every_helpful_kind_moves_every_lever():
    """The laws above would be empty if the made-up kinds did nothing."""
    assert set(HELPS) == set(LEVERS) and len(HELPFUL) == 2 * len(DELIVERY_KINDS)
