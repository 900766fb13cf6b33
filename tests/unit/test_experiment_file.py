"""Experiment files: what is varied, what is asked, and everything that is wrong said at once."""
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbhdsim import population, simulation, tables
from nbhdsim.errors import NbhdsimError
from nbhdsim.experiment import asked, design, factors, file, points, study

TOWN = """schema: scenario/1
name: {name}
area: {{name: teaching-town, residents: 300}}
start: 2026-04
months: 24
history: 12
"""
HUB = "interventions:\n  youth_hub: {where: all, sites: 1, start: 2026-04, end: 2028-03}\n"
ASKED = "outcomes: [{name: expected_admissions, over: years 1-2}, {name: child_referrals, as: level, over: months 3-14}]"


@pytest.fixture
def write(tmp_path: Path):
    """Writes an experiment on two small towns; returns its path."""
    (tmp_path / "nothing.yaml").write_text(TOWN.format(name="nothing"))
    (tmp_path / "hub.yaml").write_text(TOWN.format(name="hub") + HUB)

    def written(method: str, vary: str = "{}", more: str = ASKED) -> str:
        path = tmp_path / "study.yaml"
        path.write_text(f"schema: experiment/1\nmethod: {method}\nscenarios: [nothing.yaml, hub.yaml]\nvary: {vary}\n{more}\n")
        return str(path)
    return written


def said(path: str) -> str:
    """What is wrong with a file, the folder left out."""
    with pytest.raises(NbhdsimError) as caught:
        design.make(file.load(path), repeats=1, central=1)
    return str(caught.value).replace(str(Path(path).parent) + "/", "")


REACH = "interventions.youth_hub.reach"


