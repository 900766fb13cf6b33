"""The printed answer of `explain`: whose the difference is, how it came, what programmes do together; or one resident's path."""
import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from nbhdsim.explain.people import CIRCLES
from nbhdsim.explain.resident import Story
from nbhdsim.explain.shares import add_up
from nbhdsim.outcomes import OUTCOMES
from nbhdsim.rates import CHANNELS
from nbhdsim.report import words
from nbhdsim.report.text import SHORT

WIDTH, LABEL, COLUMN, MOST = 100, 40, 12, 4
"""Columns of a screen in all, of a label and of a cell; parts side by side, after the whole."""
EXPECTED = words.Measure("Emergency admissions, expected", "a year", 1, "fewer", "more", 0.01)
MEASURES: Mapping[str, words.Measure] = {"expected_admissions": EXPECTED, **words.MEASURES}
SPLITS = {
    "people": "By person: those reached so far, those tied to one of them, those tied to a contact, everyone else",
    "channel": "By channel: Shapley shares over all orders in which the three could be switched on; muted ones are 0",
    "programme": "By programme: each alone, and what they do together beyond that",
    "share": "By programme: Shapley shares, what they do together shared out",
}
SHOWN = {"participants": "taking part"}
"""Parts that have another name above their column, which is narrow."""
LONG = rf"(\w{{{COLUMN - 2}}})(?=\w\w)"
NOTE = ("Parts add up to the whole in every future; here they are rounded so that they still do. Shares of a mean are what a part "
        "adds to the mean of the whole area.")
KEY = ("Before the arrow, as nothing is done; after it, with the scenario. Expected: emergency admissions expected that month. So "
       "far: admissions counted since month 0.")
CAUTION = ("One resident illustrates and proves nothing: two futures that share their luck are a way of computing, not two lives "
           "of one person. Gains and losses of single residents are never counted.")


def text(mean: pd.DataFrame, *, futures: tuple[int, int], months: int, reference: str, title: str,
         answer: pd.DataFrame | None = None) -> str:
    """The tables of every scenario from the mean over futures (columns of explain.mean).

    futures: with central numbers, with sampled ones; answer: what `compare` found for the same run (`explain.answer`).
    """
    said = [f"{title}: differences to '{reference}', {_mean_of(*futures)}, {months} months"]
    for scenario in dict.fromkeys(mean["scenario"]):
        said.append(_scenario(scenario, mean[mean["scenario"] == scenario], months, of_run=_of_run(answer, scenario)))
    return "\n\n".join([*said, _wrapped(NOTE), words.INVENTED])


def _mean_of(replicates: int, draws: int) -> str:
    """Which futures a mean is of, both kinds where there are both."""
    if not (replicates and draws):
        return words.mean_of(replicates, draws)
    return f"mean of {replicates + draws} futures ({draws} with sampled numbers, {replicates} with central ones)"


def _of_run(answer: pd.DataFrame | None, scenario: str) -> str:
    """What the answer of the run is, in a line; "" where there is none."""
    found = [] if answer is None else answer[answer["scenario"] == scenario].to_dict("records")
    rows = [{str(name): value for name, value in row.items()} for row in found]
    if not rows or not words.modelled(row := rows[0]):
        return ""
    which = words.mean_of(int(row["replicates"]), int(row["draws"]))
    return f"The answer of the run: {words.central(row)} emergency admissions a year ({which})."


def _scenario(name: str, rows: pd.DataFrame, months: int, *, of_run: str) -> str:
    whole = rows[rows["by"] == "all"].set_index("outcome")
    moved = [outcome for outcome in MEASURES if outcome in whole.index and rows.loc[rows["outcome"] == outcome, "value"].any()]
    still = [MEASURES[outcome].label for outcome in MEASURES if outcome in whole.index and outcome not in moved]
    said = [name, "=" * len(name), *([of_run] if of_run else [])]
    for by, heading in SPLITS.items():
        held = rows[rows["by"] == by]
        parts = sorted(dict.fromkeys(held["part"]), key=_place)
        held = held.assign(part=pd.Categorical(held["part"], parts)).sort_values("part")
        if not parts or (by in ("programme", "share") and held[held["part"] != "interaction"]["part"].nunique() < 2):
            continue
        cells = [_row(outcome, held[held["outcome"] == outcome], whole.loc[outcome], months=months) for outcome in moved
                 if outcome in set(held["outcome"])]
        said += ["", _wrapped(heading)]
        for i in range(1, len(parts) + 1, MOST):
            lines = (_line(label, row[:1] + row[i:i + MOST]) for label, row in cells)
            said += [*_head(["all", *parts[i - 1:i - 1 + MOST]]), *lines]
    return "\n".join([*said, *(["", _wrapped("No difference in any future: " + "; ".join(still) + ".")] if still else [])])


