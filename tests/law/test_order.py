"""Law 4: the order of programmes, of scenarios, of whoever works them out, is nobody's business: same rows, same bytes."""
import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from probes import PROBES, folder, line_of, scenario
from towns import LINES, world

from nbhdsim import experiment
from nbhdsim.scenario import schema
from nbhdsim.simulation import simulate
from nbhdsim.views import VIEWS

EVERY = {kind: line_of(kind) for kind in (*LINES, *PROBES) if not kind.endswith("_areas")}
SEVERAL = {"youth_hub": LINES["youth_hub"], "wellbeing_hub": LINES["wellbeing_hub"], "setting_people": line_of("setting_people"),
           "team": "{kind: care_team_areas, where: {top: 1, by: emergency_admissions}, places: 300}"}


def same(a, b):
    """Are two tables of a future the same, column by column, bit by bit?"""
    return a.keys() == b.keys() and all(np.array_equal(plain(a[name]), plain(b[name])) for name in a)


def plain(column):
    """A column as values: texts instead of (numbers, texts)."""
    return np.array(column[1], object)[column[0]] if isinstance(column, tuple) else np.asarray(column)


def of_scenario(table, name):
    """Rows of one scenario, sorted."""
    rows = pd.DataFrame({key: np.broadcast_to(plain(column), plain(table["scenario"]).shape) for key, column in table.items()})
    return rows[rows["scenario"] == name].sort_values(sorted(rows.columns), ignore_index=True)


@pytest.mark.parametrize("draw, replicate", [(0, 0), (3, 1), (4, 2)])
def test_programmes_in_another_order_give_the_same_tables(draw, replicate):
    """The same keys written in another order in the file: every table, every view."""
    order = np.random.default_rng(draw).permutation(sorted(EVERY)).tolist()
    nothing = scenario("nothing", {}, months=12)
    tables = [simulate(world(), [nothing, scenario("s", {key: EVERY[key] for key in keys}, months=12)], draw=draw,
                       replicate=replicate, views=VIEWS) for keys in (sorted(EVERY), order)]
    assert all(same(tables[0][name], tables[1][name]) for name in tables[0])
    assert tables[0]["delivery"]["joined"].sum() > 0


def test_scenarios_in_another_order_give_each_the_same_rows():
    """What is first is what others are compared with: only the rows of its people `of` the others can change hands."""
    three = [scenario("nothing", {}), scenario("several", SEVERAL), scenario("hub", {"wellbeing_hub": LINES["wellbeing_hub"]})]
    views = tuple(view for view in VIEWS if view != "people")
    first = simulate(world(), three, draw=2, replicate=1, views=views)
    for order in ([1, 2, 0], [2, 0, 1]):            # each of them in each place
        other = simulate(world(), [three[k] for k in order], draw=2, replicate=1, views=views)
        for table in first:
            for s in three:
                assert of_scenario(first[table], s.name).equals(of_scenario(other[table], s.name)), (table, s.name)


def test_people_are_compared_with_the_same_rows_wherever_their_scenario_stands():
    """Participants, contacts and others of each scenario: the same rows when do-nothing stays first."""
    three = [scenario("nothing", {}), scenario("several", SEVERAL), scenario("hub", {"wellbeing_hub": LINES["wellbeing_hub"]})]
    tables = [simulate(world(), [three[k] for k in order], draw=0, replicate=1, views=("people",))["outcomes"]
              for order in ([0, 1, 2], [0, 2, 1])]
    assert all(of_scenario(tables[0], s.name).equals(of_scenario(tables[1], s.name)) for s in three)
    assert len(of_scenario(tables[0], "hub"))


def test_company_changes_nobody():
    """A scenario alone with do-nothing has the rows it has among others."""
    nothing, several, hub = (scenario("nothing", {}), scenario("several", SEVERAL),
                             scenario("hub", {"wellbeing_hub": LINES["wellbeing_hub"]}))
    alone = simulate(world(), [nothing, hub], draw=0, replicate=3)
    among = simulate(world(), [nothing, several, hub], draw=0, replicate=3)
    for table in alone:
        assert of_scenario(alone[table], "hub").equals(of_scenario(among[table], "hub"))


TOWN = """schema: scenario/1
name: {name}
area: {{name: teaching-town, residents: 600}}
start: 2026-04
months: 12
history: 12
catalogue: {folder}
interventions: {lines}
"""


def run(folder_, jobs):
    """Hash of every table of two scenarios in a few futures, with one or more processes."""
    scenarios = []
    lines = "{" + ", ".join(f"{key}: {line}" for key, line in SEVERAL.items()) + "}"
    for name, its in (("nothing", "{}"), ("several", lines)):
        file = folder_ / f"{name}.yaml"
        file.write_text(TOWN.format(name=name, lines=its, folder=folder()), encoding="utf-8")
        scenarios.append(schema.load(file))
    made = experiment.run(scenarios, name="towns", replicates=2, draws=2, out=folder_ / f"jobs{jobs}", jobs=jobs)
    assert made.done == made.planned == 4
    files = (file for file in sorted(Path(made.folder).iterdir()) if file.suffix in (".parquet", ".csv"))
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files if file.stem != "timing"}


@pytest.mark.slow
def test_one_worker_or_two_write_the_same_bytes(tmp_path):
    """Every table but how long each future took."""
    one, two = run(tmp_path, 1), run(tmp_path, 2)
    assert one == two and {f"{name}.parquet" for name in ("outcomes", "costs", "delivery", "funded", "reach", "draws")} <= set(one)
