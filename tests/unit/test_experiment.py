"""The plan of a run, how many processes it takes, and what may be compared."""

from types import SimpleNamespace

import pytest

from nbhdsim import experiment
from nbhdsim.errors import NbhdsimError
from nbhdsim.scenario import AreaSpec


def scenario(name="a", residents=3000, **changes):
    """As much of a scenario as the runner reads."""
    quantities = {"baseline.x": SimpleNamespace(value=changes.pop("value", 1.0), low=0, high=2, law="fixed")}
    given = {"name": name, "file": f"{name}.yaml", "area": AreaSpec(name="teaching-town", residents=residents), "seed": 1,
             "start": (2026, 4), "months": 60, "history": 24, "ageing": False, "quantities": quantities, "worth": {}}
    return SimpleNamespace(**given | changes)


def test_the_plan_pairs_draws_and_replicates():
    plan = experiment.plan(3, 2)
    assert [(f.draw, f.replicate) for f in plan] == [(0, 0), (0, 1), (0, 2), (1, 3), (2, 4)]
    assert [f.run for f in plan] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("replicates, draws, word", [(0, 1, "replicates"), (1, -1, "draws")])
def test_an_impossible_plan_is_refused(replicates, draws, word):
    with pytest.raises(NbhdsimError, match=word):
        experiment.plan(replicates, draws)


def test_more_replicates_leave_earlier_central_futures_as_they_are():
    assert experiment.plan(2, 0) == experiment.plan(5, 0)[:2]


def test_small_work_takes_one_process():
    assert experiment.processes(None, [scenario()], 24) == 1
    assert experiment.processes(8, [scenario()], 3) == 3
    with pytest.raises(NbhdsimError, match="--jobs"):
        experiment.processes(0, [scenario()], 3)


def test_large_work_takes_the_cores():
    assert experiment.processes(None, [scenario(residents=500_000)], 24) == min(experiment.cores(), 24)


def test_everything_that_keeps_scenarios_apart_is_said_at_once():
    with pytest.raises(NbhdsimError) as caught:
        experiment.check_comparable([scenario(), scenario(seed=2, months=24, value=2.0)])
    assert {p.path for p in caught.value.problems} == {"seed", "months", "baseline.x", "name"}
    experiment.check_comparable([scenario(), scenario("b")])
