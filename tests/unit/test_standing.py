"""Existing provision and cuts in a scenario file: what is refused, and where it is told."""
import pytest

from nbhdsim.errors import NbhdsimError

TOWN = """schema: scenario/1
area: {name: teaching-town, residents: 3000}
start: 2026-04
months: 24
history: 12
existing:
  homes: {kind: care_home_support, where: all, sites: 4}
  school_grant: {where: all, sites: 2, every: 12, payer: {school: 1.0}}
interventions:
"""
FIRST = TOWN.count("\n") + 1


def test_a_cut_is_told_in_full(load):
    lines = load("  cut: {stop: homes, start: 2026-10}\n  less: {stop: school_grant, end: 2026-12}\n").lines
    assert (lines["cut"].kind.id, lines["cut"].stop, lines["cut"].start, lines["cut"].end) == ("care_home_support", "homes", 6, 23)
    assert lines["less"].every == 12 and lines["less"].payers == {"school": 1.0} and lines["less"].end == 8
    assert lines["less"].kind.quantities["reach"].address == "interventions.less.reach"


def test_funded_again_the_cut_ends_the_month_before_or_never_was(load):
    again = load("  cut: {stop: homes, start: 2026-10}\n  homes: {start: 2027-04}\n").lines
    assert list(again) == ["cut"] and (again["cut"].start, again["cut"].end) == (6, 11)
    assert not load("  cut: {stop: homes}\n  homes: {kind: care_home_support, where: all, sites: 4}\n").lines


@pytest.mark.parametrize("lines, path, said", [
    ("  cut: {stop: home}\n", "interventions.cut.stop", "no existing provision 'home' (homes, school_grant); did you mean 'homes'"),
    ("  cut: {stop: homes}\n  more: {stop: homes}\n", "interventions.more.stop", "homes is stopped by cut already"),
    ("  cut: {stop: homes, start: 2026-03}\n", "interventions.cut.start", "before the scenario starts"),
    ("  cut: {stop: homes, sites: 2}\n", "interventions.cut.sites", "a cut has stop, where, start, end"),
    ("  homes: {start: 2026-06}\n", "interventions.homes", "a line of this name funds it again after a line with `stop: homes`"),
    ("  cut: {stop: homes, start: 2026-10}\n  homes: {start: 2026-09}\n", "interventions.homes.start", "2026-09 is before the cut"),
    ("  cut: {stop: homes}\n  homes: {start: 2026-09, sites: 3}\n", "interventions.homes.sites", "funded again as it was"),
    ("  cut: {stop: homes, end: 2027-03}\n  homes: {start: 2026-09}\n", "interventions.cut.end", "leave one of them out"),
    ("  cut: {stop: homes, where: {quintile: [6]}}\n", "interventions.cut.where.quintile[0]", "6"),
])
def test_cuts_that_cannot_be(load, lines, path, said):
    with pytest.raises(NbhdsimError) as error:
        load(lines)
    assert [(p.path, said in p.message) for p in error.value.problems] == [(path, True)], error.value.problems
    assert error.value.problems[0].line >= FIRST


def test_what_works_through_others_at_rest_can_be_cut_until_a_scenario_says_so(load):
    header = TOWN.replace("interventions:\n", "  it: {kind: library_hub, where: all, sites: 2}\ninterventions:\n")
    assert load("  cut: {stop: it}\n", header).lines["cut"].stop == "it"
    with pytest.raises(NbhdsimError) as error:
        load("  cut: {stop: it}\noverrides:\n  interventions.library_hub.handover: 0.1\n", header)
    assert [(p.path, "handover" in p.message) for p in error.value.problems] == [("interventions.cut", True)]


@pytest.mark.parametrize("line, path, said", [
    ("{kind: core_group, where: all, sites: 1}", "existing.it", "works through others"),
    ("{kind: link_worker, where: all, sites: 1}", "existing.it", "handover"),
    ("{kind: care_home, where: all, sites: 1}", "existing.it.kind", "did you mean 'care_home_support'"),
    ("{kind: youth_hub, where: all}", "existing.it", "has no amount"),
    ("{kind: youth_hub, where: {same_as: homes}, sites: 1}", "existing.it.where.same_as", "by itself"),
    ("{kind: youth_hub, where: all, sites: 1, end: 2027-03}", "existing.it.end", "unknown key"),
    ("{kind: adjust, where: all}", "existing.it", ""),
])
def test_existing_provision_that_cannot_be(load, line, path, said):
    with pytest.raises(NbhdsimError) as error:
        load("", TOWN.replace("interventions:\n", f"  it: {line}\n"))
    found = [p for p in error.value.problems if p.path == path]
    assert found and said in found[0].message and found[0].line == 9, error.value.problems


def test_a_budget_counts_what_a_cut_saves(load):
    grants = "  cut: {stop: school_grant}\n  new: {kind: school_grant, where: all, sites: 2, every: 12}\n"
    assert load(grants + "  hub: {kind: youth_hub, where: all, funding: 150000}\nbudget: {pounds_a_year: 150000}\n").lines
    with pytest.raises(NbhdsimError, match="known only once history has been run"):
        load("  cut: {stop: homes, where: {quintile: [1, 2]}}\n  hub: {kind: youth_hub, where: all, funding: 150000}\n"
             "budget: {pounds_a_year: 150000}\n")
