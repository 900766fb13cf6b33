"""What would change the answer: the nearest value of each number that changes the best option, and the numbers the "
"answer hangs on."""

import math
from typing import Any

import matplotlib as mpl

from nbhdsim import evidence, ledger
from nbhdsim.economics.switching import EXACT
from nbhdsim.report import labels, rests, words
from nbhdsim.report.html import drawing, said, worth
from nbhdsim.report.html.blocks import Block, Items, Link, More, Picture, Say, Section, Table, plain
from nbhdsim.report.html.changes import SOURCE
from nbhdsim.report.html.run import WIDEST, Run
from nbhdsim.report.pages import Told

MOST, BARS = 10, 7


def section(run: Run) -> Section | None:
    """What would change the answer; None where the run has neither tables nor a ledger."""
    if run.answer is None or run.evidence is None or not run.others:
        return None
    blocks: list[Block] = [*flips(run), *influence(run), effects(run)]
    told = rests.overrides(run.scenarios) if all(s.file for s in run.scenarios) else ""
    blocks += [Say(told)] if told else []
    assumed = int(run.evidence["basis"].eq("assumption").sum())
    blocks.append(
        Items(
            [
                f"{words.many(assumed, 'number')} of the model "
                f"{'is an assumption' if assumed == 1 else 'are assumptions'}: nobody has measured them, and the "
                "ledger marks each.",
                "Stance: "
                + ", ".join(sorted({s.stance or "not known" for s in run.scenarios}))
                + ". 'Controlled' takes effects from studies with comparison "
                "groups; 'claimed' takes a headline as caused by the programme.",
                "What the programmes state decides what can change. A missing effect is not a finding of no effect.",
            ]
        )
    )
    return Section("switch", "What would change the answer", blocks)


def flips(run: Run) -> list[Block]:
    """Switching values (standards GB-5): at what value of one number another option becomes the best, all else as it was."""
    if run.worth is None:
        return [Say("At what values another option becomes the best cannot be said: the run cannot be valued in money.")]
    table = run.worth.switching
    if table.empty:
        return [Say("No number differs between futures, so no value can be given at which another option becomes the best.")]
    best = run.label.get(str(table["best"].iloc[0]), str(table["best"].iloc[0]))
    whose = worth.WHOSE[run.perspective or WIDEST]
    turned = table[table["at"].notna() & table["share"].notna()].sort_values("share")
    blocks: list[Block] = [
        Say(
            f"By mean net present value to {whose}, the best option is now '{best}'.{unclear(run, str(table['best'].iloc[0]))} "
            f"All else as it was, another becomes the best "
            f"where one of these numbers is {'as shown' if len(turned) else 'at any value it can have: none was found'}."
        )
    ]
    if len(turned):
        blocks.append(tornado(run, turned.head(BARS), best))
    rest = table[table["at"].isna()]
    if len(rest):
        why = ", ".join(dict.fromkeys(str(x).partition(" (")[0] for x in rest["why"] if x))
        blocks.append(
            More(
                f"{words.many(len(rest), 'number')} that change nothing alone, or cannot be told",
                [
                    Items([_named(str(a)) for a in rest["address"]][:60]),
                    Say(f"Reasons: {why or 'no value of theirs makes another option the best'}."),
                ],
            )
        )
    return blocks


def unclear(run: Run, best: str) -> str:
    """What keeps the best option from being clearly so: options whose range of net present value holds 0; "" where none does."""
    whose = run.perspective or WIDEST
    names = run.names if best == run.reference.name else [best]
    held = {n: worth.found(run.worth, n, "npv", perspective=whose) for n in names}
    wide = {n: row for n, row in held.items() if row is not None and row["low"] < 0 < row["high"]}
    both = [f"{worth.amount(row)} pounds for {run.label[n]}" for n, row in wide.items()]
    return f" That is not clear, for these hold 0 against '{run.label[run.reference.name]}': {said.listed(both)}." if both else ""


