"""Differences split by people, channel and programme: parts add up exactly, what is muted or alone is exactly 0."""
import sys
from itertools import permutations
from pathlib import Path

import pandas as pd
import pytest

from nbhdsim import cli, explain
from nbhdsim.explain import future, rebuilt, resident
from nbhdsim.explain.people import CIRCLES
from nbhdsim.explain.shares import add_up, shapley, subsets
from nbhdsim.rates import CHANNELS
from nbhdsim.report import explained

sys.path.insert(0, str(Path(__file__).parents[1] / "law"))
from towns import scenario

LINES = {"core_group": "{where: all, sites: 1}", "wellbeing_hub": "{where: all, sites: 2}", "health_walk": "{where: all, sites: 1}"}
READY = {CHANNELS["readiness"]: 0.5, "interventions.core_group.readiness": 0.4}
TOWN = """schema: scenario/1
name: {name}
area: {{name: teaching-town, residents: 300}}
start: 2026-04
months: 12
history: 12
interventions: {lines}
"""


def table(lines, *, overrides=None, futures=1, **more):
    """The table of one scenario of a small town."""
    some = scenario("some", lines, overrides=overrides, months=12, **more)
    plan = [future.Future(i, 0, i) for i in range(futures)]
    return explain.run(rebuilt.Case(rebuilt.beside_nothing([some]), plan, None), jobs=1)


@pytest.fixture(scope="module")
def whole():
    return table(LINES, overrides=READY, futures=2)


def values(frame, by):
    """Parts of one split by (replicate, outcome, part)."""
    return frame[frame["by"] == by].set_index(["replicate", "outcome", "part"])["value"]


@pytest.mark.parametrize("by", ["people", "channel", "programme", "share"])
def test_parts_add_up_bit_for_bit(whole, by):
    total = values(whole, "all").droplevel("part")
    sums = values(whole, by).groupby(level=["replicate", "outcome"]).sum()
    assert len(sums) and (sums == total[sums.index]).all() and (sums != 0).any()


def test_every_channel_and_circle_has_a_share(whole):
    for by, parts in (("channel", CHANNELS), ("people", CIRCLES[:2])):
        for part in parts:
            rows = whole[(whole["by"] == by) & (whole["part"] == part) & (whole["outcome"] == "expected_admissions")]
            assert (rows["value"] != 0).all(), part


def test_residents_of_the_circles_are_all_residents(whole):
    heads = whole[whole["by"].isin(["all", "people"])].groupby(["replicate", "outcome", "by"])["residents"].sum().unstack().dropna()
    assert heads["all"].round(6).equals(heads["people"].round(6))


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_muted_channel_is_exactly_nothing(channel):
    found = table(LINES, overrides={**READY, CHANNELS[channel]: 0})
    shares = values(found, "channel")
    assert (shares.xs(channel, level="part") == 0).all() and (shares != 0).any()


def test_one_programme_alone_has_no_interaction():
    found = values(table({"wellbeing_hub": LINES["wellbeing_hub"]}), "programme")
    assert (found.xs("interaction", level="part") == 0).all() and (found != 0).any()


def test_an_inert_programme_has_no_part():
    """Nothing it is pushed for, nothing alone, nothing together (an adjustment at rest)."""
    rest = "{where: all, effects: [{lever: connection, value: 0, at: 3}]}"
    found = table({"wellbeing_hub": LINES["wellbeing_hub"], "adjust": rest})
    for by in ("programme", "share"):
        assert (values(found, by).xs("adjust", level="part") == 0).all()
    assert (values(found, "programme").xs("interaction", level="part") == 0).all()
    assert (table({"adjust": rest})["value"] == 0).all()


def test_the_order_of_programmes_is_nobody_s_business(whole):
    again = table(dict(reversed(LINES.items())), overrides=READY, futures=2)
    pd.testing.assert_frame_equal(whole, again)


def test_where_time_passes_parts_add_up_too():
    found = table(LINES, overrides=READY, extra="ageing: true\n")
    for by in ("people", "channel", "programme"):
        sums = values(found, by).groupby(level=["replicate", "outcome"]).sum()
        assert (sums == values(found, "all").droplevel("part")[sums.index]).all()


