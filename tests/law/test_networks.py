"""Two families of network with the same ties: circles of friends, and pairs drawn at random among people of like age."""
from pathlib import Path

import numpy as np
import pytest

from nbhdsim import population
from nbhdsim.scenario import schema

TOWN = "schema: scenario/1\nname: town\narea: {name: teaching-town, residents: 800}\nstart: 2026-04\nmonths: 12\nhistory: 0\n"


def ties(path: Path, clustering: float) -> np.ndarray:
    """Who is tied to whom, households apart: bool [n, n]."""
    found = population.build(schema.load_all([str(path)], sets=[f"baseline.network.clustering={clustering}"])[0]).ties
    n = len(found.start) - 1
    tied = np.zeros((n, n), bool)
    some = found.layer > 0
    tied[np.repeat(np.arange(n), np.diff(found.start))[some], found.other[some]] = True
    return tied


def test_pairs_are_as_many_as_in_circles_and_close_no_triangles(tmp_path: Path) -> None:
    (tmp_path / "town.yaml").write_text(TOWN)
    circles, pairs = (ties(tmp_path / "town.yaml", c) for c in (0.3, 0.09))
    degrees, closed = [], []
    for tied in (circles, pairs):
        assert (tied == tied.T).all()
        degree = tied.sum(1)
        degrees.append(degree)
        triangles = (tied.astype(float) @ tied * tied).sum()
        closed.append(triangles / (degree * (degree - 1)).sum())
    assert degrees[1].mean() == pytest.approx(degrees[0].mean(), rel=0.06)
    assert np.corrcoef(degrees)[0, 1] > 0.7                 # the sociable are the same
    assert closed[1] < closed[0] / 3
