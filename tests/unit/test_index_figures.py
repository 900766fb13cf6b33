"""Pictures of indices: drawn from made-up tables, their main finding in the title and in the description, nothing cut off."""
import pandas as pd
import pytest

from nbhdsim.experiment.read import COLUMNS
from nbhdsim.report import figures, index_figures, pages
from nbhdsim.report.index_figures import Shown
from nbhdsim.report.labels import Question

QUESTION = Question("life satisfaction, 16+", "points of 10", 1.0, "do nothing")
REACH, SPILL = "interventions.integrated_neighbourhood_team.effects.admission_rr.area.at12", "baseline.spill_over.strength"
VALUES = {REACH: 0.6, SPILL: 0.01, "seed": 0.3, "dummy": 0.02}


def table(kinds, values, counts=(256,), half=0.05, many=0):
    """A table `indices`; many: how many numbers with hardly any effect it has besides."""
    values = {**values, **{f"baseline.network.n{i}": 0.001 for i in range(many)}}
    rows = [{"method": "x", "design": "seed factor", "outcome": "y", "address": a, "other": "", "index": kind, "value": value,
             "low": value - half, "high": value + half, "n": n, "replicates": 1, "seed": 1, "dropped": 0}
            for n in counts for kind in kinds for a, value in values.items()]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def shown(frame):
    return Shown(frame, "y", QUESTION, "'hub' against 'do nothing', teaching-town of 900 residents, years 1 to 2")


def whole(page):
    """Is everything that is drawn on the page?"""
    with figures.mpl.rc_context(figures.STYLE):
        canvas = figures.FigureCanvasAgg(page.figure)
        canvas.draw()
        box, (wide, high) = page.figure.get_tightbbox(canvas.get_renderer()), page.figure.get_size_inches()
    return box.x0 >= 0 and box.y0 >= 0 and box.x1 <= wide and box.y1 <= high


@pytest.mark.parametrize("kinds", [("S1", "ST"), ("S1",), ("delta", "S1"), ("pawn_median",), ("mu_star",)])
def test_bars_of_each_method_name_what_matters(kinds):
    with figures.mpl.rc_context(figures.STYLE):
        page = index_figures.bars(shown(table(kinds, VALUES, many=30)))
    assert page.told.title.startswith(
        "'integrated neighbourhood team: effect on admissions, whole area, month 12' moves the change")
    assert f"({REACH})" in page.told.description and "22 numbers with less" in page.told.note
    assert whole(page)


def test_luck_above_every_number_is_the_message():
    page = index_figures.bars(shown(table(("S1", "ST"), {**VALUES, "seed": 0.9})))
    assert page.told.title.startswith("Luck moves the change in life satisfaction most in a single run; of the numbers, ")


def test_numbers_below_the_dummy_are_not_called_first():
    page = index_figures.bars(shown(table(("S1", "ST"), {SPILL: 0.01, "dummy": 0.02})))
    assert page.told.title == "No number moves the change in life satisfaction more than one the model does not read"


def test_luck_and_dummy_are_hatched():
    figure = index_figures.bars(shown(table(("ST",), VALUES))).figure
    assert [bool(bar.get_hatch()) for bar in figure.axes[0].patches] == [False, True, True, False]     # by size


def test_morris_names_those_above_the_dummy():
    with figures.mpl.rc_context(figures.STYLE):
        page = index_figures.morris(shown(table(("mu", "mu_star", "sigma"), VALUES, half=0.0, many=30)))
    assert page.told.title.startswith("Of 33 numbers, 'integrated neighbourhood team")
    assert "31 numbers with less" in page.told.description and whole(page)


def test_groups_have_no_sigma_and_so_no_points():
    assert index_figures.morris(shown(table(("mu_star",), VALUES))) is None


def test_pairs_that_surely_act_together_are_named():
    frame = table(("S2",), {REACH: 0.2}).assign(other=SPILL)
    page = index_figures.pairs(shown(frame))
    assert page.told.title.endswith("month 12 and spill-over: strength act together most") and whole(page)
    assert "No two numbers" in index_figures.pairs(shown(frame.assign(low=-0.1))).told.title
    assert index_figures.pairs(shown(table(("ST",), VALUES))) is None


def test_convergence_says_whether_the_indices_have_settled():
    still = table(("S1", "ST"), VALUES, counts=(64, 128, 256))
    with figures.mpl.rc_context(figures.STYLE):
        page = index_figures.convergence(shown(still))
    assert page.told.title == "Settled: twice as many runs hardly changed any index" and whole(page)
    moved = still.assign(value=still["value"].where((still["n"] < 256) | (still["address"] != SPILL), 0.3))
    assert index_figures.convergence(shown(moved)).told.title == (
        "Not settled: 'spill-over: strength' moved by 0.29 when the runs were doubled")
    assert "known roughly" in index_figures.convergence(shown(still.assign(low=-1.0))).told.title
    assert index_figures.convergence(shown(table(("ST",), VALUES))) is None


def test_a_page_is_written_with_its_description(tmp_path):
    page = index_figures.bars(shown(table(("ST",), VALUES)))
    paths = pages.save([page], tmp_path)
    assert [p.name for p in paths] == ["indices-y.svg", "indices-y.png", "indices-y.txt"]
    assert "Residents are invented" in paths[2].read_text() and 'role="img"' in paths[0].read_text()


def test_names_are_kept_apart_and_inside():
    places = pages.spread([0.0, 0.0, 0.01, 1.0, 1.0], 0.1, (0.0, 1.0))
    assert min(abs(a - b) for i, a in enumerate(places) for b in places[:i]) > 0.0999
    assert min(places) >= 0 and max(places) <= 1
