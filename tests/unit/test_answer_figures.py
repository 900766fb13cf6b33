"""Tornado, spread and parts of what is not known: drawn from made-up rows, with their main finding in title and description."""
import numpy as np
import pytest

from nbhdsim.evidence import NOBODY, Quantity
from nbhdsim.experiment.factors import Factor
from nbhdsim.report import answer_figures, figures
from nbhdsim.report.answer_figures import About, Strip
from nbhdsim.report.labels import Question

QUESTION = Question("often or always lonely, 16+", "percentage points", 100.0, "do nothing")
ABOUT = About("y", QUESTION, "'hub' against 'do nothing', teaching-town of 900 residents, years 1 to 2")
REACH = "interventions.wellbeing_hub.reach"


def whole(page):
    """Is everything that is drawn on the page?"""
    with figures.mpl.rc_context(figures.STYLE):
        canvas = figures.FigureCanvasAgg(page.figure)
        canvas.draw()
        box, (wide, high) = page.figure.get_tightbbox(canvas.get_renderer()), page.figure.get_size_inches()
    return box.x0 >= 0 and box.y0 >= 0 and box.x1 <= wide and box.y1 <= high


def factor(address):
    law = Quantity(address=address, value=0.1, unit="share of residents who become users in a year", low=0.0, high=0.2,
                   law="uniform", grade="D", source=NOBODY, why="", basis="assumption", stage="run")
    return Factor(address=address, law=law, moves=(address,))


def swing(address, low, high, clear=True):
    return {"address": address, "value_low": -5.55e-17, "value_high": 0.21, "at_low": low, "at_high": high, "clear": clear,
            "n": 128}


def tornado(rows):
    factors = [factor(a) if a not in ("dummy", "seed") else Factor(address=a) for a in (row["address"] for row in rows)]
    with figures.mpl.rc_context(figures.STYLE):
        return answer_figures.tornado(ABOUT, rows, factors, middle=0.002)


def test_a_tornado_names_the_longest_bar_with_its_values_and_unit():
    rows = [swing(f"baseline.network.n{i}", 0.0019, 0.0021, i < 2) for i in range(20)] + [
        swing("dummy", 0.002, 0.00205, False), swing("seed", 0.0, 0.1), swing(REACH, -0.01, 0.03)]
    page = tornado(rows)
    assert page.told.title == ("'wellbeing hub: reach' swings the change in 'often or always lonely' most: \N{MINUS SIGN}1.0 to "
                               "3.0 percentage points")
    assert f"wellbeing hub: reach ({REACH}) of 0 to 0.21 share of residents" in page.told.description
    assert "seed" not in page.told.description and "15 numbers not shown" in page.told.note
    assert whole(page)


def test_a_swing_that_chance_may_do_is_pale_and_not_the_message():
    page = tornado([swing(REACH, 0.001, 0.003, clear=False), swing("baseline.spill_over.strength", 0.0021, 0.0022, clear=False)])
    assert page.told.title == "No number clearly swings the change in 'often or always lonely'" and whole(page)
    assert {bar.get_alpha() for bar in page.figure.axes[0].patches} == {0.35}
    assert "no clear swing" in page.told.description


@pytest.mark.parametrize("values, title", [
    (np.linspace(0.001, 0.003, 41), "'hub, as it is': 0.110 to 0.290 percentage points in the middle 90% of futures"),
    (np.linspace(-0.001, 0.003, 41), "These futures do not show the direction of the change in 'often or always lonely'"),
])
def test_spread_says_the_range_or_that_the_direction_is_not_shown(values, title):
    with figures.mpl.rc_context(figures.STYLE):
        page = answer_figures.spread(ABOUT, [Strip("hub, central numbers", values / 10 + 1, told=False),
                                             Strip("hub, as it is", np.append(values, np.nan))])
    assert page.told.title == title and "(41 futures)" in page.told.description and whole(page)


PARTS = {"structure": 0.1, "numbers": 0.6, "judgement": 0.25, "other numbers": 0.35, "chance": 0.3, "total": 1.0}


def test_parts_of_what_is_not_known_add_up_and_the_largest_is_the_message():
    rows = [{"source": source, "share": share} for source, share in PARTS.items()]
    with figures.mpl.rc_context(figures.STYLE):
        page = answer_figures.apart(ABOUT, {"hub": rows, "an accelerator with a rather long name": rows})
    assert page.told.title == ("35% of what is not known of the change in 'often or always lonely' ('hub') is due to uncertain "
                               "numbers")
    assert sum(bar.get_width() for bar in page.figure.axes[0].patches) == pytest.approx(2)
    assert "the shared error of judgement 25%" in page.told.description and whole(page)


def test_nothing_varies_and_so_there_are_no_parts():
    assert answer_figures.apart(ABOUT, {"hub": [{"source": "chance", "share": float("nan")}]}) is None
