"""Figures: same bytes twice, described for screen readers, nothing outside the page, made-up rows."""

import math
import re

import pandas as pd
import pytest

from nbhdsim.comparison import NOT_MODELLED
from nbhdsim.report import figures

NAMES = ["hubs & school grants", "an accelerator with a rather long name for its service"]
SHOWN = (("emergency_admissions", "all"), ("life_satisfaction", "all"), ("life_satisfaction", "participants"), ("lonely", "all"),
         ("lonely", "participants"))
FUTURES = {"many": (6, 18), "central": (6, 0), "sampled": (2, 18), "few": (3, 4), "one": (1, 0)}


def tables(value=-100.0, futures="many", blank=()):
    """A comparison and ordinary change of two scenarios; blank: outcomes that are not modelled."""
    r, d = FUTURES[futures]
    out = []
    for i, n in enumerate(NAMES):
        for o, p in SHOWN:
            chance, both = (1.0 if known else math.nan for known in (r > 4, d > 7))
            row = {"value": value * (i + 1) / (1 if o[0] == "e" else 1e4), "chance_low": value * 1.5 * chance,
                   "chance_high": -value * chance, "all_low": value * 2.5 * both, "all_high": value * both}
            row = dict.fromkeys(row, math.nan) if o in blank else row
            row |= {"error": math.nan}
            told = {"grade": "", "why": NOT_MODELLED} if o in blank else {"grade": "D", "why": ""}
            out.append({"scenario": n, "outcome": o, "people": p, "year": 0, **row, "covers_zero": False, "sign_unknown": False,
                        "replicates": r, "draws": d, **told})
    return pd.DataFrame(out), pd.DataFrame([{"scenario": "", "places": 364, "level": 6e4, "sd": 490.0 if r > 4 else math.nan}])


def test_same_tables_same_bytes(tmp_path):
    one, two = tmp_path / "1", tmp_path / "2"
    for folder in (one, two):
        folder.mkdir()
        figures.draw(folder, *tables(), reference="do nothing", names=NAMES)
    assert sorted(p.name for p in one.iterdir()) == ["admissions.png", "admissions.svg", "wellbeing.png", "wellbeing.svg"]
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


def both(comparison, ordinary):
    """Both pictures."""
    return (figures.admissions(comparison, ordinary, reference="x", names=NAMES)[0],
            figures.wellbeing(comparison, reference="x", names=NAMES)[0])


@pytest.mark.parametrize("futures", FUTURES)
@pytest.mark.parametrize("value, blank", [(-100.0, ()), (0.0, ()), (3.0, ("lonely",)), (3.0, [o for o, _ in SHOWN])])
def test_no_text_is_cut_off(value, blank, futures):
    with figures.mpl.rc_context(figures.STYLE):
        for figure in both(*tables(value, futures, blank)):
            canvas = figures.FigureCanvasAgg(figure)
            canvas.draw()
            box = figure.get_tightbbox(canvas.get_renderer())      # of everything drawn, in inches
            assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figures.WIDTH and box.y1 <= figures.HEIGHT


def texts(figure):
    """All that stands beside the axes of a figure."""
    return " ".join(text.get_text() for text in figure.texts)


def test_the_grade_of_the_evidence_stands_on_the_picture():
    for figure in both(*tables()):
        assert "Effects: evidence of grade D: judged." in texts(figure)


def test_the_foot_says_where_each_bar_lies():
    figure, _ = both(*tables())
    assert "thick around the mean with central numbers, thin around the dot" in texts(figure)


def test_one_future_and_few_have_no_ranges():
    for futures, said in (("one", "one simulated future"), ("few", "too few futures")):
        for figure in both(*tables(futures=futures)):
            assert said in texts(figure) and "90%" not in texts(figure) and "chance" not in texts(figure)
            assert all(len(line.get_xdata()) < 2 or len(set(line.get_xdata())) == 1 for ax in figure.axes for line in ax.lines)


def test_it_is_said_that_the_axis_of_those_who_take_part_is_wider():
    comparison, ordinary = tables()
    mine = (comparison["outcome"] == "life_satisfaction") & (comparison["people"] == "participants")
    ends = ["value", "chance_low", "chance_high", "all_low", "all_high"]
    comparison.loc[mine, ends] *= 40
    labels = [ax.get_xlabel() for ax in both(comparison, ordinary)[1].axes]
    assert labels[:2] == ["points of 10", "points of 10 (an axis 40 times as wide)"]
    assert [ax.get_xlabel() for ax in both(*tables())[1].axes][1] == "points of 10"


def test_what_is_not_modelled_has_words_and_no_dot():
    _, figure = both(*tables(blank=["lonely"]))
    ax = figure.axes[2]
    assert {text.get_text() for text in ax.texts} == {NOT_MODELLED}
    assert not [line for line in ax.lines if line.get_marker() == "o"]


def labels(figure):
    """The texts of a figure that say a change."""
    return [text for ax in figure.axes for text in ax.texts if "to" in text.get_text() or "no difference" in text.get_text()]


@pytest.mark.parametrize("value", [-100.0, 0.0])
def test_no_line_crosses_a_label(value):
    for figure in both(*tables(value)):
        assert labels(figure)
        for text in labels(figure):
            assert text.get_bbox_patch().get_facecolor()[:3] == (1, 1, 1)
            assert text.zorder > max(line.zorder for line in text.axes.lines if line.get_marker() == "None")


def test_numbers_have_a_minus_sign():
    said = [text.get_text() for text in labels(figures.admissions(*tables(), reference="x", names=NAMES)[0])]
    assert [text.replace("\N{MINUS SIGN}", "m") for text in said] == ["m100  (m250 to m100)", "m200  (m250 to m100)"]
    assert not any("-" in text for text in said)


@pytest.mark.parametrize(("value", "said"), [(0.0, "no difference in any future"), (1e-9, "within 0.0001 either way")])
def test_next_to_nothing_is_said_in_words(value, said):
    row = {"outcome": "life_satisfaction", "value": value, "chance_low": value, "chance_high": value, "all_low": value,
           "all_high": value, "error": 0.0, "replicates": 6, "draws": 18, "why": ""}
    assert figures._said(row) == said


def test_a_name_is_no_formula(tmp_path):
    comparison, ordinary = tables()
    odd = "a $x^{$ b"
    figures.draw(tmp_path, comparison.replace(NAMES[0], odd), ordinary, reference="x", names=[odd, NAMES[1]])
    assert ">a $x^{$ b<" in (tmp_path / "admissions.svg").read_text()
