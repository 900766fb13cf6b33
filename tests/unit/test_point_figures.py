"""Lines along swept numbers and the box of a discovery: drawn from made-up points."""
import numpy as np
import pytest
from test_answer_figures import ABOUT, REACH, whole

from nbhdsim.experiment import boxes
from nbhdsim.experiment.design import Design
from nbhdsim.experiment.factors import Factor
from nbhdsim.report import figures, point_figures
from nbhdsim.sensitivity.discover import Box

SPILL, BY = "baseline.spill_over.strength", "interventions.wellbeing_hub.where.by"
FACTORS = (Factor(address=REACH, values=(0.02, 0.1, 0.2)), Factor(address=SPILL, values=(0.0, 0.15)),
           Factor(address=BY, values=("need", "deprivation")))


def design(u, factors=FACTORS):
    return Design(tuple(factors), u, u, None, None, np.zeros(len(u), np.int64), 4, 4)


def grid(factors):
    axes = [(np.arange(len(f.values)) + 0.5) / len(f.values) for f in factors]
    return np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, len(axes))


def drawn(made):
    y = np.nan_to_num(made.u[:, :1], nan=0.5) * 0.01 + np.arange(4) * 0.0001
    with figures.mpl.rc_context(figures.STYLE):
        return point_figures.swept(ABOUT, made, y)


@pytest.mark.parametrize("count, panels, lines", [(1, 1, 4), (2, 2, 4), (3, 2, 8)])
def test_a_grid_has_a_panel_for_each_value_of_the_second_number(count, panels, lines):
    page = drawn(design(grid(FACTORS[:count]), FACTORS[:count]))
    assert len(page.figure.axes) == panels and f"({lines} lines a panel)" in page.told.note
    assert "goes from 0.18 to 0.85 percentage points as 'wellbeing hub: reach' goes from 0.02 to 0.2" in page.told.title
    assert REACH in page.told.description and whole(page)


def test_one_at_a_time_has_a_panel_for_each_number():
    u = np.full((7, 3), np.nan)
    u[:3, 0], u[3:5, 1], u[5:, 2] = [1 / 6, 1 / 2, 5 / 6], [0.25, 0.75], [0.25, 0.75]
    page = drawn(design(u))
    assert len(page.figure.axes) == 3 and "deprivation" in page.told.description and whole(page)


def test_a_failed_run_leaves_a_gap_and_not_an_error():
    made = design(grid(FACTORS[:1]), FACTORS[:1])
    y = np.ones((3, 4)) * np.array([[1.0], [np.nan], [2.0]])
    page = point_figures.swept(ABOUT, made, y)
    assert "not known at 0.1" in page.told.description


def found(limits):
    """A discovery over reach and spill-over with a box of these limits."""
    u = np.random.default_rng(1).random((200, 2))
    case = (u[:, 0] > 0.5) & (u[:, 1] < 0.6)
    box = Box(limits, 0.93, 0.88, 0.3, dict.fromkeys(limits, 0.001), 0.31)
    made = design(u, [Factor(address=REACH), Factor(address=SPILL)])
    return boxes.Found(box, boxes._limits(box, made, u), case, u, "In 93% of the runs with such numbers hubs win", 0), made


@pytest.mark.parametrize("limits", [{REACH: (0.5, 1.0), SPILL: (0.0, 0.6)}, {SPILL: (0.2, 0.6)}])
def test_the_box_is_drawn_with_its_density_and_coverage(limits):
    some, made = found(limits)
    with figures.mpl.rc_context(figures.STYLE):
        page = point_figures.box(ABOUT, some, made)
    assert "93% of runs" in page.told.title and "holds 88% of the cases" in page.told.title and whole(page)
    assert page.told.description.startswith("Scatter with a box. In 93% of the runs")


def test_no_box_no_picture():
    some, made = found({REACH: (0.5, 1.0)})
    assert point_figures.box(ABOUT, some._replace(box=None), made) is None
