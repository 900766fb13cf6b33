"""Worlds that several tests look at; each is built once."""
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from nbhdsim import areas, conditions, evidence, population
from nbhdsim.areas import Area
from nbhdsim.experiment import file
from nbhdsim.population import World
from nbhdsim.scenario import Scenario, schema

BUILD_VALUES = {
    "baseline.households.one_person": 0.3, "baseline.households.one_person_old": 0.5,
    "baseline.network.degree": 8.0, "baseline.network.degree_sd": 6.0, "baseline.network.local_share": 0.35,
    "baseline.network.age_correlation": 0.5, "baseline.network.clustering": 0.3,
    "baseline.network.age_mate_share": 0.3, "baseline.network.age_mate_correlation": 0.8,
}
FRAILTY = np.array([[1, 0, 0, 0]] * 4 + [[.9, .08, .015, .005], [.65, .25, .08, .02], [.45, .35, .15, .05],
                                         [.25, .4, .25, .1]])
HEALTH = population.Health(FRAILTY, conditions.read({a: q.value for a, q in evidence.load_baseline()[0].items()},
                                                    evidence.load_baseline()[1]))


def build(area: Area, *, seed: int = 1, number: int = 0, also: Mapping[str, float] | None = None, **values: float) -> World:
    """A world with the values above; keywords change `baseline.network.*`, `also` any value by its address."""
    changed = {f"baseline.network.{name}": value for name, value in values.items()}
    return population.build_world(area, seed=seed, population=number, values={**BUILD_VALUES, **changed, **(also or {})},
                                  health=HEALTH)


@pytest.fixture(scope="session")
def build_world() -> Callable[..., World]:
    """`build_world(area, seed=1, number=0, **network values)`."""
    return build


@cache
def _world(name: str) -> World:
    return build(areas.load(name))


@pytest.fixture(scope="session")
def town() -> World:
    """`teaching-town` of 3,000 residents."""
    return _world("teaching-town")


@pytest.fixture(scope="session")
def county() -> World:
    """`worcestershire`, 603,680 residents."""
    return _world("worcestershire")


@pytest.fixture
def load(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Scenario]:
    """`load(text)`: the scenario of a text that follows what the module has as TOWN, if anything."""
    def loaded(text: str, head: str = getattr(request.module, "TOWN", "")) -> Scenario:
        (tmp_path / "town.yaml").write_text(head + text, encoding="utf-8")
        return schema.load(tmp_path / "town.yaml")
    return loaded


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., file.Experiment]:
    """`write(method, vary=.., more=..)`: an experiment on two towns of 200 residents, one of them with a hub."""
    town = "schema: scenario/1\narea: {name: teaching-town, residents: 200}\nstart: 2026-04\nmonths: 12\nhistory: 0\n"
    (tmp_path / "nothing.yaml").write_text(town)
    (tmp_path / "hub.yaml").write_text(town + "interventions:\n  wellbeing_hub: {where: all, sites: 1}\n")

    def written(method: str, *, vary: str = "{interventions.wellbeing_hub.reach: quantity, baseline.spill_over.strength: quantity}",
                more: str = "outcomes: [{name: life_satisfaction}]") -> file.Experiment:
        path = tmp_path / "study.yaml"
        path.write_text(f"schema: experiment/1\nmethod: {method}\nscenarios: [nothing.yaml, hub.yaml]\nvary: {vary}\n{more}\n")
        return file.load(path)
    return written


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--golden` writes the golden tables anew."""
    parser.addoption("--golden", action="store_true", help="write tests/golden/*.csv anew; read the diff")
