"""How sure: which futures were simulated, what differs between them, and how much of the spread is chance."""

import math
from itertools import permutations
from typing import Any

import numpy as np

from nbhdsim import ledger
from nbhdsim.comparison import FEW
from nbhdsim.report import labels, rests, text, words
from nbhdsim.report.html import causes, said
from nbhdsim.report.html.blocks import Block, Group, Items, More, Say, Section, Table
from nbhdsim.report.html.changes import HEADLINE
from nbhdsim.report.html.run import Run

HELD = "Held the same in every future: prices of the money put in, where the model draws its causes, and what it leaves out."


def section(run: Run) -> Section | None:
    """What the ranges are of; None where the tables cannot be read."""
    if run.answer is None:
        return None
    blocks: list[Block] = [Say(words.futures(*run.futures))]
    if run.others:
        blocks += [Say(line) for line in tenths(run)]
        blocks.append(
            Items(
                [
                    "Both worlds of a future have the same people and the same luck.",
                    HELD,
                    "Simulated futures are of this model. They are not chances in reality.",
                ]
            )
        )
        blocks.append(kinds(run))
        blocks.append(Group("What an observer would see", [Say(text.ordinary_line(run.answer["ordinary"])), *_seen(run)]))
        blocks += causes.blocks(run)
        blocks += knowing(run)
    blocks.append(Group("What the numbers rest on", _rests(run)))
    return Section("sure", "How sure this is", blocks)


def knowing(run: Run) -> list[Block]:
    """What more knowledge would be worth in pounds (standards EC-6, EC-7), or why that is not told. Values do not add up."""
    if run.worth is None:
        return []
    total = run.worth.information.to_dict("records")[0]
    if total["why"]:
        return [Group("What knowing more would be worth", [Say(f"Not told: {total['why']}.")])]
    best = run.label.get(total["best"], str(total["best"]))
    told: list[Block] = [
        Say(
            f"Knowing everything that is not chance would be worth {said.pounds(total['evpi'])} to this one decision "
            f"(standard error "
            f"{said.bare(total['error'])}). The option of the highest mean net value is now '{best}'."
        )
    ]
    seen = run.worth.knowing[run.worth.knowing["seen"].astype(bool)]
    rows = [
        [labels.short(str(row["address"])).replace("_", " "), row["of"], said.bare(row["evppi"]), said.bare(row["error"])]
        for row in seen.to_dict("records")
    ]
    if rows:
        told.append(
            Table(
                "Worth of knowing a number, pounds",
                ["Number or group", "What", "Worth", "Standard error"],
                rows[:MOST],
                "These values do not add up to that of knowing everything.",
            )
        )
    else:
        told.append(Say("No single number stands out from noise."))
    studies = run.worth.studies
    if len(studies):
        told += _studies(studies)
    return [Group("What knowing more would be worth", told)]


def _studies(studies: Any) -> list[Block]:
    """Whether a study of one number would be worth its cost, and of which (standards MRC-3)."""
    first = studies.iloc[0]
    cost, what = said.bare(float(first["cost"])), labels.short(str(first["measures"]).split(", ")[0])
    told = (
        f"A study for {cost} pounds would be worth it if it measured {what}: it is worth {said.pounds(float(first['evsi']))}."
        if first["worth"]
        else f"No study of one number for {cost} pounds would be worth its cost to this one decision."
    )
    rows = [
        [labels.short(str(row["measures"])), f"{row['size']:,.0f}", *(said.bare(row[c]) for c in ("cost", "evsi", "net"))]
        for row in studies.head(MOST).to_dict("records")
    ]
    return [
        Say(told),
        More(
            "Studies of single numbers",
            [
                Table(
                    "What a study of one number would be worth to this decision, pounds",
                    ["What it measures", "Size", "Cost", "Worth", "Worth less cost"],
                    rows,
                )
            ],
        ),
    ]


MOST = 10


def changes(run: Run, name: str) -> np.ndarray | None:
    """Change in emergency admissions over the whole period in each future, in the order of the futures; None where not known."""
    cubes = run.cubes
    if cubes is None or HEADLINE not in cubes.outcomes:
        return None
    whole = cubes.yearly.only("all").value[:, :, :, 0, cubes.outcomes.index(HEADLINE)].sum(axis=2)
    found: np.ndarray = whole[cubes.number(name)] - whole[cubes.number(run.reference.name)]
    return found


def tenths(run: Run) -> list[str]:
    """In how many of the simulated futures each option has fewer admissions, and which has fewest; below FEW futures that it is not
    said, and why."""
    total = sum(run.futures)
    if total < FEW:
        return [
            f"We do not say in how many of 10 futures an option wins. That takes {FEW} futures, and this run has {total}. "
            f"With fewer, the "
            "share itself is too much a matter of luck."
        ]
    modelled = [name for name, row in said.modelled(run).items() if not words.nothing(row)]
    held = {name: found for name in modelled if (found := changes(run, name)) is not None}
    said_ = [_shares_of(run, name, moved) for name, moved in held.items()]
    said_ += [
        f"In {said.of_tenths(share)} of them, {run.label[one]} has fewer than {run.label[other]}."
        for one, other in permutations(held, 2)
        if (share := float((held[one] < held[other]).mean())) > 0.5
    ]
    return said_ + ["Chance and the sampled numbers were varied."]


