"""Volunteers' hours in whole towns: nothing without a limit, stalling without volunteers, more hours are never fewer places."""
import numpy as np
import pytest
import towns

LINES = {"walk": "{kind: health_walk, where: all, sites: 2}", "volunteers": "{kind: community_volunteering, where: all, sites: 2}"}
NUMBERS = {"interventions.walk.reach": 0.5, "interventions.walk.set_up_months": 0, "interventions.volunteers.reach": 0.3,
           "interventions.volunteers.set_up_months": 0}


def run(hours=None, *, lines=("walk",), more=None, months=8, extra="", numbers=None):
    """One future of a town with these lines; hours: a month in each district; numbers: further overrides."""
    extra += "" if hours is None else f"pools: {{volunteer_hours: {{each: {hours}}}}}\n"
    known = LINES | (more or {})
    numbers = {a: v for a, v in NUMBERS.items() if a.split(".")[1] in lines} | (numbers or {})
    scenario = towns.scenario("town", {key: known[key] for key in lines}, overrides=numbers, months=24, extra=extra)
    lane, = towns.lanes(scenario)
    for _ in range(months):
        lane.step()
    return lane


def delivered(lane, key, column):
    """A column of the delivery table of a programme, summed over places, by month."""
    return [float(rows[column].sum()) for name, _, rows in lane.delivered if name == key]


@pytest.mark.parametrize("lines", [("walk",), ("walk", "volunteers")])
def test_a_limit_that_does_not_bind_is_no_limit(lines):
    free, ample = run(lines=lines), run(1e6, lines=lines)
    for name, column in towns.state_of(free).items():
        assert np.array_equal(column, towns.state_of(ample)[name]), name
    assert all(np.array_equal(one, other) for one, other in zip(free.sums, ample.sums, strict=True))


def test_without_volunteers_it_stalls():
    lane = run(0)
    assert not lane.reached.any() and delivered(lane, "walk", "places") == [0] * 8


def test_volunteers_make_places_month_by_month():
    lane = run(0, lines=("walk", "volunteers"), months=12)
    members, places = delivered(lane, "volunteers", "members"), delivered(lane, "walk", "places")
    assert places[-1] > places[0] > 0
    for now, there in zip(members, places, strict=True):                   # 26 hours a year each, 1.2 a month a place
        assert there <= min(200, now * 26 / 12 / 1.2) + 1e-6
        assert there >= min(200, now * 26 / 12 / 1.2) - 4                  # whole places in each neighbourhood


def test_hours_end_with_those_who_gave_them():
    lane = run(0, lines=("walk", "volunteers"), more={"volunteers": LINES["volunteers"].replace("where", "end: 2026-09, where")})
    members, places = delivered(lane, "volunteers", "members"), delivered(lane, "walk", "places")
    assert members[5] > 0 == members[6] and places[5] > 0 == places[6]


def test_more_hours_only_ever_add_people():
    ever = [run(hours).programmes[0].reached for hours in (0, 30, 90, 150, 1000)]
    assert all(np.isin(few, many).all() for few, many in zip(ever, ever[1:], strict=False))
    assert len({len(some) for some in ever}) > 3


def test_two_that_rely_on_the_same_hours_have_the_same_share_of_their_places():
    lane = run(100, lines=("walk", "shed"), more={"shed": "{kind: health_walk, where: all, sites: 4}"}, months=1)
    one, other = (delivered(lane, key, "places")[0] for key in ("walk", "shed"))
    assert other == pytest.approx(100 / 1.2 - one, abs=4)


def test_hours_of_contacts_limit_outreach():
    line = {"tutors": "{kind: digital_inclusion, where: all, sites: 2}"}
    free, few = (run(hours, lines=("tutors",), more=line, months=8) for hours in (None, 20))
    assert delivered(few, "tutors", "contacts")[-1] == pytest.approx(20) and delivered(free, "tutors", "contacts")[-1] == 200
    assert 0 < few.reached.sum() < free.reached.sum()


def test_hours_hold_while_time_passes():
    lane = run(40, lines=("walk", "volunteers"), months=14, extra="ageing: true\n")
    assert 0 < delivered(lane, "walk", "places")[-1] <= 200


def test_hours_that_do_not_bind_leave_whole_contacts_as_they_are():
    line = {"tutors": "{kind: digital_inclusion, where: all, sites: 2}"}
    more = {"interventions.tutors.contacts_per_month": 11, "interventions.tutors.visits_a_month": 0.37}
    free, ample = (run(hours, lines=("tutors",), more=line, months=14, numbers=more) for hours in (None, 1e6))
    assert free.reached.sum() > 10 and np.array_equal(free.reached, ample.reached)


def test_hours_of_volunteers_are_there_until_their_programme_is_cut():
    existing = "existing: {stood: {kind: community_volunteering, where: all, sites: 4}}\n"
    plain, cut = (run(60, lines=("walk", *lines), more={"cut": "{stop: stood, start: 2026-08}"}, extra=existing)
                  for lines in ((), ("cut",)))
    before, after = (delivered(lane, "walk", "places") for lane in (plain, cut))
    assert before[:4] == after[:4] and after[4] < before[4] and after[-1] < before[-1]
