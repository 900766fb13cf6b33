"""Progress on stderr: a bar on a terminal, otherwise a line at the start, each minute and at the end."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from nbhdsim.experiment import Report

MINUTE = 60.0


def say(line: str) -> None:
    """One line to stderr."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def lines(clock: Callable[[], float] = time.monotonic, write: Callable[[str], None] = say) -> Callable[[Report], None]:
    """A progress call that writes a line at the start, each minute and at the end."""
    last = [clock() - MINUTE, -1]

    def tell(report: Report) -> None:
        ended = report.done + report.failed == report.planned
        if clock() - last[0] >= MINUTE or (ended and last[1] != report.done + report.failed):
            last[:] = [clock(), report.done + report.failed]
            write(sentence(report))

    return tell


def sentence(report: Report) -> str:
    """`3 of 24 futures done, 1 failed, 42 s, about 290 s left`; what is left is judged by what was run since the start."""
    ended, since = report.done + report.failed, report.done + report.failed - report.before
    said = f"{report.done} of {report.planned} futures done"
    if report.failed:
        said += f", {report.failed} failed"
    said += f", {report.seconds:.0f} s"
    if since > 0 and ended < report.planned:
        said += f", about {report.seconds / since * (report.planned - ended):.0f} s left"
    return said


@contextmanager
def shown(stopped: Callable[[], bool] = lambda: False) -> Iterator[Callable[[Report], None]]:
    """A progress call fit for stderr as it is, which raises KeyboardInterrupt once `stopped()` says so."""

    def checked(tell: Callable[[Report], None]) -> Callable[[Report], None]:
        def call(report: Report) -> None:
            if stopped():
                raise KeyboardInterrupt
            tell(report)

        return call

    if not sys.stderr.isatty():
        yield checked(lines())
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    with Progress(TextColumn("futures"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left"),
                  TimeRemainingColumn(), TextColumn("{task.fields[failed]}"), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("futures", total=None, failed="")

        def tell(report: Report) -> None:
            bar.update(task, total=report.planned, completed=report.done + report.failed,
                       failed=f"{report.failed} failed" if report.failed else "")

        yield checked(tell)
