"""Uncertainties apart: closed forms of a model whose variances are known, over pairs of opposite draws and independent ones."""
import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtri

from nbhdsim import NbhdsimError, tables
from nbhdsim.evidence import JUDGEMENT
from nbhdsim.experiment import anova, halves, laid, read, shares
from nbhdsim.experiment.design import Design
from nbhdsim.experiment.factors import Factor

FACTORS = (Factor(address=JUDGEMENT), *(Factor(address=name) for name in ("line", "curve", "inert")),
           Factor(address="spill", values=(0.05, 0)))
SWITCHES = ["spill"]
TIMES, MORE = np.array([1.5, 1.0]), np.array([0.5, 0.0])
"""The first structure makes what the numbers do half as large again, and adds to it."""
EACH = {JUDGEMENT: 1.0, "line": 1.5**2 / 3, "curve": 4 * (1 / 5 - 1 / 9), "inert": 0.0}
ALONE = {name: value * float((TIMES**2).mean()) for name, value in EACH.items()}
MEANS = 2 / 3 * TIMES + MORE
TRUE = {"structure": float(MEANS.var()), "numbers": sum(ALONE.values()), "judgement": ALONE[JUDGEMENT], "chance": 1.0}
WHOLE = TRUE["structure"] + TRUE["numbers"] + TRUE["chance"]


