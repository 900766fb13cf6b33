"""The printed answer of `explain`: whose the difference is, how it came, what programmes do together; or one resident's path."""
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

WIDTH, LABEL, COLUMN = 110, 50, 15
EXPECTED = words.Measure("Emergency admissions, expected", "a year", 1, "fewer", "more", 0.01)
MEASURES: Mapping[str, words.Measure] = {"expected_admissions": EXPECTED, **words.MEASURES}
SPLITS = {
    "people": "By person: those reached so far, those tied to one of them, those tied to a contact, everyone else",
    "channel": "By channel: Shapley shares over all orders in which the three could be switched on; muted ones are 0",
    "programme": "By programme: each alone, and what they do together beyond that",
    "share": "By programme: Shapley shares, what they do together shared out",
}
NOTE = ("Parts add up to the whole in every future; here they are rounded so that they still do. Shares of a mean are what a part "
        "adds to the mean of the whole area.")
KEY = ("Before the arrow, as nothing is done; after it, with the scenario. Expected: emergency admissions expected that month. So "
       "far: admissions counted since month 0.")
CAUTION = ("One resident illustrates and proves nothing: two futures that share their luck are a way of computing, not two lives "
           "of one person. Gains and losses of single residents are never counted.")


def text(mean: pd.DataFrame, *, futures: int, months: int, reference: str, title: str) -> str:
    """The tables of every scenario from the mean over futures (columns of explain.mean)."""
    said = [f"{title}: differences to '{reference}', mean of {words.many(futures, 'future')}, {months} months"]
    for scenario in dict.fromkeys(mean["scenario"]):
        said.append(_scenario(scenario, mean[mean["scenario"] == scenario], months))
    return "\n\n".join([*said, _wrapped(NOTE), words.INVENTED])


def _scenario(name: str, rows: pd.DataFrame, months: int) -> str:
    whole = rows[rows["by"] == "all"].set_index("outcome")
    moved = [outcome for outcome in MEASURES if outcome in whole.index and rows.loc[rows["outcome"] == outcome, "value"].any()]
    still = [MEASURES[outcome].label for outcome in MEASURES if outcome in whole.index and outcome not in moved]
    said = [name, "=" * len(name)]
    for by, heading in SPLITS.items():
        held = rows[rows["by"] == by]
        parts = sorted(dict.fromkeys(held["part"]), key=_place)
        held = held.assign(part=pd.Categorical(held["part"], parts)).sort_values("part")
        if not parts or (by in ("programme", "share") and held[held["part"] != "interaction"]["part"].nunique() < 2):
            continue
        said += ["", heading, _line("", ["all", *parts])]
        said += [_row(outcome, held[held["outcome"] == outcome], whole.loc[outcome], months=months) for outcome in moved
                 if outcome in set(held["outcome"])]
    return "\n".join([*said, *(["", _wrapped("No difference in any future: " + "; ".join(still) + ".")] if still else [])])


def _place(part: str) -> tuple[int, str]:
    """Where a part stands: circles from the middle outwards, channels in their order, programmes by name, what they do together."""
    known = (*CIRCLES, *CHANNELS)
    return (known.index(part) if part in known else len(known) + (part == "interaction"), part)


def _row(outcome: str, rows: pd.DataFrame, whole: Any, *, months: int) -> str:
    measure = MEASURES[outcome]
    per = months / 12 if OUTCOMES[outcome].kind == "count" else max(float(whole["residents"]) * months, 1.0) / measure.factor
    parts = [float(value) / per for value in rows["value"]]
    step = words.step_of(max(map(abs, [*parts, float(whole["value"]) / per])) / 10, measure.finest / 10)
    shown = add_up(parts, step)
    return _line(f"{measure.label} {SHORT[measure.unit]}", [words.show(x, step) for x in (sum(shown), *shown)])


def _line(label: str, cells: Sequence[str]) -> str:
    above = f"{label}\n" if len(label) >= LABEL else ""
    return above + (("" if above else label).ljust(LABEL) + "".join(_cell(cell) for cell in cells)).rstrip()


def _cell(text: str) -> str:
    wide = textwrap.shorten(text.replace("_", " "), COLUMN - 1, placeholder="..")
    return wide.rjust(COLUMN) if len(text) < COLUMN else text[: COLUMN - 3].rjust(COLUMN - 2) + ".."


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
