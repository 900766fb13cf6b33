"""Ishigami's function with noise through the runner of experiments: known indices, and 0 for a dummy where the seed is a factor.

y = sin x1 + 7 sin^2 x2 + 0.1 x3^4 sin x1 + 2 (1 + x3 / pi) e, x uniform on (-pi, pi), e standard normal, a function of the seed
(Ishigami and Homma 1990; the noise is ours). Shares of the whole variance, by integration: the variance of Ishigami's function is
13.845, that of the noise 4 (1 + 1/3) = 5.333.
"""
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import ndtri

from nbhdsim import runfolder, sensitivity, tables
from nbhdsim.evidence import NOBODY, Quantity
from nbhdsim.experiment import asked, read
from nbhdsim.experiment.asked import Asked
from nbhdsim.experiment.design import Design
from nbhdsim.experiment.factors import Factor
from nbhdsim.runner import Runner
from nbhdsim.sensitivity import METHODS, Problem
from nbhdsim.workers import Future, Work

X = tuple(Factor(address=f"x{i}", moves=(f"x{i}",), law=Quantity(
    address=f"x{i}", value=0, unit="", low=-np.pi, high=np.pi, law="uniform", grade="D", source=NOBODY, why="", basis="assumption",
    stage="run")) for i in (1, 2, 3))
N = 256
COLUMNS = (*X, Factor(address="seed"), Factor(address="dummy"))
VARIANCE, NOISE = 13.844587940719254, 4 * (1 + 1 / 3)
FIRST = {"x1": 4.345888, "x2": 6.125, "x3": 0.0, "seed": 4.0, "dummy": 0.0}
"""First-order parts: those of Ishigami's function, and E[2 (1 + x3 / pi)]^2 = 4 of the noise."""
TOTAL = {"x1": 4.345888 + 3.373699, "x2": 6.125, "x3": 3.373699 + NOISE - 4.0, "seed": NOISE, "dummy": 0.0}


class Ishigami:
    """The task: one row of `outcomes` a future."""

    def __init__(self, u: NDArray[np.float64]) -> None:
        self.u = u

    def __call__(self, world: Any, scenarios: Any, future: Future) -> Mapping[str, Mapping[str, Any]]:
        x1, x2, x3 = (0.0, 0.0, 0.0) if future.draw == 0 else 2 * np.pi * self.u[future.draw - 1, :3] - np.pi
        e = float(ndtri(np.random.default_rng(future.replicate).random()))
        y = np.sin(x1) + 7 * np.sin(x2)**2 + 0.1 * x3**4 * np.sin(x1) + 2 * (1 + x3 / np.pi) * e
        texts = {"scenario": "one", "place": "all", "age": "all", "people": "all", "of": "", "outcome": "strain"}
        numbers = {"draw": future.draw, "replicate": future.replicate, "month": 0, "months": 12, "quintile": 0}
        return {"outcomes": {**texts, **numbers, "value": np.array([y * 12]), "residents": 1.0}}


def nothing(scenarios: Any) -> None:
    """No world."""


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_indices_through_the_runner(tmp_path: Path, jobs: int) -> None:
    """S1 and ST lie within three standard errors of what they are, and what is read by nothing has exactly 0."""
    problem, method = Problem(tuple(f.address for f in COLUMNS)), METHODS["sobol"]
    u = sensitivity.design(method, problem, N, seed=1)[list(problem.factors)].to_numpy(float)
    first = np.array([COLUMNS[3].value(x) for x in u[:, 3]], np.int64)
    made = Design(COLUMNS, u, u, method, problem, first, 1, 1)
    folder = runfolder.create(tmp_path, resolved={"name": "ishigami"}, resolved_text="", texts={}, seed=1, argv=[], planned=1)
    result = Runner(folder, made.futures()).carry_out(Work([], Ishigami(u), build=nothing), jobs=jobs)
    assert (result.done, result.failed) == (1 + N * 7, 0)
    question = Asked("y", "strain", False, "all", "all", 0, "all", 0, 12, "all")
    found = read.indices(asked.answers(tables.read(result.folder, "outcomes"), [question], ["one"]), made, seed=1).table
    last = found[found["n"] == found["n"].max()]
    for name, parts in (("S1", FIRST), ("ST", TOTAL)):
        rows = last[last["index"] == name].set_index("address")
        for address, part in parts.items():
            share = part / (VARIANCE + NOISE)
            half = (rows.loc[address, "high"] - rows.loc[address, "low"]) / 2
            assert abs(rows.loc[address, "value"] - share) <= 3 / 1.96 * half + 1e-9, (name, address)
    dummy = last[last["address"] == "dummy"].set_index("index")["value"]
    assert dummy["ST"] == 0
