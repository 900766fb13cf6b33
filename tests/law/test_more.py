"""Law 7: more is not less. More places, sites, money, grants or a longer list only ever add people."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from probes import line_of, scenario
from towns import lanes

MONTHS = 18
JOINED = ["group_people", "open_access_people", "care_team_people"]


def reached(lines, *, residents=900, replicate=0, months=MONTHS, **overrides):
    """Who was ever reached [n], and month by month how many [months]."""
    _, lane = lanes(scenario("nothing", {}, residents=residents), scenario("s", lines, residents=residents, overrides=overrides),
                    residents=residents, replicate=replicate)
    counts = []
    for _ in range(months):
        lane.step()
        counts.append(int(lane.reached.sum()))
    return lane.reached, np.array(counts)


def assert_nested(found):
    """Every set is within the next, month by month no smaller, and the last is larger than the first."""
    for (less, few), (more, many) in zip(found[:-1], found[1:], strict=True):
        assert not (less & ~more).any() and (few <= many).all()
    assert found[0][0].sum() < found[-1][0].sum()


def room(kind, places):
    """Overrides that give a made-up kind this many places at a time."""
    at = f"interventions.{kind}"
    if kind.startswith("care_team"):
        return {f"{at}.staff": 1.0, f"{at}.caseload": float(places)}
    return {f"{at}.places_per_site": float(places)}


@settings(deadline=None, max_examples=8)
@given(st.sampled_from(JOINED), st.lists(st.integers(1, 80), min_size=3, max_size=3, unique=True).map(sorted),
       st.floats(0.05, 0.9), st.floats(0.0, 0.3), st.integers(0, 20))
def test_the_set_ever_reached_is_nested_in_places(kind, places, reach, leave, replicate):
    """Whatever the numbers: any hazard of joining and of leaving, coming back included."""
    numbers = {f"interventions.{kind}.reach": reach, f"interventions.{kind}.leave_hazard": leave}
    found = [reached({kind: line_of(kind)}, replicate=replicate, **numbers, **room(kind, p))[0] for p in places]
    assert all((less <= more).all() for less, more in zip(found[:-1], found[1:], strict=True))


@pytest.mark.parametrize("kind", JOINED)
def test_more_places_do_reach_more(kind):
    assert_nested([reached({kind: line_of(kind)}, **room(kind, places)) for places in (2, 15, 60)])


@pytest.mark.parametrize("kind", ["youth_hub", "wellbeing_hub", "group_people"])
def test_more_sites_reach_a_superset(kind):
    """Sites go to one neighbourhood after the other: each keeps what it had when there are more."""
    found = [reached({kind: f"{{where: all, sites: {sites}}}"}, residents=8000, **{f"interventions.{kind}.places_per_site": 20.0})
             for sites in (1, 3, 9)]
    assert_nested(found)


def test_more_money_reaches_a_superset():
    found = [reached({"youth_hub": f"{{where: {{top: 5, by: emergency_admissions}}, funding: {pounds}}}"}, residents=8000)
             for pounds in (150_000, 420_000, 900_000)]
    assert_nested(found)


def test_a_longer_list_has_the_shorter_one_in_it():
    """A team paid for more heads looks after the same people and more, and case-manages more of them."""
    found = [reached({"care_team_people": f"{{where: all, places: {heads}}}"}, **room("care_team_people", 10 ** 6))
             for heads in (200, 500, 900)]
    assert_nested(found)


def test_more_grants_reach_more_pupils():
    """More grants a round: each round's schools are those it had before and others."""
    found = [reached({"school_grant": f"{{where: all, sites: {grants}, every: 6}}"}, residents=20_000) for grants in (1, 4, 12)]
    assert_nested(found)


@settings(deadline=None, max_examples=8)
@given(st.sampled_from([*JOINED, "setting_people"]), st.lists(st.floats(0, 1), min_size=3, max_size=3, unique=True).map(sorted),
       st.integers(0, 20))
def test_higher_take_up_never_shrinks_reach_while_there_are_places(kind, shares, replicate):
    found = []
    for share in shares:
        numbers = {f"interventions.{kind}.reach": share, f"interventions.{kind}.leave_hazard": 0.0}
        found.append(reached({kind: line_of(kind)}, replicate=replicate, **numbers, **room(kind, 10 ** 6))[0])
    assert all((less <= more).all() for less, more in zip(found[:-1], found[1:], strict=True))


@pytest.mark.parametrize("kind", [*JOINED, "setting_people"])
def test_higher_take_up_does_reach_more(kind):
    key = f"interventions.{kind}.reach"
    assert_nested([reached({kind: line_of(kind)}, **{key: share}, **room(kind, 10 ** 6)) for share in (0.05, 0.3, 0.9)])


@pytest.mark.parametrize("kind", ["group_people", "open_access_people"])
def test_a_longer_run_reaches_a_superset(kind):
    """Money for longer: until the earlier end the two are one."""
    short, long = (reached({kind: line_of(kind, f"end: {end}, ")}) for end in ("2026-09", "2027-06"))
    assert_nested([short, long])
    assert (short[1][:6] == long[1][:6]).all()