def _place(part: str) -> tuple[int, str]:
    """Where a part stands: circles from the middle outwards, channels in their order, programmes by name, what they do together."""
    known = (*CIRCLES, *CHANNELS)
    return (known.index(part) if part in known else len(known) + (part == "interaction"), part)


def _row(outcome: str, rows: pd.DataFrame, whole: Any, *, months: int) -> tuple[str, list[str]]:
    """A label, and the cells of the whole and of each part."""
    measure = MEASURES[outcome]
    per = months / 12 if OUTCOMES[outcome].kind == "count" else max(float(whole["residents"]) * months, 1.0) / measure.factor
    parts = [float(value) / per for value in rows["value"]]
    step = words.step_of(max(map(abs, [*parts, float(whole["value"]) / per])) / 10, measure.finest / 10)
    shown = add_up(parts, step)
    return f"{measure.label} {SHORT[measure.unit]}", [words.show(x, step) for x in (sum(shown), *shown)]


def _head(parts: Sequence[str]) -> list[str]:
    """The names of parts above their columns, in as many lines as they take."""
    names = [re.sub(LONG, r"\1- ", SHOWN.get(part, part).replace("_", " ")) for part in parts]
    wrapped = [textwrap.wrap(name, COLUMN - 1) for name in names]
    depth = max(map(len, wrapped))
    return [_line("", [([""] * (depth - len(name)) + name)[i] for name in wrapped]) for i in range(depth)]


def _line(label: str, cells: Sequence[str]) -> str:
    above = f"{label}\n" if len(label) > LABEL else ""
    return above + (("" if above else label).ljust(LABEL) + "".join(cell.rjust(COLUMN) for cell in cells)).rstrip()


def _wrapped(text: str) -> str:
    return "\n".join(textwrap.wrap(text, WIDTH))


def resident(story: Story, reference: str) -> str:
    """One resident's story and path under one scenario."""
    said = [f"Resident {story.id}: {story.who}. '{story.scenario}' beside '{reference}'."]
    if story.first is None:
        return "\n".join([*said, "The two futures never differ for this resident.", "", _wrapped(CAUTION)])
    said += [f"The two futures differ for this resident from month {story.first} on:", *(f"  - {why}" for why in story.why), "",
             _path(story), "", _wrapped(KEY), _wrapped(CAUTION)]
    return "\n".join(said)


def _path(story: Story) -> str:
    path = story.path[story.path["month"] >= 0].assign(
        so_far=lambda f: f["admissions"].cumsum(), so_far_nothing=lambda f: f["admissions_nothing"].cumsum())
    first = story.first or 0
    last = path["month"].max()
    kept = path[(path["month"] >= first - 1) & ((path["month"] <= first + 11) | (path["month"] % 6 == 5) | (path["month"] == last))]
    columns = {"expected": ("expected", ".4f"), "life_satisfaction": ("life satisfaction", ".2f"),
               "connection": ("connection, SD", ".3f"), "control": ("control, SD", ".3f"), "so_far": ("so far", ".0f")}
    lines = ["month" + "".join(title.rjust(20) for title, _ in columns.values())]
    for row in kept.to_dict("records"):
        cells = [f"{row[f'{name}_nothing']:{form}} > {row[name]:{form}}" for name, (_, form) in columns.items()]
        lines.append(f"{row['month']:5.0f}" + "".join(cell.rjust(20) for cell in cells))
    return "\n".join(lines)
