"""The run folder `runs/<name>-<8 hex>/`: made or taken up again, locked, described by its manifest, and closed.

Bad input writes nothing: the folder is made only after everything has been checked. A run that stops early leaves a
readable folder whose manifest says `complete: false`; the same command goes on with it, in the same versions alone.
"""

import fcntl
import functools
import hashlib
import json
import os
import platform
import re
import shutil
import socket
import subprocess
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO, Any

from nbhdsim.errors import NbhdsimError, Stopped
from nbhdsim.tables import atomic

DEPENDENCIES = ("numpy", "numba", "pandas", "pyarrow", "networkx", "pydantic", "PyYAML", "scipy", "matplotlib")
NOT_HASHED = ("name", "out", "jobs", "cluster")
MADE = ("parts", "csv", "figures", "manifest.json", "resolved.yaml", "errors.jsonl", "log.txt", "evidence.csv", "report.html")


def config_hash(resolved: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of the canonical JSON of a resolved experiment, without its name, out, jobs and cluster."""
    kept = {key: value for key, value in resolved.items() if key not in NOT_HASHED}
    return hashlib.sha256(json.dumps(kept, sort_keys=True, ensure_ascii=False, allow_nan=False).encode()).hexdigest()


def file_hash(path: Path) -> str:
    """SHA-256 (hex) of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def slug(name: str) -> str:
    """A name as part of a folder name: lower-case letters, digits and hyphens, at most 60."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60].strip("-") or "run"


def check_out(out: Path) -> None:
    """Raises NbhdsimError when no folder can be made at `out` because a part of the way is a file or not writable."""
    try:
        _check_way(out)
    except (OSError, ValueError) as error:
        raise _cannot_be_made(out, error) from None


def _cannot_be_made(out: Path, error: OSError | ValueError) -> NbhdsimError:
    reason = getattr(error, "strerror", None) or str(error)
    return NbhdsimError.of(f"--out: {out} cannot be made: {reason.lower()} (give a folder you may write in)")


def _check_way(out: Path) -> None:
    for place in (out, *out.parents):
        if place.is_dir():
            if not os.access(place, os.W_OK | os.X_OK):
                raise NbhdsimError.of(f"--out: nothing can be written in {place} (give a folder you may write in)")
            return
        if place.exists() or place.is_symlink():
            raise NbhdsimError.of(f"--out: {out} cannot be made: {place} is a file (give a folder)")


def _git() -> str | None:
    """Commit of the source tree the package runs from, or None when it is not a git checkout."""
    here = Path(__file__).resolve().parent
    if not any((p / ".git").exists() for p in here.parents):
        return None
    try:
        command = ["git", "-C", str(here), "rev-parse", "HEAD"]
        found = subprocess.run(command, check=False, capture_output=True, text=True, timeout=5)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found.stdout.strip() or None if found.returncode == 0 else None


def _versions(names: Iterable[str]) -> dict[str, str]:
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


@functools.cache
def source_hash() -> str:
    """SHA-256 (hex) of every file of the package: what a version number does not say of a program that is being worked on."""
    home, digest = Path(__file__).parent, hashlib.sha256()
    for file in sorted(home.rglob("*")):
        inside = file.relative_to(home).parts
        if file.is_file() and not any(part == "__pycache__" or part.startswith(".") for part in inside):    # caches of tools
            digest.update(file.relative_to(home).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def versions() -> dict[str, Any]:
    """What results may depend on beside what was asked: of the package and its source, Python and the dependencies."""
    return {"package": _versions(["nbhdsim"]).get("nbhdsim", "source"), "source": source_hash(),
            "python": platform.python_version(), "dependencies": _versions(DEPENDENCIES)}


def differences(there: Mapping[str, Any], here: Mapping[str, Any]) -> str:
    """How two `versions` differ, in words; "" where they do not."""
    flat = [{"nbhdsim": v.get("package"), "source": str(v.get("source"))[:8], "python": v.get("python")} | v.get("dependencies", {})
            for v in (there, here)]
    names = [name for name in dict.fromkeys([*flat[0], *flat[1]]) if flat[0].get(name) != flat[1].get(name)]
    return ", ".join(f"{name} {flat[0].get(name)} there and {flat[1].get(name)} here" for name in names)


def now() -> str:
    """The time in UTC, to the second, as ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass
class RunFolder:
    """An open run folder. `manifest` is written anew at each `save`; `close` gives the lock back.

    copies: names of the copied input files; above: folders made to hold this one, innermost first; resumed: was it begun by an
    earlier run of the same experiment?
    """

    path: Path
    manifest: dict[str, Any]
    lock: IO[str] | None = None
    copies: Sequence[str] = ()
    above: Sequence[Path] = ()
    resumed: bool = False

    @property
    def parts(self) -> Path:
        """Folder of the parts, there while the run lasts or after it was stopped."""
        return self.path / "parts"

    def save(self, **changes: Any) -> None:
        """Change entries of the manifest and write it whole."""
        self.manifest.update(changes)
        write_text(self.path / "manifest.json", json.dumps(self.manifest, indent=1, ensure_ascii=False) + "\n")

    def log(self, line: str) -> None:
        """Append one line with the time to `log.txt`."""
        with (self.path / "log.txt").open("a", encoding="utf-8") as file:
            file.write(f"{now()} {line}\n")

    def error(self, **entry: Any) -> None:
        """Append one JSON object to `errors.jsonl`."""
        with (self.path / "errors.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")

    def keep_errors(self, pairs: Collection[tuple[int, int]]) -> None:
        """Leave only the errors of these (draw, replicate) in `errors.jsonl`; a line torn by a sudden end goes too."""
        kept = {}
        path = self.path / "errors.jsonl"
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if (pair := (entry.get("draw"), entry.get("replicate"))) in pairs:
                kept[pair] = line + "\n"
        write_text(path, "".join(kept.values()))

    def drop_parts(self) -> None:
        """Remove the parts once the finished tables hold their rows."""
        shutil.rmtree(self.parts, ignore_errors=True)

    def discard(self) -> None:
        """Take back everything this run wrote; a folder that held nothing else goes too."""
        self.close()
        _empty(self.path)
        for name in (*self.copies, "lock"):
            (self.path / name).unlink(missing_ok=True)
        for place in (self.path, *self.above):
            if any(place.iterdir()):
                break
            place.rmdir()

    def close(self) -> None:
        """Give the lock back; the folder stays."""
        if self.lock is not None:
            self.lock.close()
            self.lock = None


def write_text(path: Path, text: str) -> None:
    """A text file (UTF-8), written whole or not at all."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def create(out: Path, *, resolved: Mapping[str, Any], resolved_text: str, texts: Mapping[str, str], seed: int, argv: Sequence[str],
           planned: int, anew: bool = False) -> RunFolder:
    """Lock the folder of a resolved experiment under `out`, made (or emptied) with inputs and a first manifest.

    One that was begun in the same versions and is not complete is taken up as it is, unless `anew`. `texts` are the files as given,
    by name. Raises NbhdsimError when the folder cannot be made, another process is writing in it, it is of another experiment, or
    it was begun in other versions; Stopped when the disk is full.
    """
    check_out(out)
    digest = config_hash(resolved)
    path = out / f"{slug(str(resolved['name']))}-{digest[:8]}"
    check_out(path)
    copies = dict(zip(copy_names([Path(name) for name in texts]), texts.values(), strict=True))
    manifest = {
        "schema": 1, **versions(), "platform": platform.platform(), "git": _git(),
        "seed": seed, "config_hash": digest, "argv": list(argv),
        "data_hashes": {name: hashlib.sha256(t.encode()).hexdigest() for name, t in copies.items()},
        "counts": {"planned": planned, "done": 0, "failed": 0}, "seconds": 0.0, "started": now(), "resumed": [], "ended": None,
        "complete": False,
    }
    above = [place for place in path.parents if not place.exists()]
    folder = RunFolder(path, manifest, _locked(path), list(copies), above)
    try:
        begun = _begun(path, digest)
    except NbhdsimError:
        folder.close()
        raise
    if begun is not None and not anew:
        return _taken_up(folder, begun)
    try:
        _empty(path)
        folder.save()
        (path / "parts").mkdir()
        for name, text in {**copies, "resolved.yaml": resolved_text, "errors.jsonl": ""}.items():
            write_text(path / name, text)
        folder.log(f"{planned} futures planned")
    except BaseException as error:      # Ctrl-C too: no folder without its manifest
        folder.discard()
        if isinstance(error, OSError):
            raise Stopped(f"{path} cannot be written: {(error.strerror or str(error)).lower()}") from None
        raise
    return folder


KINDS: Mapping[str, type] = {"counts": dict, "dependencies": dict, "data_hashes": dict, "tables": dict, "argv": list}
"""What entries of a manifest are where they are not a word or a number."""


def read(path: Path) -> dict[str, Any]:
    """The manifest of a run folder, without entries of another kind than a run writes.

    Raises NbhdsimError when there is none, or it is not one.
    """
    try:
        found = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict) or "config_hash" not in found:
        raise NbhdsimError.of(f"{path} is no run folder: it has no manifest.json of a run")
    known: dict[str, Any] = {name: x for name, x in found.items() if isinstance(x, KINDS.get(name, object))}
    if "counts" in known:
        known["counts"] = {name: n for name, n in known["counts"].items() if isinstance(n, int)}
    return known


def _begun(path: Path, digest: str) -> dict[str, Any] | None:
    """The manifest of a folder that can be gone on with; NbhdsimError when the folder is that of another experiment."""
    if not (path / "manifest.json").exists():
        return None
    manifest = read(path)
    if manifest.get("config_hash") != digest:
        raise NbhdsimError.of(f"{path} is the folder of another experiment (give another --out)")
    return None if manifest["complete"] or not any(path.glob("parts/runs-*.parquet")) else manifest


def _taken_up(folder: RunFolder, begun: dict[str, Any]) -> RunFolder:
    """The folder with the manifest of the run that began it; NbhdsimError when that ran in other versions."""
    if differ := differences(begun, versions()):
        folder.close()
        raise NbhdsimError.of(f"{folder.path} was begun in other versions: {differ} (go on in those, or begin anew with --anew)")
    folder.manifest, folder.resumed = begun, True
    folder.save(ended=None, resumed=[*begun["resumed"], now()])
    folder.log("taken up again")
    return folder


def _locked(path: Path) -> IO[str]:
    """The lock of a folder, which is made; NbhdsimError when it cannot be, or another process holds it."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = (path / "lock").open("a")
    except (OSError, ValueError) as error:
        raise _cannot_be_made(path, error) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise NbhdsimError.of(f"{path} is being written by another run (wait for it, or give another --out)") from None
    lock.truncate(0)
    lock.write(json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": now()}) + "\n")
    lock.flush()
    return lock


def holder(path: Path) -> dict[str, Any] | None:
    """Who writes in a run folder now (pid, host, since), None when nobody does."""
    try:
        with (path / "lock").open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return dict(json.loads(lock.read() or "{}"))
    except (OSError, ValueError):
        pass
    return None


def copy_names(files: Sequence[Path]) -> list[str]:
    """Names of the copies of the input files: their own, numbered where two are the same."""
    seen: dict[str, int] = {}
    names = []
    for path in files:
        seen[path.name] = seen.get(path.name, 0) + 1
        names.append(path.name if seen[path.name] == 1 else f"{path.stem}-{seen[path.name]}{path.suffix}")
    return names


def _empty(path: Path) -> None:
    """Remove what an earlier run of the same experiment made; files of other names are left alone."""
    for name in MADE:
        target = path / name
        if target.is_dir():
            shutil.rmtree(target)
        else:
            target.unlink(missing_ok=True)
    for table in path.glob("*.parquet"):
        table.unlink()
