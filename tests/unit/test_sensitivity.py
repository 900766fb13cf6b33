"""Designs and indices: Ishigami's function against its closed form, the seed as a factor, and the traps of a stochastic model."""
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from nbhdsim import NbhdsimError
from nbhdsim.sensitivity import DUMMY, METHODS, SEED, Problem, _doubts, design, discover, indices

P = Problem(("x", "y", "z", DUMMY))
S1, ST = {"x": 0.314, "y": 0.442, "z": 0.0}, {"x": 0.558, "y": 0.442, "z": 0.244}      # of Ishigami(7, 0.1), closed form
SIZES = {"sobol": 512, "sobol_second_order": 256, "efast": 513, "rbd_fast": 1024, "hdmr": 2048, "morris": 20, "delta": 512,
         "pawn": 512}


def ishigami(u):
    x = np.pi * (2 * u - 1)
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def runs_of(name, n, problem=P, *, noise=None):
    runs = design(METHODS[name], problem, n, seed=3)
    y = ishigami(runs[["x", "y", "z"]].to_numpy())
    return runs.assign(out=y if noise is None else y + noise(runs))


def last(reading, index):
    table = reading.table[(reading.table["n"] == reading.table["n"].max()) & (reading.table["index"] == index)]
    return table.set_index("address")


@pytest.mark.parametrize("name", ["sobol", "sobol_second_order", "efast", "rbd_fast",
                                  pytest.param("hdmr", marks=pytest.mark.slow)])
def test_variance_shares_are_those_of_the_closed_form(name):
    reading = indices(METHODS[name], P, runs_of(name, SIZES[name]), y="out", seed=3)
    for index, truth in (("S1", S1), ("ST", ST)):
        found = last(reading, index)
        for factor, value in truth.items() if len(found) else ():
            assert found.loc[factor, "value"] == pytest.approx(value, abs=0.1 if name == "hdmr" else 0.06), (name, index, factor)


@pytest.mark.slow
def test_every_method_finds_the_number_that_nothing_reads():
    for name, method in METHODS.items():
        table = indices(method, P, runs_of(name, SIZES[name]), y="out", seed=3).table
        index = {"morris": "mu_star", "delta": "delta", "pawn": "pawn_median"}.get(name, "S1")
        found = table[(table["index"] == index) & (table["n"] == table["n"].max())].set_index("address")["value"]
        assert found.idxmin() == DUMMY or abs(found[DUMMY]) < 0.03, name


def noise_of(seeds, z):
    """Luck that depends on the seed alone, larger where z is."""
    value = np.array([np.random.default_rng(int(s)).normal() for s in seeds])
    return 2 * (1 + (2 * z - 1)) * value


def test_with_the_seed_as_a_factor_the_dummy_is_exactly_zero():
    problem = Problem(("x", "y", "z", DUMMY, SEED))
    runs = runs_of("sobol", 512, problem, noise=lambda r: noise_of(np.floor(r[SEED] * 2**31), r["z"].to_numpy()))
    reading = indices(METHODS["sobol"], problem, runs, y="out")
    total = last(reading, "ST")["value"]
    assert total[DUMMY] == 0
    assert total[SEED] == pytest.approx(0.278, abs=0.09)
    assert last(reading, "S1")["value"]["x"] == pytest.approx(0.227, abs=0.09)


def test_a_model_that_is_no_function_of_numbers_and_seed_is_refused():
    problem, luck = Problem(("x", "y", "z", DUMMY, SEED)), np.random.default_rng(1)
    with pytest.raises(NbhdsimError, match="same numbers and seed"):
        indices(METHODS["sobol"], problem, runs_of("sobol", 64, problem, noise=lambda r: luck.normal(size=len(r))), y="out")