@pytest.mark.parametrize("method, vary, more, message", [
    ("{kind: sobol, n: 100}", f"{{{REACH}: quantity}}", ASKED, "study.yaml:2:26: method.n: 100 is not a power of two (64 or 128"),
    ("{kind: sobol, n: 8}", "{}", ASKED, "vary: is required but missing: what a sobol varies"),
    ("{kind: sobol, n: 8}", "{interventions.youth_hub.raech: quantity}", ASKED, f"did you mean '{REACH}'?"),
    ("{kind: sobol, n: 8}", "{baseline.spill_over.strength: {law: uniform, low: 1, high: 0, bound: true, why: x}}", ASKED,
     "low 1 is not below high 0"),
    ("{kind: morris, n: 4}", "{scenario.stance: {values: [controlled, claimed]}}", ASKED, "its values have no order"),
    ("{kind: sobol, n: 8}", "{economics.wellby: quantity}", ASKED, "changes no run, only what its results are worth"),
    ("{kind: sobol, n: 8}", f"{{{REACH}: quantity}}", "outcomes: [{name: emergency_admission}]",
     "did you mean 'emergency_admissions'?"),
    ("{kind: sobol, n: 8}", f"{{{REACH}: quantity}}", "outcomes: [{name: emergency_admissions, over: years 1-9}]",
     "'years 1-9' is not within months 0-23 (years 1-2)"),
    ("{kind: sobol, n: 8}", f"{{{REACH}: {{values: [0.1, 2]}}}}", ASKED, "2 is impossible"),
    ("{kind: sobol, n: 8, groups: {a: [b]}}", f"{{{REACH}: quantity}}", ASKED, "'b' is not varied"),
    ("{kind: sobel, n: 8}", "{}", ASKED, "did you mean 'sobol'?"),
    ("{kind: sweep}", f"{{{REACH}: quantity}}", ASKED, "a grid needs values or steps"),
    ("{kind: sweep, design: list}", f"{{{REACH}: {{values: [0.1, 0.2]}}, baseline.spill_over.strength: {{values: [0, 0.1, 0.2]}}}}",
     ASKED, "a list needs as many values of each (2, 3 given)"),
    ("{kind: sweep}", "{scenario.interventions.youth_hub.sites: {values: [1, 0]}}", ASKED, "0 cannot be"),
    ("{kind: sobol, n: 8}", f"{{{REACH}: quantity}}", "replicates: {until: {error: 0.1, of: bed_days}, most: 8}",
     "'bed_days' is not asked for in outcomes"),
    ("{kind: sobol, n: 8}", "{baseline.admission.n: quantity, baseline.admission.s: quantity}", ASKED, "are one factor"),
    ("{kind: sobol, n: 8}", "{baseline.word_of_mouth.strength: quantity}", ASKED, "is exact (0)"),
    ("{kind: compare}", f"{{{REACH}: quantity}}", ASKED, "means nothing for a compare"),
    ("{kind: discover, n: 100, when: {outcome: expected_admissions, of: hib, below: 0}}", f"{{{REACH}: quantity}}", ASKED,
     "did you mean 'hub'?"),
    ("{kind: sobol, n: 8}", f"{{{REACH}: quantity}}", "outcomes: [{name: bed_days, people: others}]", "is not counted by people"),
    ("{kind: delta, n: 8}", f"{{{REACH}: quantity}}", ASKED, "study.yaml:2:26: method.n: 8 runs are too few"),
    ("{kind: sweep, design: sobol_points, n: 10}", f"{{{REACH}: quantity}}", ASKED, "2:48: method.n: 10 is not a power of two"),
    ("{kind: sweep}", f"{{{REACH}: {{low: 0.1, high: 0.2, steps: 1000}}, baseline.spill_over.strength: {{low: 0, high: 0.1, steps: "
     "1000}, baseline.admission.preventable: {low: 0.1, high: 0.2, steps: 1000}}", ASKED,
     "study.yaml:2:9: method: 1,000,000,000 points"),
    ("{kind: uncertainty, draws: 4}", "{scenario.interventions.youth_hub.sites: {values: [1, 2]}}", ASKED,
     "study.yaml:4:48: vary.scenario.interventions.youth_hub.sites: a knob with values belongs to `structure`"),
    ("{kind: sobol, n: 8}", f"{{{REACH}: {{law: loguniform, low: 0, high: 0.5, bound: true, why: x}}}}", ASKED,
     "4:62: vary.interventions.youth_hub.reach.low: a loguniform law needs numbers above 0"),
    ("{kind: sobol, n: 8}", "{scenario.interventions.youth_hub.sites: {law: loguniform, low: 0, high: 2, bound: true, why: x}}",
     ASKED, "a loguniform law needs numbers above 0"),
    ("{kind: sobol, n: 8}", f"{{{REACH}: {{law: beta, low: 0, high: 0.5}}}}", ASKED, "a beta law needs 0 < low < high < 1"),
    ("{kind: sobol, n: 8}", f"{{{REACH}: {{law: fixed, low: 0, high: 0.5}}}}", ASKED, "a fixed law does not vary"),
    ("{kind: sobol, n: 8}", f"{{{REACH}: {{law: uniform, low: 0, high: 0.5, steps: 3, bound: true, why: x}}}}", ASKED,
     "needs a law or steps, one of them"),
    ("{kind: sobol, n: 8}", f"{{{REACH}: {{}}}}", ASKED, "needs values, or low and high"),
    ("{kind: sobol, n: 8}", "{scenario.name: {values: [a, b]}}", ASKED, "is the same at every point"),
    ("{kind: sobol, n: 8}", "{scenario.months: {values: [12, 24]}}", ASKED, "is the same at every point"),
    ("{kind: discover, n: 100, when: {outcome: expected_admissions, of: nothing, below: 0}}", f"{{{REACH}: quantity}}", ASKED,
     "2:75: method.when.of: 'nothing' is what the others are compared with"),
    ("{kind: sobol, n: 8}", f"{{{REACH}: quantity}}", ASKED + "\nset: {baseline.spill_over.strength: 7}",
     "study.yaml:6:37: set.baseline.spill_over.strength: 7 is impossible"),
    ("{kind: sobol, n: 8}", f"{{{REACH}: quantity}}", ASKED + "\nviews: []", "6:8: views: must not be empty"),
    ("{kind: sobol, n: 8}", f"{{{REACH}: quantity}}", "outcomes: [{name: bed_days, place: Nowhere}]",
     "no place 'Nowhere' in teaching-town (all, "),
    ("{kind: sweep}", "{scenario.interventions.youth_hub.where: {values: [{top: 1}, {top: 2}]}}", ASKED,
     "a mapping is no single value: vary a key of it (scenario.interventions.wellbeing_hub.where.top), or write a"),
    ("{kind: compare, n: 6}", "{}", ASKED, "2:25: method.n: unknown key\n"),
    *(("{kind: sobol, n: 8}", f"{{scenario.interventions.youth_hub.sites: {{law: {law}, low: 1, high: 3{ends}}}}}", ASKED,
       "study.yaml:4:54: vary.scenario.interventions.youth_hub.sites.law: is a whole number in the scenario files "
       "(law integer with whole ends, or values)")
      for law, ends in (("uniform", ", bound: true, why: x"), ("triangular", ", bound: true, why: x"), ("split_normal", ""))),
    ("{kind: sobol, n: 8}", "{scenario.interventions.youth_hub.sites: {law: integer, low: 1, high: 3.5, bound: true, why: x}}",
     ASKED, "sites.high: an integer law has whole numbers as its ends"),
    ("{kind: sobol, n: 8}", "{scenario.history: {law: integer, low: 0, high: 12, bound: true, why: x}}", ASKED,
     "vary.scenario.history: 1 cannot be: 1 is not a multiple of 12"),
    ("{kind: sobol, n: 8}", "{scenario.interventions.youth_hub.funding: {law: split_normal, low: 130000, high: 900000}}", ASKED,
     "a split_normal law has no ends"),
    ("{kind: sobol, n: 8}", "{judgement: {law: uniform, low: 0, high: 1, bound: true, why: x}}", ASKED,
     "study.yaml:4:19: vary.judgement: has its own law, which all judged effects share: quantity"),
])
def test_what_is_wrong_is_said_at_its_place(write, method, vary, more, message) -> None:
    """Each mistake is one clear problem of the experiment file."""
    text = said(write(method, vary, more))
    assert message in f"{text}\n" and "study.yaml" in text