def tornado(run: Run, rows: Any, best: str) -> Picture:
    """The range of each number and the value that changes the best option, in widths of that range from its centre."""
    held = rows.to_dict("records")
    names = [_named(str(row["address"])) for row in held]
    with mpl.rc_context(drawing.STYLE):
        figure = drawing.sheet()
        ax = drawing.axes(figure, left=4.6, right=0.6, top=0.6, bottom=0.85)
        drawing.names(ax, names, wide=32)
        ends = [-0.5, 0.5]
        for y, row in enumerate(held):
            width = row["high"] - row["low"]
            low, high, at = ((row[c] - row["value"]) / width for c in ("low", "high", "at"))
            ends += [low, high, max(min(at, 2.0), -2.0)]
            ax.barh(y, high - low, 0.5, left=low, color=drawing.NAVY if row["within"] else drawing.GREY)
            if abs(at) <= 2:
                ax.plot([at], [y], "D", color=drawing.ORANGE, markersize=14, markeredgecolor=drawing.INK)
            else:
                ax.annotate("further off", (math.copysign(2, at), y), ha="right" if at > 0 else "left", va="center")
        ax.axvline(0, color=drawing.INK, linewidth=1.5)
        drawing.pages.room(ax, ends)
        drawing.ticks(ax)
        ax.set_xlabel("distance from the central value, in widths of the number's 90% range")
        top = 1 - (drawing.HEAD + 0.25) / figure.get_figheight()
        figure.add_artist(
            mpl.lines.Line2D(
                [4.75 / drawing.WIDTH], [top], marker="D", color=drawing.ORANGE, markersize=14, markeredgecolor=drawing.INK
            )
        )
        figure.text(5.0 / drawing.WIDTH, top, "value at which another option is best", va="center")
    within = [name for name, row in zip(names, held, strict=True) if row["within"]]
    title = (
        f"One number alone can make '{best}' no longer the best: {within[0]}"
        if len(within) == 1
        else f"Each of {len(within)} numbers alone can make '{best}' no longer the best"
        if within
        else "No number alone makes another option the best within its own range"
    )
    told = Told(
        title,
        "Bars: 90% range of each number (navy: it holds a value that changes the best option; grey: it does not).",
        f"{SOURCE} Values read off a curve through sampled futures are approximate.",
        "; ".join(f"{name}: {_at(row)}" for name, row in zip(names, held, strict=True)),
    )
    table = Table(
        "Values at which another option becomes the best",
        ["Number", "Central (5% to 95%)", "Changes at", "Then best", "Within its range", "How known"],
        [
            [
                name,
                words.span(row["value"], row["low"], row["high"]),
                _figure(row),
                run.label.get(row["becomes"], row["becomes"]) or "-",
                "yes" if row["within"] else "no",
                "exact" if row["way"] == EXACT else "approximate",
            ]
            for name, row in zip(names, held, strict=True)
        ],
    )
    return drawing.picture("switching", figure, told, table=table)


NAMED = {
    "wellby": "value of a WELLBY",
    "emergency_admission": "cost of an emergency admission",
    "ae_attendance": "cost of an A&E attendance",
    "child_referral": "cost of a child referral",
    "marginal_share": "share of an average cost that is freed",
    "qaly": "value of a QALY",
}


def _named(address: str) -> str:
    """A number in words."""
    root, _, name = address.partition(".")
    return NAMED.get(name, labels.short(address)) if root == "economics" else labels.short(address)


def _figure(row: Any) -> str:
    return labels.digits(float(row["at"]))


def _at(row: Any) -> str:
    return f"another option is best at {_figure(row)}, {'within' if row['within'] else 'outside'} its range"


def influence(run: Run) -> list[Block]:
    """The numbers that the headline of each scenario hangs on most, or why that is not told."""
    if not run.hanging:
        return [
            Say(
                f"Which number moves emergency admissions most is not told. That takes {ledger.LEAST_DRAWS} futures with "
                f"sampled numbers, and this run "
                f"has {run.futures[1]}."
            )
        ]
    found: list[Block] = []
    for hangs in run.hanging:
        told = sorted(((share, a) for a, share in hangs.shares.items() if share > hangs.noise), reverse=True)[:MOST]
        label = run.label.get(hangs.scenario, plain(hangs.scenario))
        if hangs.why or not told:
            found.append(Say(f"{label}: no number stands out from luck" + (f" ({hangs.why})." if hangs.why else ".")))
            continue
        found.append(
            Table(
                f"{label}: numbers its change in emergency admissions hangs on most",
                ["Number", "Share of the spread", "Grade"],
                [[labels.short(a), f"{share:.0%}", _grade(run, a)] for share, a in told],
            )
        )
    return found


def _grade(run: Run, address: str) -> str:
    grades = dict(zip(run.evidence["address"], run.evidence["grade"], strict=True)) if run.evidence is not None else {}
    return words.grade(grades[address]) if address in grades else "not known"


def effects(run: Run) -> Table:
    """The stated effects of the programmes, with their ranges and grades."""
    frame: Any = run.evidence
    rows: list[list[str | Link]] = [
        [
            labels.short(row["address"]),
            f"{words.span(row['value'], row['low'], row['high'])} {row['unit']}",
            words.grade(row["grade"]),
            str(row["basis"]),
            Link(row["source_by"] or row["source_title"] or "no source", str(row["source_url"])),
        ]
        for row in frame.to_dict("records")
        if evidence.is_effect(row["address"])
    ]
    return Table(
        "Stated effects the answer rests on",
        ["Effect", "Value (5% to 95%)", "Grade", "Basis", "Source"],
        rows,
        f"Grades: {words.ALL_GRADES}.",
    )
