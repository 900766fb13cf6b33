"""The scenarios and futures that are explained: of a run folder, from what it wrote down, or of a scenario file."""
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from nbhdsim import experiment, tables
from nbhdsim.errors import NbhdsimError
from nbhdsim.experiment import again as rebuilt
from nbhdsim.scenario import Scenario, schema
from nbhdsim.workers import Future

NOTHING = "do nothing"


class Case(NamedTuple):
    """What is explained: scenarios (the first is what the others are compared with), futures, and the run folder they are from
    (None: a file)."""

    scenarios: list[Scenario]
    futures: list[Future]
    folder: Path | None


def case(what: str, *, futures: int, sets: Sequence[str] = (), seed: int | None = None, central: bool = False) -> Case:
    """The case of a run folder, or of a scenario file, which is compared with itself without programmes.

    futures: how many, those with sampled numbers first, as the answer of a run is their mean; central: those with central numbers
    first. Of an experiment that is no comparison, those with central numbers alone. Raises NbhdsimError for what is neither, for
    a run without a programme or a finished future, and for numbers that have changed since the run.
    """
    if futures < 1:
        raise NbhdsimError.of(f"--futures: {futures} is less than 1 (futures to work out, 1 or more)")
    path = Path(what)
    if not path.is_dir():
        scenario = schema.load(what, sets=sets, seed=seed)
        planned = experiment.plan(futures, 0) if central else experiment.plan(1, futures)[1:]
        return _checked(Case(beside_nothing([scenario]), planned, None), what)
    if sets or seed is not None:
        raise NbhdsimError.of(f"--set and --seed change a scenario file; {what} is a run and stays as it was (give "
                              "its YAML instead)")
    found = scenarios(path)
    runs = tables.read(path, "runs")
    drawn = rebuilt.resolved(path)["method"]["kind"] == "compare"            # other draws are points of a design
    pairs = runs.loc[runs["ok"] & (drawn | (runs["draw"] == 0)), ["draw", "replicate"]].to_numpy(int).tolist()
    first = sorted(pairs, key=lambda pair: (pair[0] > 0) == central)            # the order of the run is kept otherwise
    done = [Future(i, draw, replicate) for i, (draw, replicate) in enumerate(first)]
    return _checked(Case(beside_nothing(found), done[:futures], path), what)


def beside_nothing(scenarios: Sequence[Scenario]) -> list[Scenario]:
    """Those that fund something, after one that does not: the first if it is such a one, or else made of the first."""
    first = scenarios[0]
    nothing = replace(first, name=NOTHING, lines={}, at_work=None) if first.lines else first
    return [nothing, *(scenario for scenario in scenarios if scenario.lines)]


def _checked(found: Case, what: str) -> Case:
    if len(found.scenarios) < 2:
        raise NbhdsimError.of(f"{what} funds no programme, so there is nothing to explain (a scenario with `interventions:`, or "
                              "a run of one)")
    if not found.futures:
        raise NbhdsimError.of(f"{what} has no finished future (see its errors.jsonl)")
    return found


def scenarios(folder: Path) -> list[Scenario]:
    """The scenarios of a run folder as they were, rebuilt from its `resolved.yaml`.

    Raises NbhdsimError when it is no run folder, or when the numbers of the catalogue, or a file of the user's own, are no longer
    those of the run.
    """
    data = rebuilt.resolved(folder)
    with rebuilt.files(data, folder) as files:
        found = [schema.load(file) for file in files]
        now = experiment.resolved(found, name=str(data["name"]), replicates=1, draws=0)     # reads a user's area again
    if now["numbers"] != data.get("numbers"):
        raise NbhdsimError.of(f"{folder} was run with other numbers than the program has now (another version, or a changed file): "
                              "run it again, then explain it")
    return found
