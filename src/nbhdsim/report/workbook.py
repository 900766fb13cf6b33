"""`workbook.xlsx` of a finished run: what you pay, what changes, who gains, what it is worth, how sure, what would change it.

Numbers are those of the run's tables, unrounded, with their units beside them; what a folder cannot give is left out, and the sheet
Notes says why.
"""
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pandas as pd

from nbhdsim.comparison import LEAST_DRAWS, LEAST_REPLICATES
from nbhdsim.errors import NbhdsimError
from nbhdsim.report import held as helds
from nbhdsim.report import sheets, tabs, words
from nbhdsim.report.held import Held
from nbhdsim.report.sheets import Cover, Sheet
from nbhdsim.report.tabs import Tab, ranged

FILE = "workbook.xlsx"
MAIN = ("emergency_admissions", "life_satisfaction", "lonely")
"""Outcomes that are shown by month and by neighbourhood; the rest is in csv/."""


def paid(held: Held) -> pd.DataFrame | None:
    """Mean pounds by scenario, payer, programme, kind and year."""
    costs = held.table("costs")
    if costs is None:
        return None
    key = list(tabs.PAID.columns[:-1])
    rows = costs.merge(held.shown, on=["draw", "replicate"]).astype(dict.fromkeys(key[:-1], str))
    return rows.groupby(key)["pounds"].sum().div(max(len(held.shown), 1)).reset_index()


def changes(held: Held) -> dict[str, pd.DataFrame | None]:
    """The frames that are cut out of the projections."""
    if held.projection is None:
        return dict.fromkeys(("whole", "years", "months", "groups", "places"))
    months, groups, places = (ranged(frame) for frame in held.projection)
    everyone, whole = groups["by"] == "all", groups["period"] == "whole"
    return {"whole": groups[everyone & whole], "years": groups[everyone & ~whole], "months": months[months["outcome"].isin(MAIN)],
            "groups": groups[groups["by"].isin(["place", "age"]) & whole].replace({"by": {"place": "district"}}),
            "places": places[places["outcome"].isin(MAIN)]}


def funded(held: Held) -> pd.DataFrame | None:
    """Places of each programme, with the share of futures in which they are funded."""
    rows = held.table("funded")
    if rows is None:
        return None
    key = ["scenario", "intervention", "place"]
    rows = rows[rows["sites"] != 0].merge(held.shown, on=["draw", "replicate"]).astype(dict.fromkeys(key, str))
    found = rows.groupby(key)["sites"].agg(["size", "mean"]).reset_index()
    return found.assign(chosen=found["size"] / max(len(held.shown), 1), sites=found["mean"])[list(tabs.FUNDED.columns)]


def frames(held: Held) -> Iterator[tuple[Tab, pd.DataFrame | None]]:
    """Every sheet with its frame, in the order in which a board asks."""
    cut, worth = changes(held), held.worth

    def valued(name: str) -> pd.DataFrame | None:
        return None if worth is None else getattr(worth, name)

    def told(frame: pd.DataFrame | None) -> pd.DataFrame | None:
        return None if frame is None else ranged(frame)
    measured = None if held.wellbeing is None else held.wellbeing[held.wellbeing["by"] == "all"]
    net, points, welfare, flips = held.plane or (None, None, None, None)
    yield from ((tabs.PAID, paid(held)), (tabs.BUDGET, valued("budget")), (tabs.CHANGES, cut["whole"]), (tabs.YEARS, cut["years"]),
                (tabs.WELLBEING, told(measured)), (tabs.MONTHS, cut["months"]), (tabs.FIFTHS, told(held.fifths)),
                (tabs.GAPS, told(held.gaps)), (tabs.NET, told(net)), (tabs.PLANE, points), (tabs.WELFARE, told(welfare)),
                (tabs.FLIPS, flips), (tabs.GROUPS, cut["groups"]), (tabs.PLACES, cut["places"]), (tabs.NEVER, held.never),
                (tabs.WORTH, valued("value")), (tabs.WHO, valued("who")), (tabs.MATRIX, valued("matrix")),
                (tabs.FRONTIER, valued("frontier")), (tabs.UNVALUED, valued("unvalued")), (tabs.UNCERTAIN, cut["whole"]),
                (tabs.INFORMATION, valued("information")), (tabs.KNOWING, valued("knowing")), (tabs.STUDIES, valued("studies")),
                (tabs.SWITCHING, valued("switching")), (tabs.VALUES, valued("numbers")), (tabs.EVIDENCE, held.evidence),
                (tabs.FUNDED, funded(held)))


