"""A run once more, from what its folder says of itself: `resolved.yaml`, `manifest.json` and the copies of its files."""
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nbhdsim import documents, runfolder
from nbhdsim import experiment as plain
from nbhdsim.errors import NbhdsimError
from nbhdsim.experiment import file, study
from nbhdsim.runner import Report, Result
from nbhdsim.scenario import schema

OWN = "own"
"""Folder that stands for the catalogue of a user's own while scenarios are rebuilt."""
KEPT = ("schema", "name", "method", "outcomes", "vary", "replicates", "limits", "views")
"""Keys of `resolved.yaml` that an experiment file has too."""


def resolved(folder: Path) -> dict[str, Any]:
    """`resolved.yaml` of a run folder. Raises NbhdsimError when it is none."""
    path = folder / "resolved.yaml"
    if not path.is_file():
        raise NbhdsimError.of(f"{folder} has no resolved.yaml (a run folder, as `nbhdsim compare` makes it, or a scenario file)")
    data: dict[str, Any] = documents.read_yaml(path).data
    if data.get("schema") != "experiment/1" or not data.get("scenarios"):
        raise NbhdsimError.of(f"{path} is not that of a comparison (schema: experiment/1 with scenarios)")
    return data


@contextmanager
def files(data: Mapping[str, Any], folder: Path) -> Iterator[list[str]]:
    """Scenario files of a run as it was, while the block lasts; areas and kinds of the user's own are the copies in its folder."""
    with TemporaryDirectory() as made:
        own = Path(made) / OWN
        own.mkdir()
        for copy in (*folder.glob("*.yaml"), *folder.glob("*.csv")):
            text = copy.read_text(encoding="utf-8-sig")
            place = own if text.startswith("schema: intervention/1") else Path(made)
            (place / copy.name).write_text(text, encoding="utf-8")
        found = []
        for number, entry in enumerate(data["scenarios"]):
            plainly = dict(entry)
            if plainly["area"].get("csv"):
                plainly["area"] = plainly["area"] | {"csv": Path(plainly["area"]["csv"]).name}
            if plainly.get("catalogue"):
                plainly["catalogue"] = OWN
            path = Path(made) / f"{runfolder.slug(entry['name'])}.{number}.yaml"
            path.write_text(documents.to_text(plainly), encoding="utf-8")
            found.append(str(path))
        yield found


def perform(folder: Path, *, compare: bool, out: Path, jobs: int | None = None, argv: Sequence[str] = (),
            progress: Callable[[Report], None] = lambda report: None) -> Result:
    """Make the run of a folder again under `out`; compare: with other versions too.

    Raises NbhdsimError, with nothing written, when it was made with other versions or numbers, or did not end.
    """
    data, manifest = resolved(folder), json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    counts = manifest["counts"]
    if not manifest.get("tables") or counts["done"] + counts["failed"] < counts["planned"]:
        raise NbhdsimError.of(f"{folder} has not ended (give its own command again to go on with it)")
    other = runfolder.differences(manifest, runfolder.versions())
    if other and not compare:
        raise NbhdsimError.of(f"{folder} was made in other versions: {other} (use those, or give --compare to see what changes)")
    if (out / folder.name).resolve() == folder.resolve():
        raise NbhdsimError.of(f"--out: {out} is where the run itself is (give another folder)")
    with files(data, folder) as paths:
        if "draws" in data:
            scenarios = schema.load_all(paths)
            _same(plain.resolved(scenarios, name=data["name"], replicates=1, draws=0), data, folder, compare=compare)
            return plain.run(scenarios, name=data["name"], replicates=data["replicates"], draws=data["draws"], jobs=jobs, out=out,
                             argv=argv, progress=progress, anew=True)
        path = Path(paths[0]).parent / "experiment.1.yaml"
        kept = {key: data[key] for key in KEPT if key in data}
        path.write_text(documents.to_text(kept | {"scenarios": [Path(p).name for p in paths]}), encoding="utf-8")
        found = file.load(path)
        _same(study.resolved(found), data, folder, compare=compare)
        return study.perform(found, study.How(out, jobs, argv, True, False, progress)).result


def _same(now: Mapping[str, Any], then: Mapping[str, Any], folder: Path, *, compare: bool) -> None:
    if now["numbers"] != then.get("numbers") and not compare:
        raise NbhdsimError.of(f"{folder} was made with other numbers than the program has now (a changed file or catalogue; "
                              "give --compare to see what changes)")
