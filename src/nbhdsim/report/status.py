"""How far a run is: what `nbhdsim status` says of a run folder, while it is written in or afterwards."""
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbhdsim import runfolder

MINUTE, HOUR = 60.0, 3600.0
LONG = 120.0
"""Seconds up to which a time is told in seconds; and so of minutes."""


def text(folder: Path) -> str:
    """Planned, done, failed, futures a second, time left, and who is writing. Raises NbhdsimError when it is no run folder.

    The numbers are those of what is written: a running process is up to 5 s, or a hundredth of its time, ahead of them.
    """
    manifest, holder = runfolder.read(folder), runfolder.holder(folder)
    counts = manifest["counts"]
    failed = f", {counts['failed']:,} failed (see errors.jsonl; --retry-failed runs them again)" if counts["failed"] else ""
    lines = [f"{folder}: {state(manifest, holder)}", f"  {counts['done']:,} of {counts['planned']:,} futures done{failed}"]
    tried, seconds = counts["done"] + counts["failed"], manifest.get("seconds", 0.0)
    if tried and seconds:
        pace = f"{tried / seconds:.3g} a second" if tried > seconds else f"{seconds / tried:.3g} s each"
        left = counts["planned"] - tried
        lines.append(f"  {spell(seconds)} of work, {pace}" + (f", about {spell(seconds / tried * left)} left" if left else ""))
    return "\n".join(lines)


def state(manifest: Mapping[str, Any], holder: Mapping[str, Any] | None) -> str:
    """Complete, running (who and since when), ended with failures, or stopped."""
    if holder is not None:
        return f"running, process {holder.get('pid')} on {holder.get('host')} since {holder.get('since')}"
    if manifest["complete"]:
        return f"complete since {manifest['ended']}"
    counts = manifest["counts"]
    if counts["done"] + counts["failed"] == counts["planned"]:
        return f"ended {manifest['ended']}, with failures" if manifest["ended"] else "all futures tried, the tables are not written"
    return "stopped; the command that began it goes on with it"


def spell(seconds: float) -> str:
    """A time in seconds, minutes or hours: 45 s, 12 min, 3.4 h."""
    if seconds < LONG:
        return f"{seconds:.0f} s"
    return f"{seconds / MINUTE:.0f} min" if seconds < LONG * MINUTE else f"{seconds / HOUR:.1f} h"