def test_what_is_wrong_of_scenarios_is_said_where_they_are_named(write) -> None:
    """A file that is not there and scenarios that cannot be compared: the experiment says which of its files."""
    path = Path(write("{kind: compare}"))
    text = path.read_text()
    path.write_text(text.replace("hub.yaml]", "hubs.yaml]"))
    assert re.fullmatch(r"study.yaml:3:27: scenarios\[1\]: .*hubs.yaml: no such file; did you mean 'hub.yaml'\?", said(str(path)))
    path.write_text(text.replace("hub.yaml]", "nothing.yaml]"))
    assert said(str(path)).startswith("study.yaml:3:12: scenarios: 'nothing' is the name of 2 scenarios")
    (path.parent / "short.yaml").write_text(TOWN.format(name="short").replace("24", "12"))
    path.write_text(text.replace("hub.yaml]", "short.yaml]"))
    assert "study.yaml:3:27: scenarios[1]: short.yaml: months: 12 differs from 24 in 'nothing'" in said(str(path))


def test_a_knob_that_cannot_be_is_said_once_and_patterns_may_overlap(write) -> None:
    """One mistake in an address is one problem, whatever the number of values; a number that two patterns name is one factor."""
    assert said(write("{kind: sobol, n: 8}", "{scenario.interventions.youth_hub.site: {values: [1, 2, 3]}}")).count("\n") == 0
    found = file.load(write("{kind: sobol, n: 8}", "{interventions.youth_hub.*: quantity, interventions.*: quantity}"))
    names = [factor.address for factor in found.factors]
    assert len(set(names)) == len(names) and REACH in names


def test_listed_values_need_no_law(write) -> None:
    """A number whose own law is beta may be varied over values."""
    found = file.load(write("{kind: sobol, n: 8}", "{baseline.admission.preventable: {values: [0.1, 0.3]}}"))
    assert found.factors[0].values == (0.1, 0.3)


def test_equal_steps_of_a_whole_number_are_whole(write) -> None:
    """A knob that takes whole numbers alone may be swept in steps of one."""
    found = file.load(write("{kind: sweep}", "{scenario.interventions.youth_hub.sites: {low: 1, high: 3, steps: 3}}"))
    assert repr(found.factors[0].values) == "(1, 2, 3)"


def test_what_stands_in_draw_0_is_what_it_ran_with(write) -> None:
    """A law of the experiment does not move the central values: they are those of the scenario files."""
    swept = "baseline.spill_over.strength: {law: uniform, low: 0, high: 0.15, bound: true, why: x}, scenario.interventions." \
        f"youth_hub.sites: {{values: [1, 2]}}, {REACH}: {{values: [0.1, 0.2]}}"
    found = file.load(write("{kind: sobol, n: 8}", f"{{{swept}}}"))
    table = study.draws(study.planned(found))
    central = dict(zip(table["address"][table["draw"] == 0], table["value"][table["draw"] == 0], strict=True))
    assert central == {a: found.scenarios[1].quantities[a].value for a in ("baseline.spill_over.strength", REACH)}


def test_morris_without_luck_of_its_own_has_means(write) -> None:
    """seed_factor: false means replicates that all points share, whatever the method."""
    for kind in ("morris", "sobol", "efast"):
        for more, repeats, central in (("seed_factor: false", 3, 3), ("seed_factor: true", 1, 3)):
            n = 128 if kind == "efast" else 4
            path = write(f"{{kind: {kind}, n: {n}, {more}}}", f"{{{REACH}: quantity}}", ASKED + "\nreplicates: 3")
            made = study.planned(file.load(path))
            assert (made.repeats, made.central) == (repeats, central), (kind, more)
            assert made.first.any() == (repeats == 1), kind


