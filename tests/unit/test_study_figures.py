"""Which pictures a study has, from its template and made-up answers."""
import shutil
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from nbhdsim.experiment import TEMPLATES, anova, file, read, study
from nbhdsim.experiment.values import Answer
from nbhdsim.report import studies, study_figures

SMALL = {"n: 128": "n: 8", "n: 256": "n: 200", "draws: 32": "draws: 16", "draws: 24": "draws: 10"}
OWN = {
    "sensitivity": ["convergence-life-satisfaction-hub", "indices-life-satisfaction-hub", "tornado-life-satisfaction-hub"],
    "sweep": ["sweep-life-satisfaction-hub"],
    "uncertainty": ["apart-life-satisfaction", "spread-life-satisfaction"],
    "discover": ["box-life-satisfaction", "tornado-life-satisfaction-hub"],
    "compare": ["spread-expected-admissions", "spread-life-satisfaction"],
}


def made_up(found, made):
    """Answers that follow the first factor, and luck."""
    rows = []
    for one in found.asked:
        for k in range(len(made.u) + 1):
            turns = range(made.central) if k == 0 else range(int(made.first[k - 1]), int(made.first[k - 1]) + made.repeats)
            x = made.u[k - 1, 0] if k and made.u.shape[1] else 0.5
            rows += [(one.label, "hub", k, r, 0.004 * x + 0.0002 * np.random.default_rng(r).normal()) for r in turns]
    return pd.DataFrame(rows, columns=["label", "scenario", "draw", "replicate", "value"])


def test_the_unit_in_the_text_is_that_of_the_tables():
    names = ("lonely", "emergency_admissions", "expected_admissions")
    asked = [SimpleNamespace(label=name, name=name, difference=False) for name in names]
    found = SimpleNamespace(asked=asked)
    assert [studies._heading(found, one.label) for one in asked] == [
        "lonely (share)", "emergency_admissions (a year)", "expected_admissions (a year)"]


def test_each_structure_has_its_own_futures():
    found = file.load(TEMPLATES / "uncertainty.yaml")
    made = study.planned(found)
    switch = [f.address for f in made.columns].index("baseline.spill_over.strength")
    points = np.array([[made.columns[switch].number(u)] * made.repeats for u in made.u[:, switch]])
    rows = study_figures.strips(found, made, [Answer("life_satisfaction", "hub", "life_satisfaction", np.zeros(2), points)])
    assert [(row.called, set(row.values), row.told) for row in rows] == [
        ("hub, spill-over: strength 0.05", {0.05}, True), ("hub, spill-over: strength 0", {0.0}, False)]


@pytest.mark.slow
@pytest.mark.parametrize("kind", OWN)
def test_every_template_has_its_pictures_each_with_a_description(kind, tmp_path):
    for name in ("do-nothing", "hub", kind):
        shutil.copy(TEMPLATES / f"{name}.yaml", tmp_path)
    path = tmp_path / f"{kind}.yaml"
    text = path.read_text()
    for large, small in SMALL.items():
        text = text.replace(large, small)
    path.write_text(text)
    found = file.load(path)
    made = study.planned(found)
    answers = made_up(found, made)
    if kind == "sensitivity":
        studies.write(tmp_path, "indices", read.indices(answers, made, seed=1).table)
    if kind == "uncertainty":
        studies.write(tmp_path, "anova", anova.apart(answers, made, switches=["baseline.spill_over.strength"]).parts)
    paths = study_figures.draw(tmp_path, found, made, answers=answers)
    assert sorted({p.stem for p in paths}) == OWN[kind]
    assert {p.suffix for p in paths} == {".svg", ".png", ".txt"} and all(p.stat().st_size for p in paths)