def designed(draws, repeats=2, *, pairs=True, rng=None):
    """As `design.make` builds an uncertainty: each draw in every structure, replicates shared by the structures."""
    rng = rng or np.random.default_rng(1)
    half = rng.random((draws // 2, 4))
    u = np.stack([half, 1 - half], 1).reshape(draws, 4) if pairs else rng.random((draws, 4))
    points = np.concatenate([np.repeat(u, 2, axis=0), np.tile([[0.25], [0.75]], (draws, 1))], 1)
    return Design(FACTORS, points, points, None, None, np.repeat(8 + np.arange(draws) * repeats, 2), repeats, 8)


def values(made, rng):
    """[structures, draws, replicates]: a normal score, a line, a parabola, and luck that structures share."""
    u = made.u[::2]
    x = 2 * u - 1
    numbers = ndtri(u[:, 0]) + 1.5 * x[:, 1] + 2 * x[:, 2] ** 2
    luck = rng.normal(size=(len(u), made.repeats))
    return TIMES[:, None, None] * numbers[:, None] + MORE[:, None, None] + luck


def answered(made, y, *, central=()):
    draw = np.broadcast_to(np.arange(1, len(made.u) + 1).reshape(-1, 2).T[..., None], y.shape)
    replicate = made.first.reshape(-1, 2).T[..., None] + np.arange(made.repeats)
    rows = pd.DataFrame({"draw": draw.ravel(), "replicate": replicate.ravel(), "value": y.ravel()})
    first = pd.DataFrame({"draw": 0, "replicate": np.arange(len(central)), "value": np.asarray(central, float)})
    return pd.concat([first, rows]).assign(label="admissions", scenario="hub")


def apart(made, y, **more):
    found = anova.apart(answered(made, y, **more), made, switches=SWITCHES)
    return found.parts.set_index("source"), found


def test_sums_of_squares_and_variances_add_up():
    made = designed(32)
    parts, _ = apart(made, values(made, np.random.default_rng(2)))
    for column in ("squares", "freedom", "variance", "share"):
        for whole, some in (("total", ["structure", "numbers", "chance"]), ("numbers", ["judgement", "other numbers"])):
            assert parts[column][some].sum() == pytest.approx(parts[column][whole], rel=1e-12), (column, whole)
    assert parts["share"]["total"] == 1 and parts["freedom"]["total"] == 2 * 32 * 2 - 1


@pytest.mark.parametrize("pairs", [True, False])
def test_variances_are_unbiased(pairs):
    rng, found = np.random.default_rng(3), []
    for _ in range(300):
        made = designed(16, pairs=pairs, rng=rng)
        y = values(made, rng)
        rows = anova.parts(laid.Laid(y, made.u[::2, :4], pairs, np.nan, 0), FACTORS[:4])
        found.append({row["source"]: row["estimate"] for row in rows})
    table = pd.DataFrame(found)
    for source, truth in TRUE.items():
        assert abs(table[source].mean() - truth) < 3.5 * table[source].sem(), source


def test_many_draws_give_the_closed_form_and_each_structure_its_mean():
    made = designed(2000)
    parts, found = apart(made, values(made, np.random.default_rng(4)))
    for source, truth in TRUE.items():
        assert parts["share"][source] == pytest.approx(truth / WHOLE, abs=0.05 if source == "judgement" else 0.02), source
    assert abs(parts["share"]["judgement"] - TRUE["judgement"] / WHOLE) < 3 * parts["error"]["judgement"] < 0.1
    assert list(found.structures["structure"]) == ["spill 0.05", "spill 0"]
    for i, row in found.structures.iterrows():
        assert abs(row["mean"] - MEANS[i]) < 3 * row["error"]
    second = found.structures.iloc[1]
    assert abs(second["change"] + 0.5 + 1 / 3) < 3 * second["change_error"] < 3 * second["error"]


@pytest.mark.parametrize("pairs", [True, False])
def test_shares_are_unbiased_and_within_their_intervals(pairs):
    rng, found = np.random.default_rng(5), []
    for _ in range(40):
        made = designed(32, pairs=pairs, rng=rng)
        one = shares.shares(answered(made, values(made, rng)), made, switches=SWITCHES)
        truth = one["address"].map(ALONE) / WHOLE
        found.append(one.assign(held=(one["low"] <= truth) & (truth <= one["high"])))
    table = pd.concat(found).groupby("address")
    for name, truth in ALONE.items():
        assert abs(table["variance"].mean()[name] - truth) < 3.5 * table["variance"].sem()[name], name
    assert table["held"].mean().mean() > 0.88


def test_bars_stand_where_the_answer_would():
    made = designed(1000)
    found = shares.shares(answered(made, values(made, np.random.default_rng(6))), made, switches=SWITCHES).set_index("address")
    middle = 2 / 3 * 1.5 + 0.5
    for name, low, high in ((JUDGEMENT, -1.5 * ndtri(0.95), 1.5 * ndtri(0.95)), ("line", -1.5 * 1.5 * 0.9, 1.5 * 1.5 * 0.9),
                            ("curve", 1.5 * 2 * (0.81 - 1 / 3), 1.5 * 2 * (0.81 - 1 / 3)), ("inert", 0, 0)):
        row = found.loc[name]
        assert (row["at_low"] - middle, row["at_high"] - middle) == pytest.approx((low, high), abs=0.5), name
        assert abs(row["at_high"] - row["at_low"] - (high - low)) < 3.5 * row["error"], name
    assert found.index[0] == JUDGEMENT and list(found.loc["line", ["value_low", "value_high"]]) == [0.05, 0.95]


def test_what_is_clear_is_taken_out_before_others_are_looked_at():
    """Of 60 numbers that do nothing and 32 draws, some seem to do as much as the two that do something."""
    rng, wrong = np.random.default_rng(10), 0
    for _ in range(6):
        half = rng.random((16, 62))
        u = np.stack([half, 1 - half], 1).reshape(32, 62)
        y = 10 * (2 * u[:, :1] - 1) + 5 * (2 * u[:, 1:2] - 1) + 0.3 * rng.normal(size=(32, 2))
        made = Design(tuple(Factor(address=f"x{i}") for i in range(62)), u, u, None, None, 2 * np.arange(32), 2, 1)
        draw, turn = np.indices(y.shape)
        rows = pd.DataFrame({"label": "a", "scenario": "hub", "draw": draw.ravel() + 1, "replicate": (2 * draw + turn).ravel(),
                             "value": y.ravel()})
        found = shares.shares(rows, made, switches=[])
        assert list(found["address"][:2]) == ["x0", "x1"] and found["clear"][:2].all()
        wrong += found["clear"][2:].sum()
        assert (found["at_high"] - found["at_low"])[2:].abs().max() < 2
    assert wrong <= 2


def test_a_failed_run_takes_its_draw_with_it_and_its_opposite():
    made = designed(32)
    y = values(made, np.random.default_rng(7))
    y[1, 5, 0] = np.nan
    parts, found = apart(made, y)
    assert parts["freedom"]["total"] == 2 * 30 * 2 - 1 and "8 futures left out" in "".join(found.notes)


def test_a_run_that_is_stopped_in_its_second_round_uses_the_first():
    made = designed(32)
    y = values(made, np.random.default_rng(7))
    y[:, 10:, 1] = np.nan
    parts, found = apart(made, y, central=np.random.default_rng(8).normal(size=8))
    assert parts["freedom"]["chance"] == 0 and parts["estimate"]["chance"] > 0
    assert any("chance is that of the replicates with central values" in note for note in found.notes)


def test_without_any_replicates_chance_is_within_numbers():
    made = designed(32, repeats=1)
    parts, found = apart(made, values(made, np.random.default_rng(7)))
    assert np.isnan(parts["share"]["chance"]) and any("chance is within numbers" in note for note in found.notes)
    assert parts["share"][["structure", "numbers"]].sum() == pytest.approx(1)


def test_what_comes_out_below_0_is_put_to_0_and_told():
    made = designed(16)
    rng = np.random.default_rng(11)
    parts, found = apart(made, np.broadcast_to(rng.normal(size=(16, 2)), (2, 16, 2)))
    assert parts["variance"].min() == 0 and parts["share"]["total"] == 1
    assert parts["squares"]["structure"] == pytest.approx(0, abs=1e-12)
    assert ("put to 0" in "".join(found.notes)) == bool((parts["estimate"] < -1e-9).any())


def test_without_switches_there_is_one_structure():
    made = designed(32)
    one = Design(FACTORS[:4], made.u[:32, :4], made.u[:32, :4], None, None, made.first[:32], 2, 8)
    y = values(made, np.random.default_rng(9))[:1]
    rows = answered(made, np.concatenate([y, y]))
    found = anova.apart(rows[rows["draw"] <= 32], one, switches=[])
    assert list(found.structures["structure"]) == ["as it is"] and found.parts.set_index("source")["share"]["structure"] == 0


def test_points_of_another_kind_and_too_few_draws():
    made = designed(32)
    with pytest.raises(NbhdsimError, match="not the same draws in every structure"):
        anova.apart(answered(made, values(made, np.random.default_rng(1))), made, switches=["line"])
    few = designed(4)
    found = anova.apart(answered(few, values(few, np.random.default_rng(1))), few, switches=SWITCHES)
    assert found.parts.empty and "too few draws" in found.notes[0]
    assert shares.shares(answered(few, values(few, np.random.default_rng(1))), few, switches=SWITCHES).empty


def test_shares_are_rows_of_the_table_of_indices(tmp_path):
    made = designed(32)
    found = shares.shares(answered(made, values(made, np.random.default_rng(1))), made, switches=SWITCHES)
    table = shares.indices(found, seed=1)
    assert list(table) == list(read.COLUMNS) and set(table["index"]) == {"share"}
    assert len(tables.to_arrow("indices", {name: table[name].to_numpy() for name in table})) == 4


def test_opposite_draws_make_two_independent_samples():
    u = np.random.default_rng(1).random((20, 3))
    assert halves.opposite(np.stack([u, 1 - u], 1).reshape(40, 3)) and not halves.opposite(np.concatenate([u, 1 - u]))
    y = np.random.default_rng(2).normal(size=(40, 2))
    assert sum((h.values**2).sum() for h in halves.halves(y, True)) == pytest.approx((y**2).sum())


def test_what_is_on_a_list_is_placed_by_its_place():
    factor = Factor(address="sites", values=(7, 14, 100))
    assert list(halves.score(factor, np.array([0.1, 0.5, 0.9, 1.0]))) == [-1, 0, 1, 1]