def _shares_of(run: Run, name: str, moved: np.ndarray) -> str:
    """In how many futures admissions are fewer with an option, in how many the same where that is not rare.

    Those with sampled numbers are counted besides: with central ones among them the evidence would look surer than it is.
    """
    fewer, same = float((moved < 0).mean()), float((moved == 0).mean())
    told = (
        f"With {run.label[name]}, emergency admissions are fewer than with '{run.label[run.reference.name]}' in "
        f"{said.of_tenths(fewer)} of the {len(moved)} simulated futures"
    )
    told += f", and the same in {said.of_tenths(same)}" if same > 0.05 else ""
    sampled = np.array([]) if run.cubes is None else moved[run.cubes.draws > 0]
    if 0 < len(sampled) < len(moved):
        told += f"; fewer in {int((sampled < 0).sum())} of the {len(sampled)} in which the uncertain numbers differ"
    return f"{told}."


def kinds(run: Run) -> Table:
    """The spread of each headline: chance alone, what uncertain evidence adds, and both."""
    rows = []
    for name in run.names:
        row = run.row(name)
        if row is None or not words.modelled(row):
            rows.append([run.label[name], "not modelled", "not modelled", "not modelled", "not modelled"])
            continue
        share = (row["sd_chance"] / row["sd_all"]) ** 2 if row["sd_all"] else math.nan
        known = row["draws"] >= 2 and row["replicates"] >= 2 and math.isfinite(share)
        rows.append(
            [
                run.label[name],
                words.interval(row, "chance"),
                words.interval(row, "parameters"),
                words.interval(row, "all"),
                f"{share:.0%}" if known else words.FEW_FUTURES,
            ]
        )
    return Table(
        "Emergency admissions a year: 90% range by what is uncertain",
        ["Scenario", "Chance alone", "Uncertain evidence alone", "Both", "Chance as a share of the variance"],
        rows,
        "Ranges of chance lie around the mean with central numbers. Structure (the model itself) is in none of them.",
    )


def _seen(run: Run) -> list[Block]:
    own = {row["scenario"]: row for row in run.answer["ordinary"].to_dict("records")} if run.answer else {}
    rows = []
    for name in run.names:
        row, change = run.row(name), own.get(name)
        if row is None or not words.modelled(row) or change is None or not math.isfinite(change["sd"]):
            continue
        rows.append(
            [
                run.label[name],
                f"{change['places']:,.0f}",
                words.show(change["sd"], words.step_of(change["sd"]), sign=False),
                words.central(row),
            ]
        )
    if not rows:
        return []
    return [
        Table(
            "Effect beside ordinary change, in the places each option funds",
            ["Scenario", "Places funded", "Ordinary change of a year's count (1 SD)", "Mean effect a year, whole area"],
            rows,
            "An effect smaller than ordinary change will hardly show on a dashboard in one year, whether it is there or not.",
        )
    ]


def _rests(run: Run) -> list[Block]:
    told = [rests.grades([s for s in run.scenarios if s.lines])] if any(s.lines for s in run.scenarios) else []
    return [Say(line) for line in [*told, *judged(run)] if line]


def judged(run: Run) -> list[str]:
    """What share of each headline goes with judged numbers, or why that is not told."""
    if run.evidence is None or run.answer is None:
        return ["What share of the headline is judged cannot be said: the run has no ledger."]
    if run.futures[1] < ledger.LEAST_DRAWS:
        return [
            f"What share of the spread comes from judged numbers is not told. That takes {ledger.LEAST_DRAWS} futures "
            f"with sampled numbers, "
            f"and this run has {run.futures[1]}."
        ]
    return [line.replace(h.scenario, run.label.get(h.scenario, h.scenario), 1) for h in run.hanging for line in _shares(run, h)]


def _shares(run: Run, hangs: ledger.Hangs) -> list[str]:
    if hangs.why or run.evidence is None:
        return [f"{hangs.scenario}: influence is not told ({hangs.why})."]
    shares = ledger.by_grade(hangs, run.evidence)
    told = [
        f"{share:.0%} goes with numbers of {words.grade(letter)}"
        for letter, share in sorted(shares.items(), reverse=True)
        if share >= 0.005
    ]
    if math.isfinite(hangs.chance):
        told.append(f"{hangs.chance:.0%} with chance alone")
    return [
        f"{hangs.scenario}: of the spread of its change in emergency admissions, "
        f"{said.listed(told) or 'nothing can be told apart'}."
    ]
