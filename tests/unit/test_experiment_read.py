"""Indices of an experiment from its answers: closed forms with the seed as a factor, and what can go wrong after the runs."""
import warnings

import numpy as np
import pandas as pd
import pytest

from nbhdsim import NbhdsimError, evidence, sensitivity, tables
from nbhdsim.experiment import read
from nbhdsim.experiment.design import Design
from nbhdsim.experiment.factors import Factor
from nbhdsim.sensitivity import DUMMY, METHODS, SEED, Problem

XYZ = ("x", "y", "z")
S1 = {"x": 0.227, "y": 0.319, "z": 0.0, SEED: 0.209, DUMMY: 0.0}
ST = {"x": 0.403, "y": 0.319, "z": 0.245, SEED: 0.278, DUMMY: 0.0}
"""Ishigami(7, 0.1) + 2 (1 + x3 / pi) e, shares of the variance of single runs."""


def designed(kind, n, *, seeded=True, repeats=1, factors=XYZ):
    """A design as `design.make` builds it, on factors that stand for u itself."""
    own = (*factors, *((SEED,) if seeded and kind != "morris" else ()), DUMMY)
    columns = tuple(Factor(address=name) for name in own)
    problem = Problem(own)
    u = sensitivity.design(METHODS[kind], problem, n, seed=3)[list(own)].to_numpy()
    first = np.zeros(len(u), np.int64)
    if SEED in own:
        first = np.array([columns[-2].value(x) for x in u[:, -2]], np.int64)
    elif kind == "morris" and seeded:
        first = np.arange(len(u)) // METHODS[kind].block(problem)
    return Design(columns, u, u, METHODS[kind], problem, first, repeats, 1)


def luck(seeds):
    """A standard normal number for each seed, a function of the seed alone."""
    return np.array([np.random.default_rng(int(s)).normal() for s in np.asarray(seeds).ravel()]).reshape(np.shape(seeds))


def ishigami(u):
    x = np.pi * (2 * u[:, :3] - 1)
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def answered(made, value, *, label="admissions", scenario="hub"):
    """The answers of a design: value(u, seeds) [points, repeats] as a frame."""
    seeds = made.first[:, None] + np.arange(made.repeats)
    draw = np.broadcast_to(np.arange(1, len(made.u) + 1)[:, None], seeds.shape)
    return pd.DataFrame({"label": label, "scenario": scenario, "draw": draw.ravel(), "replicate": seeds.ravel(),
                         "value": value(made.u, seeds).ravel()})


def noisy(u, seeds):
    return ishigami(u)[:, None] + 2 * (1 + (2 * u[:, 2:3] - 1)) * luck(seeds)


def last(table, index):
    return table[(table["n"] == table["n"].max()) & (table["index"] == index)].set_index("address")


def test_with_luck_as_a_factor_every_index_is_within_its_interval():
    made = designed("sobol", 512)
    reading = read.indices(answered(made, noisy), made, seed=3)
    for index, truth in (("S1", S1), ("ST", ST)):
        found = last(reading.table, index)
        for name, value in truth.items():
            assert found.loc[name, "low"] <= value <= found.loc[name, "high"], (index, name)
    assert last(reading.table, "ST").loc[DUMMY, "value"] == 0
    assert set(reading.table["design"]) == {"seed factor"} and set(reading.table["n"]) == {512 * 7, 256 * 7, 128 * 7}


def test_pairs_are_told_against_those_with_a_number_that_nothing_reads():
    made = designed("sobol_second_order", 128)
    reading = read.indices(answered(made, noisy), made, seed=3)
    pairs = last(reading.table, "S2").reset_index().set_index(["address", "other"])["value"]
    most = pairs[[key for key in pairs.index if DUMMY in key]].abs().max()
    assert any(f"S2 between -{most:.2f} and {most:.2f} may be chance" in note for note in reading.notes)


def test_means_over_replicates_speak_of_the_model_without_luck():
    made = designed("sobol", 512, seeded=False, repeats=8)
    reading = read.indices(answered(made, noisy), made, seed=3)
    total = last(reading.table, "ST")["value"]
    assert total["x"] == pytest.approx(0.558, abs=0.09) and total[DUMMY] == 0
    assert set(reading.table["replicates"]) == {8} and set(reading.table["design"]) == {"replicate means"}