def test_shapley_is_the_mean_over_all_orders():
    players = "abc"
    worth = {some: 7 * len(some) ** 2 + 5 * ("a" in some) + 11 * (some >= {"b", "c"}) for some in subsets(players)}
    mean = dict.fromkeys(players, 0.0)
    for order in permutations(players):
        for i, player in enumerate(order):
            mean[player] += (worth[frozenset(order[: i + 1])] - worth.get(frozenset(order[:i]), 0)) / 6
    found = shapley(players, worth)
    assert sum(found.values()) == worth[frozenset(players)]
    assert all(abs(found[p] - mean[p]) < 1 for p in players)


def test_rounded_parts_add_up_to_the_rounded_whole():
    assert sum(add_up([1.26, 1.26, -0.51, 0.0], 0.5)) == 2.0 and add_up([0.0, 0.3], 0.1)[0] == 0


@pytest.fixture
def at(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, lines in (("nothing", "{}"), ("hub", "{wellbeing_hub: {where: all, sites: 1}}")):
        (tmp_path / f"{name}.yaml").write_text(TOWN.format(name=name, lines=lines))
    return tmp_path


def test_a_run_folder_is_explained_as_it_was_run(at, capsys):
    """The whole of each future is the difference that its tables have, and the file says the same as the folder."""
    assert cli.main(["compare", "nothing.yaml", "hub.yaml", "--replicates", "2", "--draws", "1"]) == 0
    folder = next((at / "runs").glob("compare-*"))
    capsys.readouterr()
    assert cli.main(["explain", str(folder), "--futures", "3"]) == 0
    said = capsys.readouterr().out
    assert "By channel" in said and "mean of 3 futures (1 with sampled numbers, 2 with central ones)" in said
    assert "The answer of the run: " in said and "a year (mean of 1 future with sampled numbers)" in said
    assert [(f.draw, f.replicate) for f in rebuilt.case(str(folder), futures=3).futures] == [(1, 2), (0, 0), (0, 1)]
    assert rebuilt.case(str(folder), futures=1, central=True).futures[0].draw == 0
    mine, tables = pd.read_parquet(folder / "explain.parquet"), pd.read_parquet(folder / "outcomes.parquet")
    rows = tables[(tables["place"] == "all") & (tables["age"] == "all") & (tables["quintile"] == 0) & (tables["months"] == 1)
                  & (tables["month"] >= 0) & (tables["people"] == "all")]
    sums = rows.groupby(["outcome", "scenario", "draw", "replicate"], observed=True)["value"].sum().unstack("scenario")
    change = (sums["hub"] - sums["nothing"]).rename("run")
    both = mine[mine["by"] == "all"].set_index(["outcome", "draw", "replicate"]).join(change)
    assert len(both) and (both["value"] - both["run"]).abs().max() < 1e-9 and (both["value"] != 0).any()
    assert (folder / "csv" / "explain.csv").read_text().startswith("scenario,draw,replicate,outcome,by,part,value,residents\n")


def test_a_run_of_other_numbers_is_refused(at, capsys):
    assert cli.main(["run", "hub.yaml", "--replicates", "1", "--draws", "0"]) == 0
    file = next((at / "runs").glob("*/resolved.yaml"))
    file.write_text(file.read_text().replace("numbers: ", "numbers: 0", 1))
    assert cli.main(["explain", str(file.parent)]) == 2
    assert "run it again" in capsys.readouterr().err


@pytest.mark.parametrize("arguments, words", [
    (["."], "no resolved.yaml"), (["nothing.yaml"], "funds no programme"), (["hub.yaml", "--futures", "0"], "--futures: 0"),
    (["hub.yaml", "--resident", "99999"], "nobody has the id 99999 ("),
    (["hub.yaml", "--resident", "64000"], "those of its neighbourhood go from 0 to "),
    (["hub.yaml", "--resident", "x"], "is not an id"),
])
def test_bad_input(arguments, words, at, capsys):
    assert cli.main(["explain", *arguments]) == 2
    said = capsys.readouterr()
    assert words in said.err and not said.out


def test_a_resident_s_path(at, capsys):
    """The futures part in the month in which someone joins, and are alike before it."""
    case = rebuilt.case("hub.yaml", futures=1, central=True)
    story, = resident.of(case, "some")
    path = story.path.set_index("month")
    before = path[path.index < story.first]
    assert (before["expected"] == before["expected_nothing"]).all() and len(path) == 12
    assert any(why.startswith("takes part in wellbeing_hub") for why in story.why)
    said = explained.resident(story, "do nothing")
    assert f"from month {story.first} on" in said and "never counted" in said
    assert resident.of(case, str(story.id))[0].first == story.first
