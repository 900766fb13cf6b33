"""The evidence ledger: one table for the package, scenarios and runs; its order; what a headline hangs on."""
import json

import numpy as np
import pandas as pd
import pytest

from nbhdsim import documents, evidence, experiment, ledger, tables
from nbhdsim.errors import NbhdsimError
from nbhdsim.report import ledger as screen
from nbhdsim.scenario import schema

BASE = "schema: scenario/1\nname: {name}\narea: {{name: teaching-town, residents: 300}}\nstart: 2026-04\nmonths: 12\nhistory: 12\n"
HUB = BASE + "interventions: {{hub: {{kind: wellbeing_hub, sites: 1}}}}\noverrides:\n  interventions.hub.reach: 0.2\n"
EFFECT, HALVES = "interventions.hub.effects.admission_rr", "interventions.hub.decay_half_life_months"


@pytest.fixture
def load(tmp_path):
    """`load(name, text)`: the scenario of a text in which `name` is filled in."""
    def made(name, text):
        (tmp_path / f"{name}.yaml").write_text(text.format(name=name))
        return schema.load(tmp_path / f"{name}.yaml")
    return made


def test_the_package_has_every_number_and_table_once_weakest_first():
    frame = ledger.package()
    numbers, figures = evidence.load_baseline()
    assert list(frame.columns) == list(ledger.COLUMNS)
    assert {*numbers, *figures} <= set(frame["address"]) and frame["address"].is_unique
    assert frame["grade"].tolist() == sorted(frame["grade"], reverse=True)
    assert evidence.is_effect(frame["address"][0]) and not ledger.by_scenario(frame).any()


def test_a_table_of_figures_has_its_ends_and_no_value():
    row = ledger.package().set_index("address").loc["baseline.admission.season"]
    assert np.isnan(row["value"]) and (row["low"], row["high"], row["law"]) == (0.99, 1.03, "table")


def test_numbers_fitted_together_show_what_they_are_drawn_from():
    row = ledger.package().set_index("address").loc["baseline.admission.n"]
    assert row["low"] < row["value"] < row["high"] and row["law"] == "joint"


def test_a_scenario_rests_on_what_it_reads(load):
    addresses = set(ledger.of([load("hubs", "ageing: false\n" + HUB)])["address"])
    assert {EFFECT, "baseline.admission.rate", "economics.price_2024"} <= addresses
    assert not {a for a in addresses if a.startswith(("interventions.youth_hub", "economics.price_2010", *ledger.PASSING))}
    older = ledger.of([load("older", BASE)])
    assert {"baseline.mortality.rate", "baseline.births.rate"} <= set(older["address"])


def test_an_override_without_a_source_stands_first(load):
    frame = ledger.of([load("hubs", HUB + "  baseline.admission.trend: {{value: 0, source: a survey}}\n")])
    first = frame.iloc[0]
    assert first["address"] == "interventions.hub.reach" and (first["basis"], first["grade"]) == ("assumption", "D")
    assert ledger.by_scenario(frame).sum() == 1
    said = screen.text("Ledger", frame)
    assert "Assumed by the scenario, without a source: 1 number, listed first." in said
    assert "! interventions.hub.reach\n" in said and "  baseline.admission.trend\n" in said


def test_a_later_scenario_that_differs_has_a_row_of_its_own(load):
    frame = ledger.of([load("one", HUB), load("two", HUB.replace("0.2", "0.3")), load("three", HUB)])
    rows = frame[frame["address"].str.startswith("interventions.hub.reach")]
    assert rows["address"].tolist() == ["interventions.hub.reach", "interventions.hub.reach @ two"]
    assert rows["used_value"].tolist() == [0.2, 0.3]


def test_what_is_written_is_what_is_read(load, tmp_path):
    frame = ledger.of([load("hubs", HUB)])
    ledger.write_to(str(tmp_path / "deep" / "evidence.csv"), frame)
    pd.testing.assert_frame_equal(ledger.read(tmp_path / "deep"), frame)
    with pytest.raises(NbhdsimError, match="is a folder"):
        ledger.write_to(str(tmp_path), frame)
    with pytest.raises(NbhdsimError, match="is it a run folder"):
        ledger.read(tmp_path)


