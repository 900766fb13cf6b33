"""Every scenario that comes with the package: it can be read, stays within its budget, and can be compared with its do-nothing."""
from pathlib import Path

import pytest

from nbhdsim import experiment
from nbhdsim.scenario import schema

FOLDER = Path(__file__).parents[2] / "scenarios"
FILES = sorted(FOLDER.rglob("*.yaml"))
TOWN = FOLDER / "teaching-town.yaml"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(FOLDER)))
def test_a_scenario_is_told_of_and_can_be_compared(file):
    [scenario] = schema.load_all([str(file)])
    assert f"`{file.relative_to(FOLDER)}`" in (FOLDER / "README.md").read_text(), "every scenario has a line in scenarios/README.md"
    if file != TOWN:
        experiment.check_comparable(schema.load_all([str(file.with_name("do-nothing.yaml")), str(file)]
                                                    if scenario.lines else [str(file)]))
        assert bool(scenario.lines) == (file.name != "do-nothing.yaml")


def test_each_place_of_the_catalogue_has_scenarios():
    areas = {schema.load_all([str(file)])[0].area.name for file in FILES}
    assert areas == {"worcestershire", "wirral", "westminster-kensington", "teaching-town"}