@pytest.mark.parametrize("name, n", [("efast", 129), ("rbd_fast", 256), ("hdmr", 600), ("delta", 128), ("pawn", 128)])
def test_luck_has_no_index_where_it_cannot_be_seen(name, n):
    """It jumps from seed to seed: a curve, a slice and a polynomial would find nothing in it, or as much as in the dummy."""
    problem = Problem(("x", "y", "z", SEED, DUMMY))
    runs = runs_of(name, n, problem, noise=lambda r: noise_of(np.floor(r[SEED] * 2**31), r["z"].to_numpy()))
    reading = indices(METHODS[name], problem, runs, y="out", seed=3)
    assert SEED not in set(reading.table["address"]) and DUMMY in set(reading.table["address"])
    assert any("luck is in every run and has no index" in note for note in reading.notes)
    assert any("chance inflates every total index" in note for note in reading.notes) == (name in ("efast", "hdmr"))


def test_polynomials_have_as_many_terms_as_runs_allow():
    """With as many terms as runs a number that does nothing had a total index of 0.24, the largest of all no more than 0.5."""
    hdmr, problem = METHODS["hdmr"], Problem((*P.factors, "a", "b"))
    assert [hdmr.degree(problem, n) for n in (400, 800, 1600, 4000)] == [2, 3, 4, 6]
    runs = design(hdmr, problem, 400, seed=3)
    runs["out"] = runs["x"] + runs["y"] * runs["z"] + 0.2 * np.random.default_rng(1).normal(size=400)
    reading = indices(hdmr, problem, runs, y="out", seed=3)
    assert last(reading, "ST")["value"][[DUMMY, "a", "b"]].max() < 0.08
    assert any("degree 2 explain 7" in note for note in reading.notes)
    with pytest.raises(NbhdsimError, match=r"method.n: 600 runs are too few \(1,000 or more"):
        design(hdmr, Problem(tuple("abcdefghij")), 600, seed=1)
    with pytest.raises(NbhdsimError, match="needs two numbers"):
        design(hdmr, Problem(("x", SEED)), 600, seed=1)
    with pytest.raises(NbhdsimError, match="no more of a run than their mean"):
        indices(hdmr, problem, runs.assign(out=np.random.default_rng(2).normal(size=400)), y="out", seed=3)


@pytest.mark.parametrize("name", ["efast", "hdmr", "delta", "pawn", "morris", "sobol"])
def test_the_generator_that_all_share_is_left_as_it_was(name):
    np.random.seed(7)
    before = np.random.get_state()[1].copy()
    indices(METHODS[name], P, runs_of(name, {"hdmr": 400, "morris": 8}.get(name, 128)), y="out", seed=3)
    assert_array_equal(np.random.get_state()[1], before)


def test_without_the_seed_the_dummy_shows_what_chance_adds():
    luck = np.random.default_rng(1)
    reading = indices(METHODS["sobol"], P, runs_of("sobol", 256, noise=lambda r: 3 * luck.normal(size=len(r))), y="out")
    assert any("chance inflates" in note for note in reading.notes)


def test_a_design_of_half_the_size_is_its_beginning():
    half, whole = (design(METHODS["sobol"], P, n, seed=3) for n in (64, 128))
    pd.testing.assert_frame_equal(half, whole.iloc[:len(half)])
    table = indices(METHODS["sobol"], P, runs_of("sobol", 128), y="out").table
    assert sorted(set(table["n"])) == [6 * 32, 6 * 64, 6 * 128]


def test_order_of_rows_does_not_matter():
    runs = runs_of("sobol", 64)
    a, b = (indices(METHODS["sobol"], P, some, y="out").table for some in (runs, runs.sample(frac=1, random_state=1)))
    pd.testing.assert_frame_equal(a, b)


def test_a_failed_run_takes_its_block_with_it():
    runs = runs_of("sobol", 128)
    runs.loc[runs["row"] == 13, "out"] = np.nan
    reading = indices(METHODS["sobol"], P, runs, y="out")
    assert reading.table["dropped"].max() == 6
    assert "6 of 768 runs left out" in reading.notes[0]
    assert reading.table["value"].notna().all()


@pytest.mark.parametrize("change, words", [
    (lambda r: r.iloc[1:], "not the whole design"),
    (lambda r: pd.concat([r, r.iloc[:1]]), "not the whole design"),
    (lambda r: r.iloc[:-6], "63 blocks of 6 runs, and no design has that many"),
    (lambda r: r.assign(out=np.where(r["row"] % 20 < 2, np.inf, r["out"])), "have no value or stand in a block"),
])
def test_incomplete_tables_are_refused(change, words):
    with pytest.raises(NbhdsimError, match=words):
        indices(METHODS["sobol"], P, change(runs_of("sobol", 64)), y="out")


