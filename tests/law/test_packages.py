"""Under `claimed`, a package's claim is all that its members do to the outcome; under `controlled`, nothing is claimed."""
import numpy as np
import pytest
import towns

MUTED = {"baseline.spill_over.strength": 0.0, "baseline.admission.n": 0.0}     # no echoes: the rate is what is expected
LINES = {"youth_hub": "{where: {top: 1, by: need}, sites: 1}", "wellbeing_hub": "{where: all, sites: 2}"}
CLAIM = 0.93


@pytest.fixture(scope="module")
def both():
    """Do-nothing and the members of a package under both stances, 14 months on."""
    stances = [towns.scenario(stance, LINES, overrides=MUTED, extra=f"package: priority_neighbourhoods\nstance: {stance}\n")
               for stance in ("controlled", "claimed")]
    sims = towns.lanes(towns.scenario("nothing", {}, overrides=MUTED), *stances)
    for _ in range(14):
        for sim in sims:
            sim.step()
    return sims


def test_the_claim_is_all_that_happens_to_admissions_in_its_places_and_nothing_elsewhere(both):
    nothing, _, claimed = both
    rate, base = (np.asarray(sim._state.expected, float) for sim in (claimed, nothing))
    inside = claimed.plans["youth_hub"].sites[claimed.world.script.place] > 0
    assert 0 < inside.sum() < inside.size
    assert np.array_equal(rate[~inside], base[~inside])
    assert np.allclose(rate[inside] / base[inside], CLAIM, atol=1e-5)


def test_the_claim_reaches_nobody_and_members_join_as_ever(both):
    _, controlled, claimed = both
    assert np.array_equal(controlled._reached, claimed._reached)
    assert controlled.members.keys() == claimed.members.keys() - {"priority_neighbourhoods"}


def test_what_is_not_claimed_stays(both):
    _, controlled, claimed = both
    assert np.array_equal(controlled._state.life_satisfaction, claimed._state.life_satisfaction)