@pytest.mark.parametrize("kind, n", [("sobol", 64), ("morris", 8)])
def test_a_model_that_is_not_reproducible_is_refused(kind, n):
    made, chance = designed(kind, n), np.random.default_rng(1)
    with pytest.raises(NbhdsimError, match=r"draws \d+ and \d+ have the same numbers and seed"):
        read.indices(answered(made, lambda u, seeds: ishigami(u)[:, None] + chance.normal(size=seeds.shape)), made, seed=3)


def test_a_trajectory_has_luck_of_its_own():
    made = designed("morris", 12)
    reading = read.indices(answered(made, lambda u, seeds: 3 * u[:, :1] + 10 * luck(seeds)), made, seed=3)
    found = last(reading.table, "mu_star")["value"]
    assert found["x"] == pytest.approx(3, rel=0.003) and found["y"] == found[DUMMY] == 0    # a straight line has one slope
    assert set(reading.table["design"]) == {"seed per trajectory"}
    assert any("y, z: no effect at all" in note for note in reading.notes)


@pytest.mark.parametrize("kind, n, said", [("morris", 8, True), ("rbd_fast", 64, True), ("sobol", 16, False)])
def test_rows_in_no_order_are_told_where_an_order_is_read_into_them(kind, n, said):
    made, law = designed(kind, n), evidence.load_baseline()[0]["baseline.admission.n"]
    made = made._replace(columns=(Factor(address="x", law=law, moves=("x",), own=True), *made.columns[1:]))
    notes = read.indices(answered(made, noisy), made, seed=3).notes
    assert any(note.startswith("x: rows that were fitted together") for note in notes) == said
    assert any("8 trajectories tell the large from the small roughly" in note for note in notes) == (kind == "morris")


def test_what_does_not_vary_is_named_and_the_rest_goes_on():
    made = designed("sobol", 64)
    both = pd.concat([answered(made, noisy), answered(made, lambda u, seeds: 0 * seeds + 3.0, label="deaths")])
    reading = read.indices(both, made, seed=3)
    assert set(reading.table["outcome"]) == {"admissions"} and "deaths does not vary: it has no indices" in reading.notes


def test_notes_name_their_answer_and_say_each_thing_once():
    """An answer whose name is in an address, too; what is not settled is one note for all numbers."""
    made = designed("sobol", 16, factors=("x.deaths", "y", "z"))
    notes = read.indices(answered(made, noisy, label="deaths"), made, seed=3).notes[1:]
    assert all(note.startswith("deaths: ") for note in notes)
    assert sum("moved by" in note for note in notes) == 1 == sum("not known to within" in note for note in notes)


def test_a_method_prints_nothing_of_its_own():
    made = designed("delta", 64)
    with warnings.catch_warnings(record=True) as said:
        read.indices(answered(made, noisy), made, seed=3)
    assert not said


def test_scenarios_are_told_apart_where_there_are_several():
    made = designed("sobol", 64)
    both = pd.concat([answered(made, noisy), answered(made, lambda u, s: -noisy(u, s), scenario="team")])
    table = read.indices(both, made, seed=3).table
    one, other = (last(table[table["outcome"] == f"admissions: {name}"], "ST")["value"] for name in ("hub", "team"))
    pd.testing.assert_series_equal(one, other)


def test_a_failed_run_takes_its_block_with_it_and_many_are_refused():
    made = designed("sobol", 64)
    rows = answered(made, noisy)
    reading = read.indices(rows.drop(index=20), made, seed=3)
    assert set(reading.table.loc[reading.table["n"] == 63 * 7, "dropped"]) == {7}
    assert "7 of 448 runs left out" in "".join(reading.notes)
    reading = read.indices(rows.iloc[np.arange(len(rows)) % 40 > 0], made, seed=3)
    assert reading.table.empty and any("no indices" in note and "have no value" in note for note in reading.notes)