def test_steps_of_a_law_without_ends_stay_within_its_interval(write) -> None:
    """Morris' steps touch 0 and 1, where the error of judgement would have no size at all."""
    found = file.load(write("{kind: morris, n: 4}", f"{{judgement: quantity, {REACH}: {{values: [0.1, 0.2]}}}}"))
    made = study.planned(found)
    assert (made.u[:, 0].min(), made.u[:, 0].max()) == pytest.approx((0.05, 0.95))
    assert (made.u[:, 1].min(), made.u[:, 1].max()) == (0, 1)
    for u in (0.0, 1.0):
        moved = factors.moved(found.scenarios[1], factors.still(found.scenarios[1]), made.columns, u=[u, 0.5, 0.5])
        assert np.isfinite([q.value for q in moved.quantities.values()]).all()


def test_draws_of_everything_are_those_of_a_comparison(write) -> None:
    """An uncertainty that names nothing draws what `compare` draws: same numbers, same rows."""
    study = file.load(write("{kind: uncertainty, draws: 4}"))
    made = design.make(study, repeats=1, central=2)
    world = population.build(study.scenarios[0])
    task = points.Points(study.files, made.columns, made.u, asked=None)
    for future in made.futures()[2:]:
        ours = task(world, study.scenarios, future)
        theirs = simulation.simulate(world, study.scenarios, draw=future.draw, replicate=future.replicate)
        for name in theirs:
            assert tables.to_arrow(name, ours[name]).equals(tables.to_arrow(name, theirs[name])), name


def test_answers_are_those_of_the_whole_table(write) -> None:
    """What is kept of a run gives the same answers as everything would."""
    study = file.load(write("{kind: sweep}", f"{{{REACH}: {{values: [0.1, 0.3]}}}}"))
    made = design.make(study, repeats=1, central=1)
    world, names = population.build(study.scenarios[0]), [s.name for s in study.scenarios]
    found = []
    for wanted in (study.asked, None):
        task = points.Points(study.files, made.columns, made.u, asked=wanted)
        frames = [tables.to_arrow("outcomes", task(world, study.scenarios, f)["outcomes"]).to_pandas() for f in made.futures()]
        found.append(asked.answers(pd.concat(frames), study.asked, names))
    pd.testing.assert_frame_equal(*found)
    hub = found[0][(found[0]["label"] == "expected_admissions, years 1-2")]
    assert set(hub["scenario"]) == {"hub"} and hub["value"].nunique() > 1


def test_joint_numbers_move_together_and_whole_numbers_are_even(write) -> None:
    """A fitted row is one factor; an integer knob has every value equally often."""
    study = file.load(write("{kind: sweep, design: latin_hypercube, n: 90}",
                            "{baseline.admission.n: quantity, scenario.interventions.youth_hub.sites: "
                            "{law: integer, low: 1, high: 3, bound: true, why: axis}}"))
    joint, sites = study.factors
    assert {"baseline.admission.n", "baseline.admission.s"} <= set(joint.moves)
    made = design.make(study, repeats=1, central=1)
    assert sorted(np.unique([sites.value(u) for u in made.u[:, 1]], return_counts=True)[1]) == [30, 30, 30]


def test_what_is_varied_may_be_what_is_spent(write) -> None:
    """A budget holds for the file as it is; where the amount of a line is varied, it does not bind."""
    path = write("{kind: sweep}", "{scenario.interventions.youth_hub.sites: {values: [1, 2]}}")
    hub = Path(path).with_name("hub.yaml")
    hub.write_text(hub.read_text() + "budget: {pounds_a_year: 110000, tolerance: 0.02}\n")
    assert len(design.make(file.load(path), repeats=1, central=1).u) == 2


ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("path", sorted((ROOT / "experiments").glob("*.yaml")), ids=lambda path: path.name)
def test_an_experiment_of_the_package_has_a_plan_and_a_line(path: Path) -> None:
    """Every file in experiments/ loads, has a design, and stands in the README there."""
    assert len(study.planned(file.load(path)).futures()) > 1
    assert f"`{path.name}`" in path.with_name("README.md").read_text()


def test_the_pinned_example_is_an_experiment(tmp_path: Path) -> None:
    """The experiment in docs/interfaces.md, with the scenarios of the package."""
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "interfaces.md").read_text(), re.DOTALL)
    text = next(block for block in blocks if "schema: experiment/1" in block)
    path = tmp_path / "sobol-ten.yaml"
    path.write_text(text.replace("../scenarios", str(ROOT / "scenarios")))
    found = file.load(path)
    made = study.planned(found)
    assert made.u.shape == (256 * 7, 5) and made.central == 8 and found.asked[0].end == 36


def test_a_design_starts_with_the_design_of_half_its_size(write) -> None:
    """Doubling n keeps every future of a Sobol design, seeds included."""
    small, large = (design.make(file.load(write(f"{{kind: sobol, n: {n}}}", f"{{{REACH}: quantity}}")), repeats=1, central=1)
                    for n in (8, 16))
    assert large.futures()[:len(small.futures())] == small.futures()
    assert np.array_equal(large.u[:len(small.u)], small.u)