NOTES = {
    "How to read a range": "In nine of ten simulated futures like these a value would fall in it. It holds what the model holds, "
                           f"no more. There is none below {LEAST_REPLICATES} futures with central and {LEAST_DRAWS} with sampled "
                           "numbers.",
    "Chance and evidence": "Chance is luck alone. Evidence is what is not known of the numbers that go in. They are kept apart.",
    "First scenario": "What the others are compared with, resident by resident, in the same future.",
    "Fifths": "Quintiles of the Index of Multiple Deprivation; a neighbourhood has one. 1 is the most deprived.",
    "Not modelled": "No effect that the programmes state reaches the outcome. That is no finding of no effect.",
    "Pounds": "Real 2024/25 prices. Each sheet says whether its pounds are present values.",
    "Residents": words.INVENTED,
}
"""What the sheet Notes says of words and numbers."""


def notes(held: Held, left: Sequence[str]) -> Sheet:
    """Shorthand, how to read numbers, and what is missing and why; left: sheets that the folder does not give."""
    rows = [*sheets.SHORTHAND.items(), *NOTES.items(), *((f"Missing: {what}", why) for what, why in held.missing.items())]
    if left:
        rows.append(("Sheets left out", f"{', '.join(left)}: nothing to show in this run."))
    return Sheet("Notes", "Notes", "Marks in cells, words used, and what this workbook does not hold.",
                 {"mark": "Mark or word", "meaning": "Meaning"}, pd.DataFrame(rows, columns=["mark", "meaning"]))


def columns(found: Sequence[tuple[Tab, Sheet]]) -> Sheet:
    """What each column of each sheet means."""
    rows = [(sheet.name, shown, tab.meaning(name)) for tab, sheet in found for name, shown in sheet.headers.items()]
    return Sheet("Columns", "What each column means", "One row a column of the other sheets.",
                 {"sheet": "Sheet", "column": "Column", "meaning": "Meaning"},
                 pd.DataFrame(rows, columns=["sheet", "column", "meaning"]))


def cover(held: Held) -> Cover:
    """Title, run, versions and status; the date in the file is that of the run, so that the same run has the same bytes."""
    first, manifest = held.resolved["scenarios"][0], held.manifest
    area, counts = first.get("area") or {}, manifest.get("counts") or {}
    place = str(area.get("name") or Path(str(area.get("csv") or "an area")).stem)
    others = [str(s["name"]) for s in held.resolved["scenarios"][1:]]
    ended = str(manifest.get("ended") or manifest.get("started") or "")
    lines = ["Draft, made by a program. Nobody has reviewed these figures for this area.",
             f"Compared with '{held.reference}': {'; '.join(others) or 'nothing'}.",
             f"{counts.get('done', 0)} of {counts.get('planned', 0)} futures{'' if manifest.get('complete') else ' (stopped)'}.",
             f"{first.get('months')} months from {first.get('start')}; stance {first.get('stance')}; seed {first.get('seed')}.",
             f"Run {held.folder.name} of {ended[:10] or 'no date'}; nbhdsim {manifest.get('package', 'not known')}.",
             words.INVENTED,
             "Contents lists the sheets. Notes says what marks and words mean. Columns says what each column means.",
             "The same and more stands in csv/ of the run folder."]
    return Cover(f"nbhdsim: what the money changes in {place}", lines, _time(ended))


def _time(stated: str) -> datetime:
    """A time of the manifest; the year 2000 where it has none, so that no clock is read."""
    try:
        return datetime.fromisoformat(stated).replace(tzinfo=None, microsecond=0)
    except ValueError:
        return datetime(2000, 1, 1)


def make_workbook(held: Held, *, out: Path | None = None) -> Path:
    """Write the workbook of a run folder (default `workbook.xlsx` in it) and its CSV twins in `csv/` beside it; returns its path.

    Raises NbhdsimError where the folder is none of a run, or a file cannot be written.
    """
    front, found, left = cover(held), [], []
    for tab, frame in frames(held):
        sheet = tab.sheet(frame)
        found += [] if sheet is None else [(tab, sheet)]
        left += [tab.name] if sheet is None else []
    path = held.folder / FILE if out is None else out
    try:
        helds.write_csv(held, path.parent)
        return sheets.write(path, front, [notes(held, left), *(sheet for _, sheet in found), columns(found)])
    except OSError as error:
        raise NbhdsimError.of(f"{path} cannot be written: {(error.strerror or str(error)).lower()}") from None
