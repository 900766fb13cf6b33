"""Gaps at central values and the replicates they need: t intervals, coverage, and the rule that ends a pilot."""
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from nbhdsim.experiment import noise, replicates
from nbhdsim.experiment.asked import Asked
from nbhdsim.experiment.design import Design


def central(**scenarios):
    """Answers at draw 0 and a design without points."""
    rows = [pd.DataFrame({"label": "admissions", "scenario": name, "draw": 0, "replicate": np.arange(len(some)), "value": some})
            for name, some in scenarios.items()]
    count = max(map(len, scenarios.values()))
    return pd.concat(rows), Design((), np.zeros((0, 0)), np.zeros((0, 0)), None, None, np.zeros(0, np.int64), 1, count)


def judged(order, **scenarios):
    return noise.verdicts(*central(**scenarios), scenarios=order).set_index(["scenario", "against"])


def test_a_gap_is_that_of_a_paired_t_test():
    rng = np.random.default_rng(1)
    hub, team = rng.normal(-3, 1, 12), rng.normal(-3.2, 1, 12)
    found = judged(["nothing", "hub", "team"], hub=hub, team=team)
    assert list(found.index) == [("hub", "nothing"), ("team", "nothing"), ("team", "hub")]
    ours, test = found.loc[("team", "hub")], stats.ttest_rel(team, hub)
    assert (ours["low"], ours["high"]) == pytest.approx(tuple(test.confidence_interval()))
    assert (ours["verdict"] == "noise") == (test.pvalue > 0.05)
    assert found.loc[("hub", "nothing"), "verdict"] == "gap"


def test_what_is_shared_by_the_scenarios_is_no_noise():
    rng = np.random.default_rng(2)
    shared = rng.normal(0, 100, 8)
    found = judged(["nothing", "hub"], nothing=shared, hub=shared - 1 + rng.normal(0, 0.1, 8))
    assert found.loc[("hub", "nothing"), "verdict"] == "gap"


def test_so_many_replicates_are_enough_and_one_fewer_is_not():
    for mean, spread in ((1.0, 1.0), (0.3, 2.0), (-0.01, 1.0)):
        n = noise.needed(mean, spread)
        half = [stats.t.ppf(0.975, k - 1) * spread / np.sqrt(k) for k in (n - 1, n)]
        assert half[1] < abs(mean) <= half[0]
    assert noise.needed(1, 0) == 2 and np.isnan(noise.needed(0, 1)) and np.isnan(noise.needed(1e-9, 1))


def test_verdicts_in_words():
    found = judged(["nothing", "hub", "team", "grant"], hub=np.array([1.0, -1, 2, -1.5]), team=np.zeros(4), grant=np.array([3.0]))
    assert "this gap is noise" in found.loc[("hub", "nothing"), "words"]
    assert found.loc[("team", "nothing"), "verdict"] == "same" and found.loc[("grant", "nothing"), "verdict"] == "unknown"


def test_nobody_is_no_failure():
    found = judged(["nothing", "hub"], hub=np.full(4, np.nan))
    assert found.loc[("hub", "nothing"), "words"].endswith("there is nobody to take the mean of")
    pilot = replicates.judged({"a": np.array([9.0, np.nan, 10, 11])}, 0.001, most=4)
    assert pilot.replicates == 3 and pilot.sentence.endswith("in 1 of 4 there was nobody to take the mean of")


def test_nothing_is_taken_for_a_gap_once_in_twenty():
    rng = np.random.default_rng(3)
    told = [abs(mean) > half for mean, _, half in (noise.interval(rng.normal(size=8)) for _ in range(4000))]
    assert np.mean(told) == pytest.approx(0.05, abs=0.012)


def test_a_pilot_grows_until_the_error_is_small_enough_or_the_budget_is_used():
    rng, count, most = np.random.default_rng(4), replicates.first_count(100), 100
    some, sizes = rng.normal(10, 5, 100), [count]
    while replicates.relative_error(some[:count]) > 0.05 and count < most:
        count = replicates.next_count(count, most)
        sizes.append(count)
    assert sizes[:4] == [8, 16, 32, 64] and sizes[-1] in (64, 100)
    assert replicates.first_count(5) == 5 and replicates.next_count(64, 100) == 100


def test_what_ended_the_pilot_is_said():
    some = {"a": np.array([9.0, 11, 10, 10]), "b": np.array([8.0, 12, 10, 10])}
    done = replicates.judged(some, 0.1, most=64)
    assert done.enough and done.of == "b" and done.error == pytest.approx(np.std(some["b"], ddof=1) / 2 / 10)
    assert "ended by the error: 8.2% of the mean, at most 10%" in done.sentence
    short = replicates.judged(some, 0.0001, most=4)
    assert ", 0.01% asked for" in short.sentence
    assert ": 9700% of the mean" in replicates.judged({"a": np.array([-1.0, 1, -2, 3, 9]) - 1.98}, 0.1, most=5).sentence
    short = replicates.judged(some, 0.01, most=4)
    assert not short.enough and "ended by most (4)" in short.sentence and "about 267 replicates" in short.sentence


def test_a_mean_about_0_has_no_share_and_says_so():
    pilot = replicates.judged({"a": np.array([-1.0, 1, -2, 2.1])}, 0.05, most=4)
    assert not pilot.enough and "not told from 0" in pilot.sentence
    for some in ([-1.0, 1.0], [3.0], [np.nan, np.nan]):
        assert replicates.relative_error(np.array(some)) == np.inf
    assert replicates.relative_error(np.zeros(8)) == 0                         # known exactly, and it is 0
    assert "no replicate" in replicates.judged({}, 0.05, most=4).sentence


def test_the_named_answers_are_those_of_a_name_or_a_label():
    asked = [Asked("all", "bed_days", True, "all", "all", 0, "all", 0, 12, "all"),
             Asked("young", "bed_days", True, "all", "all", 0, "5-17", 0, 12, "age")]
    rows = pd.DataFrame({"label": ["all", "young", "all"], "scenario": "hub", "draw": 0, "replicate": [1, 0, 0],
                         "value": [1.0, 2, 3]})
    assert list(replicates.named(rows, asked, of="bed_days", count=8)) == ["all: hub", "young: hub"]
    assert list(replicates.named(rows, asked, of="all", count=8)["all: hub"]) == [3, 1]
    assert list(replicates.named(rows, asked, of="all", count=1)["all: hub"]) == [3]