def test_curves_that_are_no_whole_design_are_refused():
    """A curve that is cut off would put every other one in the wrong place."""
    runs = runs_of("efast", 65)
    assert len(indices(METHODS["efast"], P, runs, y="out", seed=3).table)
    for some in (runs.iloc[:-4], runs.iloc[:-1]):
        with pytest.raises(NbhdsimError, match="not those of the design of seed 3"):
            indices(METHODS["efast"], P, some, y="out", seed=3)


def test_what_has_no_index_is_told():
    """One run in hundreds that is not like the others: shares of nothing are no shares."""
    for name in METHODS:
        runs = runs_of(name, 513 if name == "hdmr" else 65 if name == "efast" else max(64, SIZES[name] // 8))
        runs["out"] = (runs["row"] == runs["row"].max()).astype(float)
        try:
            reading = indices(METHODS[name], P, runs, y="out", seed=3)
        except NbhdsimError as error:
            assert {"delta": "too few different values", "hdmr": "no more of a run than their mean"}[name] in str(error)
            continue
        without = set(reading.table[reading.table["value"].isna() & (reading.table["n"] == len(runs))]["address"])
        assert without == {note.partition(":")[0] for note in reading.notes if "has no" in note}, name


def test_an_output_that_does_not_vary_is_named():
    for name in METHODS:
        reading = indices(METHODS[name], P, runs_of(name, SIZES[name]).assign(out=3.0), y="out")
        assert reading.table.empty and "does not vary" in reading.notes[0]


@pytest.mark.parametrize("name, n, problem, words", [
    ("sobol", 100, P, r"not a power of two \(64 or 128"),
    ("sobol", 64, Problem(("x", "x")), "given twice"),
    ("sobol", 64, Problem(()), "nothing to vary"),
    ("sobol", 64, Problem(("x", "y"), ("a",)), "1 groups for 2 factors"),
    ("sobol_second_order", 64, Problem(("x",)), "two factors"),
    ("efast", 64, P, "more than 64"), ("hdmr", 128, P, "300 or more"), ("morris", 3, P, "too few"), ("pawn", 8, P, "too few"),
    ("pawn", 128, Problem(("x", "y"), ("a", "a")), "no groups"),
])
def test_designs_that_cannot_be(name, n, problem, words):
    with pytest.raises(NbhdsimError, match=words):
        design(METHODS[name], problem, n, seed=1)


def test_more_alone_than_together_has_not_converged():
    table = pd.DataFrame({"address": ["x", "x", "y", "y"], "index": ["S1", "ST"] * 2, "value": [0.5, 0.3, 0.2, 0.15],
                          "low": [0.4, 0.25, 0.1, 0.05], "high": [0.6, 0.35, 0.3, 0.25], "n": 8})
    assert [note.partition(":")[0] for note in _doubts(table, "out")] == ["x"]


def test_groups_are_one_factor():
    problem = Problem(("x", "y", "z", DUMMY), ("move", "still", "move", "none"))
    reading = indices(METHODS["sobol"], problem, runs_of("sobol", 256, problem), y="out")
    found = last(reading, "ST")["value"]
    assert found["move"] == pytest.approx(ST["x"], abs=0.08) and found["none"] == 0


def test_a_box_is_found_and_nothing_else_is():
    u = np.random.default_rng(2).random((1000, 4))
    box = discover.discover(u, (u[:, 0] > 0.6) & (u[:, 1] < 0.4), "abcd")
    assert set(box.limits) == {"a", "b"} and box.density > 0.8 and box.coverage > 0.7
    assert_array_equal(box.inside(np.array([[0.9, 0.1, 0.5, 0.5], [0.1, 0.1, 0.5, 0.5]]), "abcd"), [True, False])
    assert discover.discover(u, np.random.default_rng(3).random(1000) < 0.3, "abcd") is None
    for case, words in ((np.ones(1000, bool), "every run"), (np.zeros(1000, bool), "no run")):
        with pytest.raises(NbhdsimError, match=words):
            discover.discover(u, case, "abcd")
