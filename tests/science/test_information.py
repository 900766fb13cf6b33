"""Value of information against closed forms: a linear model of normal numbers, with chance on top that must not be counted.

INB = m + sum of c_i x_i + chance. EVPI, EVPPI and EVSI are the loss integral (`information.loss`) with the SD that is known after
learning; a study of n units with SD t tells of x ~ N(0, 1) the share 1 / (1 + t^2 / n) of its variance.
"""
from functools import cache

import numpy as np
import pandas as pd
import pytest

from nbhdsim.economics import conditional, information, studies
from nbhdsim.economics.known import known
from nbhdsim.economics.studies import Study
from nbhdsim.errors import NbhdsimError

M, EFFECT, CHANCE = 1000.0, np.array([2000.0, 1500.0]), 3000.0
NUMBERS = 12


def run(draws, *, seed=0, replicates=30, chance=CHANCE, opposite=True):
    """(benefit, draws) of a run of this model, two options; the numbers beyond the first two do nothing."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(draws, NUMBERS))
    if opposite:
        x[1::2] = -x[:len(x[1::2]) * 2:2]
    index = pd.MultiIndex.from_tuples([(0, r) for r in range(replicates)] + [(d, 0) for d in range(1, draws + 1)],
                                      names=["draw", "replicate"])
    gain = M + np.concatenate([np.zeros(replicates), x[:, :2] @ EFFECT]) + chance * rng.normal(size=len(index))
    numbers = pd.DataFrame(x, index=pd.RangeIndex(1, draws + 1, name="draw"), columns=[f"x{i}" for i in range(NUMBERS)])
    return pd.DataFrame({"nothing": 0.0, "hubs": gain}, index=index), numbers


STUDIES = [Study("one", {"x0": 2.0}, (1, 4, 16, 4000), 100.0, 1.0), Study("both", {"x0": 2.0, "x1": 2.0}, (4, 4000), 300.0)]
GROUPS = {"x0": "real", "x1": "real", **{f"x{i}": "idle" for i in range(2, NUMBERS)}}


SEEDS = 8


@cache
def found(seed):
    """Value of information of a run of 300 draws."""
    benefit, numbers = run(300, seed=seed)
    return information.of(benefit, numbers, groups=GROUPS, studies=STUDIES)


def near(values, errors, truth):
    """Is the mean over runs within 3 of its standard errors of the truth, as the runs state them?"""
    return np.mean(values) == pytest.approx(truth, abs=3 * np.mean(errors) / np.sqrt(SEEDS))


def test_chance_is_not_counted_as_knowable():
    benefit, numbers = run(1000, replicates=200)
    total = information.of(benefit, numbers).total.iloc[0]
    truth = float(information.loss(M, np.hypot(*EFFECT)))
    assert total["evpi"] == pytest.approx(truth, abs=2 * total["error"]) and total["error"] < 0.2 * truth
    counted = information.perfect(benefit.loc[1:].to_numpy().T).evpi
    assert counted > 1.7 * truth
    assert total["chance"] == pytest.approx(CHANCE**2 / (CHANCE**2 + (EFFECT**2).sum()), abs=0.1)


def test_replicates_of_a_draw_are_averaged_first():
    """Eight futures a draw tell chance on their own, and leave an eighth of it."""
    benefit, numbers = run(400, replicates=0, chance=0.0)
    more = pd.concat({r: benefit.droplevel("replicate") for r in range(8)}, names=["replicate"])
    more = more.reorder_levels(["draw", "replicate"])
    more["hubs"] += CHANCE * np.random.default_rng(5).normal(size=len(more))
    what = known(more)
    assert what.chance[1, 1] == pytest.approx(CHANCE**2 / 8, rel=0.1)
    total = information.of(more, numbers).total.iloc[0]
    assert total["evpi"] == pytest.approx(information.perfect(benefit.to_numpy().T).evpi, rel=0.1)


@pytest.mark.slow
def test_numbers_and_groups_of_them_over_runs():
    runs = [found(seed) for seed in range(SEEDS)]
    tables = [each.numbers.set_index("address") for each in runs]
    for name, effect in zip(("x0", "x1"), EFFECT, strict=True):
        assert near(*([t.loc[name, column] for t in tables] for column in ("evppi", "error")), float(information.loss(M, effect)))
    assert sum(t.loc["x0", "seen"] for t in tables) >= SEEDS - 1
    assert sum(t["seen"].iloc[2:].any() for t in tables) <= 2           # numbers without effect, 5 in 100 runs
    groups = [each.groups.set_index("address") for each in runs]
    both = [[g.loc["real", column] for g in groups] for column in ("evppi", "error")]
    assert near(*both, float(information.loss(M, np.hypot(*EFFECT))))
    assert sum(g.loc["real", "seen"] for g in groups) == SEEDS and sum(g.loc["idle", "seen"] for g in groups) <= 2
    assert near([r.total["evpi"].iloc[0] for r in runs], [r.total["error"].iloc[0] for r in runs],
                float(information.loss(M, np.hypot(*EFFECT))))
    for each in runs:
        assert (each.numbers["evppi"] <= each.total["evpi"].iloc[0]).all()
        assert (each.groups["evppi"] <= each.total["evpi"].iloc[0]).all()


def test_the_mean_over_runs_is_the_closed_form():
    """64 to 256 draws, no bias to speak of, for numbers with an effect and without."""
    for draws, runs in ((64, 60), (256, 25)):
        each = np.array([information.partial(known(run(draws, seed=s)[0]).means, run(draws, seed=s)[1])[:3] for s in range(runs)])
        error = each.std(axis=0, ddof=1) / np.sqrt(runs)
        truth = [*information.loss(M, EFFECT), 0.0]
        assert each.mean(0)[:2] == pytest.approx(truth[:2], abs=2.5 * error.max())
        assert each.mean(0)[2] < 0.25 * truth[1]


def test_a_bent_and_a_stepped_effect_are_found():
    x = np.random.default_rng(3).uniform(size=(3000, 2))
    bent = np.stack([np.zeros(3000), 1000 * (x[:, 0] - 0.5) ** 2 - 60])
    assert information.partial(bent, x)[0] == pytest.approx(information.perfect(bent).evpi, rel=0.05)
    both = np.stack([np.zeros(3000), np.where(x[:, 0] > 0.8, 500.0, -200.0)])
    assert 0.8 < information.partial(both, x)[0] / information.perfect(both).evpi < 1      # a curve rounds a step off


def test_three_options_are_decided_between_together():
    x = np.random.default_rng(4).normal(size=(4000, 2))
    nb = np.stack([np.zeros(4000), 100 * x[:, 0], 100 * x[:, 0] - 100 * x[:, 1]])
    # knowing x0 alone: max(0, 100 x0) = 39.9; knowing x1 alone: max(0, -100 x1) = 39.9
    assert information.partial(nb, x) == pytest.approx([39.894, 39.894], rel=0.06)


@pytest.mark.slow
def test_studies_against_the_closed_form_over_runs():
    tables = [found(seed).studies.set_index(["study", "size"]) for seed in range(SEEDS)]
    mean = sum(table["evsi"] for table in tables) / SEEDS
    for size in (1, 4, 16, 4000):
        assert mean["one", size] == pytest.approx(float(information.loss(M, EFFECT[0] / np.sqrt(1 + 4 / size))), rel=0.2)
    for size in (4, 4000):
        truth = float(information.loss(M, np.hypot(*EFFECT) / np.sqrt(1 + 4 / size)))
        assert 0.7 * truth < mean["both", size] < 1.1 * truth      # a sum of shrunk curves tells a little too little
    for table in tables:
        assert (table["evsi"] <= table["ceiling"]).all() and (table["worth"] == (table["net"] > 0)).all()
        assert table.loc[("one", 16), "net"] == pytest.approx(table.loc[("one", 16), "evsi"] - 116)
        assert list(table["net"]) == sorted(table["net"], reverse=True)


def test_a_study_without_noise_in_the_runs_is_exact():
    """No chance, many draws: EVSI to one in a hundred, from sizes that tell nothing to sizes that tell all."""
    benefit, numbers = run(4000, chance=0.0, replicates=0, opposite=True)
    numbers = numbers[["x0", "x1"]]
    sizes = (1, 4, 16, 64)
    _, evsi = studies.gain(benefit.to_numpy().T, numbers[["x0"]].to_numpy(), [np.array([2 / np.sqrt(n)]) for n in sizes])
    truth = [float(information.loss(M, EFFECT[0] * np.sqrt(1 / (1 + 4 / n)))) for n in sizes]
    assert evsi == pytest.approx(truth, rel=0.05)
    assert evsi == sorted(evsi)


def test_a_study_on_a_log_scale_and_one_as_good_as_all_that_is_known():
    x = np.random.default_rng(6).normal(size=2000)
    nb = np.stack([np.zeros(2000), 1000 * x + 300])
    numbers = pd.DataFrame({"rr": np.exp(0.1 * x), "x": x})
    both = [Study("log", {"rr": 0.2}, (4,), 0.0, scale="log"), *studies.of_each(numbers, ["x"], cost=50.0)]
    evsi = studies.worth(nb, numbers, both).set_index(["study", "size"])["evsi"]
    truth = float(information.loss(300, 1000 * np.sqrt(0.5)))
    assert evsi.loc[[("log", 4), ("of x", 1)]].to_numpy() == pytest.approx([truth, truth], rel=0.08)


def test_all_of_a_group_is_worth_what_any_of_it_is():
    """One number with an effect among nine without, few draws: a sum of shrunk curves alone would say less."""
    benefit, numbers = run(100, seed=3, chance=500.0)
    only = numbers.drop(columns="x1")
    found = information.of(benefit, only, groups=dict.fromkeys(only, "all"),
                           studies=studies.of_each(only, {"x0": ["x0"], "all": list(only)}, cost=10.0))
    assert found.groups["evppi"].iloc[0] >= found.numbers["evppi"].iloc[0]
    evsi = found.studies.set_index(["study", "size"])["evsi"]
    assert evsi["of all", 4] >= evsi["of x0", 4] > evsi["of x0", 1] > 0


def test_studies_can_be_named_once_it_is_known_what_matters():
    benefit, numbers = run(100)
    found = information.of(benefit, numbers, groups=GROUPS, studies=lambda alone, many: studies.of_each(
        numbers, alone.loc[alone["seen"], "address"], cost=float(many["evppi"].iloc[0]), sizes=(1,)))
    assert found.studies["study"].tolist() == [f"of {a}" for a in found.numbers.loc[found.numbers["seen"], "address"]]


def test_more_decisions_are_worth_more_and_the_order_of_columns_nothing():
    benefit, numbers = run(100)
    once = information.of(benefit, numbers)
    often = information.of(benefit, numbers, times=10)
    turned = information.of(benefit[["hubs", "nothing"]], numbers[numbers.columns[::-1]])
    assert often.total["evpi"].iloc[0] == pytest.approx(10 * once.total["evpi"].iloc[0])
    assert often.numbers["evppi"].to_numpy() == pytest.approx(10 * once.numbers["evppi"].to_numpy())
    assert turned.numbers["address"].tolist() == once.numbers["address"].tolist()
    assert turned.numbers["evppi"].to_numpy() == pytest.approx(once.numbers["evppi"].to_numpy())


def test_too_few_draws_and_unknown_chance_are_said():
    benefit, numbers = run(24)
    few = information.of(benefit, numbers)
    assert few.why == "24 futures with sampled numbers are too few for the value of information (64 or more)"
    assert few.total.empty and few.numbers.empty and few.studies.empty
    benefit, numbers = run(70, replicates=1)
    unknown = information.of(benefit, numbers)
    assert unknown.total["evpi"].isna().all() and len(unknown.numbers) == NUMBERS
    benefit, numbers = run(70)
    with pytest.raises(NbhdsimError, match="draws without their numbers: 70"):
        information.of(benefit, numbers.drop(index=70))
    with pytest.raises(NbhdsimError, match="no such number varies in this run: gone"):
        information.of(benefit, numbers, studies=[Study("s", {"gone": 1.0}, (1,), 0.0)])
    with pytest.raises(NbhdsimError, match="s: measures and sizes"):
        Study("s", {}, (1,), 0.0)


def test_a_run_in_which_nothing_matters():
    benefit, numbers = run(80)
    flat = information.of(benefit * 0.0, numbers, groups=GROUPS, studies=STUDIES)
    assert flat.total["evpi"].iloc[0] == 0 and (flat.numbers["evppi"] == 0).all() and not flat.numbers["seen"].any()
    assert not flat.studies["worth"].any()
    alone = information.of(benefit[["hubs"]], numbers)
    assert alone.total["evpi"].iloc[0] == 0 and (alone.numbers["evppi"] == 0).all()
    assert information.of(benefit, numbers * 0.0).numbers.empty


def test_shrinking_takes_out_the_covariance_of_noise():
    rng = np.random.default_rng(0)
    away = rng.normal(size=(3, 500))
    away -= away.mean(1, keepdims=True)
    spread = conditional.covariance(away)
    assert conditional.covariance(conditional.without(away, 0.3 * spread)) == pytest.approx(0.7 * spread, abs=1e-9)
    assert conditional.without(away, 2 * spread) == pytest.approx(0 * away, abs=1e-9)
    assert conditional.without(away, 0 * spread) == pytest.approx(away, abs=1e-9)