def test_a_mean_over_nobody_is_called_that():
    """Runs in which a group was empty worked; they have a row without a value, and one that failed has no row."""
    made = designed("sobol", 64)
    rows = answered(made, noisy)
    rows.loc[rows["draw"] == 9, "value"] = np.nan
    said = "".join(read.indices(rows[rows["draw"] != 20], made, seed=3).notes)
    assert "2 of 448 runs have no value: 1 failed or were not run, in 1 there was nobody to take the mean of" in said
    rows["value"] = np.where(rows["draw"] % 3 > 0, rows["value"], np.nan)
    reading = read.indices(rows, made, seed=3)
    assert reading.table.empty and any("nobody to take the mean of" in note for note in reading.notes)


def test_a_mean_with_a_failed_replicate_is_no_mean():
    made = designed("sobol", 64, seeded=False, repeats=4)
    rows = answered(made, noisy)
    reading = read.indices(rows[(rows["draw"] != 8) | (rows["replicate"] != 2)], made, seed=3)
    assert reading.table["dropped"].max() == 6


@pytest.mark.parametrize("kind, n, whole", [("sobol", 64, 32 * 7), ("morris", 8, 5 * 5), ("rbd_fast", 256, 0.7 * 256)])
def test_a_run_that_is_stopped_early_is_read_as_far_as_it_went(kind, n, whole):
    made = designed(kind, n)
    rows = answered(made, noisy)
    reading = read.indices(rows.iloc[:int(0.7 * len(rows))], made, seed=3)
    assert reading.table["n"].max() == int(whole) and "later ones were not run" in "".join(reading.notes)
    if kind == "sobol":
        small = designed(kind, 32)
        pd.testing.assert_frame_equal(reading.table, read.indices(answered(small, noisy), small, seed=3).table)


def test_means_of_a_run_that_is_stopped_early_have_the_replicates_that_all_points_have():
    made, order = designed("sobol", 32, seeded=False, repeats=4), ["replicate", "draw"]
    rows = answered(made, noisy).sort_values(order)
    reading = read.indices(rows.iloc[:int(0.6 * len(rows))], made, seed=3)
    assert set(reading.table["replicates"]) == {2} and "2 of 4 replicates" in "".join(reading.notes)


def test_runs_at_any_points_are_read_by_methods_that_can():
    made = designed("rbd_fast", 512)._replace(method=None, problem=None)
    rows = answered(made, noisy)
    reading = read.given(rows, made, name="rbd_fast")
    assert last(reading.table, "S1")["value"]["y"] == pytest.approx(0.319, abs=0.12)
    assert set(reading.table["design"]) == {"given data"}
    with pytest.raises(NbhdsimError, match="needs its own design"):
        read.given(rows, made, name="sobol")
    with pytest.raises(NbhdsimError, match="do not move all factors"):
        read.given(rows, made._replace(u=np.where(made.u > 0.9, np.nan, made.u)), name="rbd_fast")


def test_the_table_is_written_and_read_back(tmp_path):
    made = designed("morris", 8)
    table = read.indices(answered(made, noisy), made, seed=3).table
    tables.write_parquet(tables.to_arrow("indices", {name: table[name].to_numpy() for name in table}), tmp_path / "indices.parquet")
    tables.twins(tmp_path, {})
    back = tables.read(tmp_path, "indices")
    assert len(back) == len(table) and back["low"].isna().any() and list(back) == list(read.COLUMNS)
    assert (tmp_path / "csv" / "indices.csv").read_text().startswith("method,design,outcome,address,other,index,value,low,high,n,")


def test_an_index_that_is_0_within_its_interval_says_so():
    assert read.shown(0.03, -0.02, 0.08) == "about 0" and read.shown(-0.04, -0.09, 0.01) == "about 0"
    assert read.shown(0.001, 0.0004, 0.0016) == "about 0"
    assert read.shown(0.00123, 0.001, 0.0015, share=False) == "0.0012 (0.001 to 0.0015)"
    assert read.shown(0.3, 0.2, 0.4) == "0.30 (0.20 to 0.40)" and read.shown(1.5, np.nan, np.nan) == "1.50"
