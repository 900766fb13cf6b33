"""Grants to settings: readiness and what others do to take-up move the schools that take a grant up, and the pupils in them."""
from copy import deepcopy

import numpy as np
import pytest

from nbhdsim.delivery import Pull
from nbhdsim.population import build
from nbhdsim.scenario import schema as scenarios
from nbhdsim.simulation import Simulation

HEAD = "schema: scenario/1\narea: {name: teaching-town, residents: 30000}\nstart: 2026-04\nmonths: 24\nhistory: 12\n"


@pytest.fixture(scope="module")
def before_a_round(tmp_path_factory):
    """A year into grants for all schools, the month before the second round."""
    file = tmp_path_factory.mktemp("s") / "s.yaml"
    file.write_text(HEAD + "interventions:\n  school_grant: {where: all, sites: 90, every: 12}\noverrides: {}\n", encoding="utf-8")
    loaded = scenarios.load(file)
    sim = Simulation(build(loaded), loaded)
    while sim.month < 12:
        sim.step()
    return sim


def taking_part(sim, take_up):
    """Pupils in, by row, after a round in which each one's take-up is `take_up` times what it was (None: as ever)."""
    delivery = deepcopy(sim.programmes[0]._delivery)
    pupils = delivery.rule.candidates.who
    delivery.advance(12, Pull(join=None if take_up is None else np.full(pupils.size, take_up, np.float32)))
    return delivery.members.inside, pupils


def test_take_up_moves_the_share_of_pupils_who_take_part(before_a_round):
    """reach w of the pupils, by schools below 1 and by pupils of the same schools above, up to all of them; nested in w."""
    school, last = before_a_round.world.script.school, np.zeros(0, int)
    plain, pupils = taking_part(before_a_round, None)
    assert np.array_equal(plain, taking_part(before_a_round, 1.0)[0])
    schools, some = np.unique(school[pupils]).size, []
    for w in (0.0, 0.4, 0.8, 1.0, 2.0, 4.0):
        inside, _ = taking_part(before_a_round, w)
        assert np.isin(last, inside).all()
        some.append(np.unique(school[inside]).size)
        error = 3.5 * pupils.size * 0.3 * np.sqrt(min(w, 1) * (1 - min(w, 1)) / schools) + 3.5 * np.sqrt(pupils.size * 0.21)
        assert inside.size == pytest.approx(pupils.size * min(0.3 * w, 1), abs=error), w
        last = inside
    assert some[0] == 0 < some[1] < some[2] < some[3] == some[4] == schools > 10


def test_a_school_that_takes_nothing_up_exposes_nobody(before_a_round):
    """Everyone in the setting is in it where their school takes the grant up, and nobody of another."""
    made = before_a_round.programmes[0].intervention
    future = before_a_round.programmes[0]._future
    exposure = made._rounds(future, 1.0)
    pupils = exposure.rule.candidates.who
    exposure.advance(0, Pull(join=np.full(pupils.size, 0.5, np.float32)))
    school = before_a_round.world.script.school
    inside = np.isin(pupils, exposure.members.inside)
    by_school = [np.unique(inside[school[pupils] == s]).tolist() for s in np.unique(school[pupils])]
    assert all(len(each) == 1 for each in by_school) and 0.1 < np.mean([each[0] for each in by_school]) < 0.9
