"""Figures: same bytes twice, described for screen readers, nothing outside the page, made-up rows."""

import re

import pandas as pd
import pytest

from nbhdsim.report import figures

NAMES = ["hubs & school grants", "an accelerator with a rather long name for its service"]


def tables(value=-100.0):
    """A comparison and ordinary change of two scenarios."""
    out = [
        {
            "scenario": n,
            "outcome": o,
            "people": p,
            "year": 0,
            "value": value * (i + 1) / (1 if o[0] == "e" else 1e4),
            "chance_low": value * 1.5,
            "chance_high": -value,
            "all_low": value * 2.5,
            "all_high": value,
            "noise": False,
            "replicates": 6,
            "draws": 18,
        }
        for i, n in enumerate(NAMES)
        for o, p in (
            ("emergency_admissions", "all"),
            ("life_satisfaction", "all"),
            ("life_satisfaction", "participants"),
            ("lonely", "all"),
            ("lonely", "participants"),
        )
    ]
    return pd.DataFrame(out), pd.DataFrame([{"scenario": "", "places": 364, "level": 6e4, "sd": 490.0}])


def test_same_tables_same_bytes(tmp_path):
    one, two = tmp_path / "1", tmp_path / "2"
    for folder in (one, two):
        folder.mkdir()
        figures.draw(folder, *tables(), reference="do nothing", names=NAMES)
    assert sorted(p.name for p in one.iterdir()) == [
        "admissions.png",
        "admissions.svg",
        "wellbeing.png",
        "wellbeing.svg",
    ]
    for file in one.iterdir():
        assert file.read_bytes() == (two / file.name).read_bytes()


def test_svg_is_described_and_dated_nowhere(tmp_path):
    figures.draw(tmp_path, *tables(), reference="do nothing", names=NAMES)
    for name in ("admissions", "wellbeing"):
        svg = (tmp_path / f"{name}.svg").read_text()
        assert f'role="img" aria-labelledby="{name}-title {name}-desc"' in svg
        assert f'<title id="{name}-title">' in svg and "hubs &amp; school grants" in svg
        assert "Residents are invented" in svg
        assert not re.search(r"<dc:date>|20\d\d-\d\d-\d\d", svg)


@pytest.mark.parametrize("value", [-100.0, 0.0, 3.0])
def test_no_text_is_cut_off(value):
    for make in (
        lambda t: figures.admissions(*t, reference="x", names=NAMES)[0],
        lambda t: figures.wellbeing(t[0], reference="x", names=NAMES)[0],
    ):
        with figures.mpl.rc_context(figures.STYLE):
            figure = make(tables(value))
            canvas = figures.FigureCanvasAgg(figure)
            canvas.draw()
            box = figure.get_tightbbox(canvas.get_renderer())      # of everything drawn, in inches
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figures.WIDTH and box.y1 <= figures.HEIGHT


def labels(figure):
    """The texts of a figure that say a change."""
    return [text for ax in figure.axes for text in ax.texts if "to" in text.get_text() or "change" in text.get_text()]


@pytest.mark.parametrize("value", [-100.0, 0.0])
def test_no_line_crosses_a_label(value):
    comparison, ordinary = tables(value)
    for figure in (
        figures.admissions(comparison, ordinary, reference="x", names=NAMES)[0],
        figures.wellbeing(comparison, reference="x", names=NAMES)[0],
    ):
        assert labels(figure)
        for text in labels(figure):
            assert text.get_bbox_patch().get_facecolor()[:3] == (1, 1, 1)
            assert text.zorder > max(line.zorder for line in text.axes.lines if line.get_marker() == "None")


def test_numbers_have_a_minus_sign():
    said = [text.get_text() for text in labels(figures.admissions(*tables(), reference="x", names=NAMES)[0])]
    assert [text.replace("\N{MINUS SIGN}", "m") for text in said] == ["m100  (m150 to +100)", "m200  (m150 to +100)"]
    assert not any("-" in text for text in said)


@pytest.mark.parametrize(("value", "said"), [(0.0, "no change"), (1e-9, "within 0.0001 either way")])
def test_next_to_nothing_is_said_in_words(value, said):
    row = {"outcome": "life_satisfaction", "value": value, "chance_low": value, "chance_high": value, "all_low": value,
           "all_high": value}
    assert figures._said(row) == said
