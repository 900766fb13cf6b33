"""The report: one HTML file that a committee can read, made from the tables of a finished run; and its figures as files."""

from collections.abc import Callable, Sequence
from pathlib import Path

from nbhdsim.errors import NbhdsimError
from nbhdsim.report import workbook
from nbhdsim.report.html import answer, changes, drawing, gains, page, pay, record, sure, switching, worth
from nbhdsim.report.html import run as runs
from nbhdsim.report.html.blocks import Section, pictures, plain
from nbhdsim.report.html.run import Run
from nbhdsim.runfolder import write_text

FILE = "report.html"
SECTIONS: Sequence[Callable[[Run], Section | None]] = (
    pay.section,
    changes.section,
    gains.section,
    worth.section,
    sure.section,
    switching.section,
    record.method,
    record.ledger,
    record.manifest,
    record.limits,
)
"""The sections in the order of the report; each is left out where it returns None."""
DRAFT = (
    "Draft, made by a program. Nobody has reviewed these figures for this area. Do not quote them as findings about a real place."
)


def make_report(folder: Path, *, out: Path | None = None, perspective: str = "", sets: Sequence[str] = ()) -> Path:
    """Write the report of a run folder, its figures as `figures/*.svg`, `.png` and `.txt`, and its workbook and `csv/` beside it;
    returns the path of the report.

    out: the file (default `report.html` in the folder). Raises NbhdsimError where the folder is none of a comparison, or a file
    cannot be written.
    """
    if out is not None and out.exists() and not out.is_file():
        raise NbhdsimError.of(f"{out} cannot be written: it is no file")
    run = runs.read(folder, perspective=perspective, sets=sets)
    sections = sections_of(run)
    target = folder / FILE if out is None else out
    drawn = [picture.slide for section in sections for picture in pictures(section.blocks)]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        drawing.save(drawn, target.parent / "figures")
        write_text(target, html(run, sections))
    except OSError as error:
        raise NbhdsimError.of(f"{target} cannot be written: {(error.strerror or str(error)).lower()}") from None
    workbook.make_workbook(run.held, out=target.with_name(workbook.FILE))
    return target


def sections_of(run: Run) -> list[Section]:
    """Every section of a run that has something to say, in their order."""
    return [section for make in SECTIONS if (section := make(run)) is not None]


def html(run: Run, sections: Sequence[Section]) -> str:
    """The report of a run as HTML."""
    title = f"What the money changes: {run.area}" if run.others else f"What one scenario comes to: {run.area}"
    subtitle = (
        f"{run.period}. "
        f"{'Options: ' + '; '.join(run.label[n] for n in run.names) + '.' if run.others else run.label[run.reference.name] + '.'}"
    )
    return page.rendered(
        sections, title=plain(title, 120), subtitle=subtitle, facts=facts(run), banner=_banner(run), summary=answer.section(run)
    )


def _banner(run: Run) -> str:
    return DRAFT if run.manifest.get("complete") else f"Not complete. {DRAFT}"


def facts(run: Run) -> list[tuple[str, str]]:
    """Version, run, date and status of the data, at the foot."""
    own = bool(run.reference.area.csv)
    status = (
        "Residents: synthetic. Area: a file of the user's own, licence not known to this program."
        if own
        else "Residents: synthetic. Area totals: open published statistics."
    )
    ended = str(run.manifest.get("ended") or "not ended")
    return [
        ("Version", f"nbhdsim {run.manifest.get('package') or 'not known'}"),
        ("Run", run.folder.name),
        ("Date of the run", ended[:10]),
        ("Data status", status),
        ("Price base", "2024/25, real"),
        ("Status", "Draft"),
    ]
