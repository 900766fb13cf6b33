"""Open places and distance: neutral by default, stated reach at the site, halves by the half-distance."""
from pathlib import Path

import numpy as np
import pytest

from nbhdsim import population
from nbhdsim.scenario import schema
from nbhdsim.simulation import Simulation

TEXT = """schema: scenario/1
area: {{name: teaching-town, residents: 12000}}
start: 2026-04
months: 12
history: 12
interventions: {{wellbeing_hub: {{where: {{names: [teaching-town-003]}}, sites: 1}}}}
overrides:
  baseline.distance.half: {half}
  interventions.wellbeing_hub.places_per_site: {places}
"""


def enrolled(tmp_path: Path, half: float, places: int = 9000):
    (tmp_path / "s.yaml").write_text(TEXT.format(half=half, places=places), encoding="utf-8")
    scenario = schema.load(tmp_path / "s.yaml")
    sim = Simulation(population.build(scenario), scenario)
    while sim.month < 12:
        sim.step()
    return sim, sim.programmes[0]._delivery.rule


def test_by_default_only_the_funded_neighbourhood_comes(tmp_path):
    sim, rule = enrolled(tmp_path, 0)
    assert set(sim.world.script.place[rule.candidates.who]) == {2}


@pytest.mark.parametrize("half", [0.8, 2.0])
def test_take_up_halves_with_the_half_distance_and_is_as_stated_at_the_site(tmp_path, half):
    (_, alone), (sim, rule) = enrolled(tmp_path, 0), enrolled(tmp_path, half)
    c, where = rule.candidates, sim.world.places
    place = sim.world.script.place[c.who]
    distance = np.hypot(where.x - where.x[2], where.y - where.y[2])[place]
    at_site = alone.candidates.hazard[0]
    assert np.allclose(c.hazard, at_site * 2 ** (-distance / half), rtol=1e-4)
    assert (c.hazard[place == 2] == at_site).all() and np.unique(place).size > 3
    assert (c.site == 2).all()


def test_places_of_a_site_are_shared_out_and_never_more(tmp_path):
    sim, rule = enrolled(tmp_path, 2.0, places=60)
    assert rule.room.sum() == 60
    assert sim.programmes[0].rows()["members"].sum() == sim.members["wellbeing_hub"].inside.size <= 60