@pytest.fixture
def run(load, tmp_path):
    """`run(draws, headline)`: a run folder of do nothing and hubs whose change in draw d is `headline` of quantiles by address."""
    def made(draws, headline):
        scenarios = [load("nothing", BASE), load("hubs", HUB)]
        futures = experiment.plan(6, draws)
        drawn = experiment.draws_table(scenarios, futures)
        tables.write_parquet(tables.to_arrow("draws", drawn), tmp_path / "draws.parquet")
        u = pd.DataFrame(drawn).pivot(index="draw", columns="address", values="u")
        u["judgement"] = [evidence.judgement(seed=1, draw=d) for d in u.index]
        rows = [(s.name, f.draw, f.replicate, 100.0 + (headline(u.loc[f.draw]) if f.draw and s.name == "hubs" else 0))
                for s in scenarios for f in futures]
        names = ("scenario", "draw", "replicate", "value")
        fixed = {"month": 0, "months": 1, "place": "all", "quintile": 0, "age": "all", "people": "all", "of": "",
                 "outcome": ledger.HEADLINE, "residents": 300.0}
        outcomes = {name: [row[i] for row in rows] for i, name in enumerate(names)} | fixed
        tables.write_parquet(tables.to_arrow("outcomes", outcomes), tmp_path / "outcomes.parquet")
        (tmp_path / "manifest.json").write_text(json.dumps({"seed": 1}))
        whole = experiment.resolved(scenarios, name="x", replicates=6, draws=draws)
        (tmp_path / "resolved.yaml").write_text(documents.to_text(whole))
        ledger.write(tmp_path / ledger.FILE, ledger.of(scenarios))
        return tmp_path
    return made


def test_influence_is_the_share_of_variance_of_each_number(run):
    """Variances 4 and 1 of two uniforms: shares 0.8 and 0.2; everything else is told from nothing."""
    folder = run(150, lambda u: 2 * u[EFFECT] + u[HALVES])
    (hangs,) = ledger.complete(folder)
    frame = ledger.read(folder)
    share = frame.set_index("address")["influence"]
    assert (hangs.scenario, hangs.futures, hangs.why, hangs.chance) == ("hubs", 150, "", 0)
    assert share[EFFECT] == pytest.approx(0.8, abs=0.1) and share[HALVES] == pytest.approx(0.2, abs=0.1)
    assert frame["address"].tolist()[1:3] == [EFFECT, HALVES] and share.drop([EFFECT, HALVES]).fillna(0).sum() < 0.1
    assert np.isnan(share["interventions.hub.reach"]) and np.isnan(share["baseline.admission.rate"])
    assert ledger.by_grade(hangs, frame) == {"D": pytest.approx(1.0, abs=0.15)}
    said = screen.text("Ledger", frame, hangs=[hangs], width=110)
    assert "of the variance of its emergency admissions over 150 futures" in said and "grade D: judged" in said
    assert max(map(len, said.splitlines())) <= 110


def test_the_judgement_that_effects_share_counts_as_a_number_of_its_own(run):
    ledger.complete(folder := run(100, lambda u: u["judgement"]))
    assert ledger.read(folder).set_index("address")["influence"][evidence.JUDGED] > 0.95


@pytest.mark.parametrize("draws, headline, why", [
    (20, lambda u: u[EFFECT], "not enough draws: 20 futures with sampled numbers, 50 are needed"),
    (0, lambda u: 0, "not enough draws: 0 futures"),
    (60, lambda u: 3.0, "the same in every future")])
def test_why_there_is_no_influence(run, draws, headline, why):
    folder = run(draws, headline)
    (hangs,) = ledger.complete(folder)
    frame = ledger.read(folder)
    assert hangs.why.startswith(why) and frame["influence"].isna().all()
    assert why in (said := " ".join(screen.text("Ledger", frame, hangs=[hangs]).split())) and "rest on 2 stated effects" in said


@pytest.mark.slow
def test_numbers_that_do_nothing_are_given_nothing(run):
    """Nineteen times in twenty the best of all numbers stays below the noise."""
    over = 0
    for k in range(20):
        rng = np.random.default_rng(k)
        (hangs,) = ledger.complete(run(60, lambda u, rng=rng: rng.normal()))
        over += max(hangs.shares.values()) > hangs.noise
    assert over <= 3


def test_a_scenario_without_effects_on_the_headline_says_so(load):
    assert "No stated effect can reach emergency admissions" in screen.text("Ledger", ledger.of([load("nothing", BASE)]))


@pytest.mark.parametrize("width", [100, 120, 160])
def test_no_word_of_a_number_is_cut_off(width):
    """Sources, units and addresses stand in full, in lines that fit."""
    frame = ledger.package()
    said = screen.table(frame, width)
    assert ".." not in said and max(map(len, said.splitlines())) <= max(width, max(map(len, frame["address"])) + 2)
    words = set(said.split())
    for row in frame.head(40).to_dict("records"):
        assert set(f"{row['unit']} {row['source_by']}".split()) - words == set() or row["assumed"], row["address"]
