"""From a run folder to its answer: headline rows, comparison, `csv/comparison.csv`, figures and the printed text."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from nbhdsim import comparison, outcomes, tables
from nbhdsim.report import areawide, rests
from nbhdsim.scenario.months import month_text


def read(folder: Path, scenarios: Sequence[Any], *, recorded: bool = False) -> dict[str, Any]:
    """Everything the text and the figures need, from the tables of a finished run.

    Keys: title, futures (at draw 0, at later draws), money, reached, never (reached), levels, moving (scenarios whose sites
    fall elsewhere by future), found (the rows all is from), and for more than one scenario comparison, ordinary and parts
    (`areawide.of_all`). recorded: the numbers of the scenarios are no longer those of the run, so that nothing is made of them.
    """
    reference = scenarios[0].name
    found = comparison.headline(folder, reference)
    kinds = {name: outcome.kind for name, outcome in outcomes.OUTCOMES.items()}
    good = found["runs"][found["runs"]["ok"]]
    first = scenarios[0]
    area = first.area.name or Path(first.area.csv).stem
    answer = {
        "title": f"{area}, {first.months} months from {month_text(0, first.start)}",
        "futures": (int((good["draw"] == 0).sum()), int((good["draw"] > 0).sum())),
        "money": comparison.money(found["costs"], first.months),
        "reached": comparison.reached(found),
        "never": comparison.never_reached(found),
        "levels": comparison.levels(found, kinds=kinds),
        "moving": comparison.moving(found["funded"]),
        "found": found,
    }
    if len(scenarios) > 1:
        stated = None if recorded else rests.of_all(scenarios)
        answer["comparison"] = comparison.compare(found, reference=reference, kinds=kinds, rests=stated)
        answer["ordinary"] = comparison.ordinary(found, reference=reference)
        answer["parts"] = {} if recorded else areawide.of_all(found, scenarios)
    return answer


def write_csv(folder: Path, answer: Mapping[str, Any]) -> None:
    """`csv/levels.csv`, and for a comparison `csv/comparison.csv` and `csv/ordinary.csv`."""
    for name in ("levels", "comparison", "ordinary"):
        frame = answer.get(name)
        if isinstance(frame, pd.DataFrame):
            tables.write_frame(frame, folder / "csv" / f"{name}.csv")


def finish(folder: Path, scenarios: Sequence[Any]) -> str:
    """Write the summary tables and figures of a finished run into its folder; returns the text to print."""
    from nbhdsim.report import text

    answer = read(folder, scenarios)
    write_csv(folder, answer)
    if len(scenarios) == 1:
        return text.alone(answer, scenarios)
    from nbhdsim.report import figures  # matplotlib takes half a second to import

    names = [s.name for s in scenarios[1:]]
    figures.draw(folder / "figures", answer["comparison"], answer["ordinary"], reference=scenarios[0].name, names=names)
    return text.compared(answer, scenarios)
