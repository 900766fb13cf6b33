"""What is told of each programme: people, places taken, pounds for each, and those that reach hardly anybody."""
import math
from types import SimpleNamespace

import pandas as pd

from nbhdsim.report import programmes


def line(key, delivery, *, places=False, stop=""):
    """A line of a scenario, as far as it is asked here."""
    kind = SimpleNamespace(delivery=delivery, quantities={"places_per_site": 1} if places else {})
    return SimpleNamespace(key=key, stop=stop, kind=kind)


def scenario(name, *lines):
    """A scenario of these lines."""
    return SimpleNamespace(name=name, lines={one.key: one for one in lines})


def reached(*rows):
    """The table of `comparison.reached`."""
    return pd.DataFrame(rows, columns=["scenario", "programme", "mean", "taken", "pounds"])


SCENARIOS = [scenario("a", line("hub", "group", places=True), line("grants", "setting")), scenario("b")]


def test_people_places_and_pounds_are_told_by_programme():
    found = reached(("a", "", 1300.0, math.nan, math.nan), ("a", "hub", 300.0, 0.25, 5251.0), ("a", "grants", 1100.0, 0.4, 57.3),
                    ("b", "", 0.0, math.nan, math.nan))
    assert programmes.lines(found, SCENARIOS) == [
        (programmes.ONCE, ["1,300", "-"]),
        ("  hub (those who come)", ["300", "-"]), ("    places taken; pounds for each", ["25%; 5,250", "-"]),
        ("  grants (those taking part)", ["1,100", "-"]), ("    pounds for each", ["57", "-"])]
    assert programmes.handful(found, SCENARIOS) == ""


def test_a_programme_that_reaches_a_handful_has_a_sentence_and_no_row():
    found = reached(("a", "hub", 1.2, 0.9, 11426.0), ("a", "grants", 1100.0, math.nan, math.nan))
    assert [label for label, _ in programmes.lines(found, SCENARIOS)] == [programmes.ONCE, "  grants (those taking part)"]
    assert programmes.handful(found, SCENARIOS) == ("A handful of people each, and no row above: hub (1.2 at 11,400 pounds each).")


def test_a_cut_has_no_row_among_the_people_reached():
    found = reached(("a", "cut", 0.0, math.nan, math.nan))
    cut = [scenario("a", line("cut", "group", places=True, stop="hub"))]
    assert len(programmes.lines(found, cut)) == 1 and programmes.handful(found, cut) == ""
