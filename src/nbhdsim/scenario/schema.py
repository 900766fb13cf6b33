"""From a scenario file to a checked, frozen Scenario; and the JSON Schema of such files for editors.

    scenario = load("scenarios/hubs-and-grants.yaml", sets=["months=24", "interventions.youth_hub.reach=0.2"])

A file may extend another (`extends:`, mappings merged key by key). Everything that is wrong is said at once, with file,
line and column: the shape of the file (`models`) and what its values mean together (`checks`).
"""
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from nbhdsim import documents
from nbhdsim.documents import Document, Path
from nbhdsim.errors import NbhdsimError, Problem, nearest
from nbhdsim.interventions import schema as catalogue
from nbhdsim.scenario import AMOUNTS, Scenario, checks
from nbhdsim.scenario.models import LineModel, ScenarioModel

KEYS = tuple(field.alias or name for name, field in ScenarioModel.model_fields.items())
LINE_KEYS = tuple(LineModel.model_fields)
STAND_INS = {"schema": "scenario/1", "area": {"name": "teaching-town"}, "start": "2026-04"}
"""What stands in for a required key that is missing, so that the rest of the file can still be checked."""


def load(path: str | os.PathLike[str], *, sets: Sequence[str] = (), seed: int | None = None) -> Scenario:
    """The scenario of a YAML file; `sets`: changes `address=value` as after `--set`; `seed` as after `--seed`.

    Defaults: name of the file, 60 months, 36 of history, seed 1, stance controlled. Raises NbhdsimError with every
    problem of the file and of the changes.
    """
    document = _changed(documents.read_extended(path), sets, seed)
    texts = {name: _text(name) for name in document.files}
    try:
        model = documents.check(document, ScenarioModel)
    except NbhdsimError as error:
        raise document.error([*error.problems, *_meanings(document, error.problems)]) from None
    scenario, problems = checks.scenario(document, model, texts)
    if problems or scenario is None:
        raise document.error(problems)
    return scenario


def load_all(paths: Sequence[str | os.PathLike[str]], *, sets: Sequence[str] = (),
             seed: int | None = None) -> list[Scenario]:
    """The scenarios of several files, changed alike; a change of one programme is made where that programme is.

    `interventions.youth_hub.sites=3` leaves a do-nothing scenario as it is. Raises NbhdsimError with the problems of all
    files, each once.
    """
    scenarios: list[Scenario] = []
    problems: list[Problem] = []
    held = [_programmes(path) for path in paths]
    anywhere = set().union(*held)
    for path, own in zip(paths, held, strict=True):
        try:
            mine = [text for text in sets if (key := _programme(text)) in own or key not in anywhere]
            scenarios.append(load(path, sets=mine, seed=seed))
        except NbhdsimError as error:
            problems += [p for p in error.problems if p not in problems]
    if problems:
        raise NbhdsimError(problems)
    return scenarios


def _programmes(path: str | os.PathLike[str]) -> set[str]:
    """Keys of the programmes of a file, none where it cannot be read (`load` says why)."""
    try:
        found = documents.read_extended(path).data.get("interventions")
    except NbhdsimError:
        return set()
    return set(found) if isinstance(found, dict) else set()


def _programme(text: str) -> str:
    """The programme of one file that a change is about: "" for a number of the catalogue, which reaches every file."""
    try:
        path = knob(text.partition("=")[0].strip())
    except NbhdsimError:
        return ""
    if path[0] == "overrides" and len(path) == 2:
        path = tuple(str(path[1]).split("."))
        if path[0] == "interventions" and len(path) > 1 and path[1] in catalogue.kinds():
            return ""
    return str(path[1]) if path[0] == "interventions" and len(path) > 2 else ""


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of scenario files, for editors; `load` checks more than it can say."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **ScenarioModel.model_json_schema()}


def _changed(document: Document, sets: Sequence[str], seed: int | None) -> Document:
    problems: list[Problem] = []
    for text in sets:
        address, equals, value = text.partition("=")
        label = f"--set {address.strip()}"
        try:
            if not equals:
                raise NbhdsimError.of("has no value (address=value)", file=label)
            path = knob(address.strip())
            _exists(document, path)
            document = documents.set_value(_alone(document, path), path, documents.scalar(value), label=label)
        except NbhdsimError as error:
            problems += [Problem(label, 0, 0, p.path, p.message) for p in error.problems]
    if problems:
        raise NbhdsimError(problems)
    return document if seed is None else documents.set_value(document, ("seed",), seed, label="--seed")


def _exists(document: Document, path: Path) -> None:
    """Raises NbhdsimError for a change of a programme that the file does not have."""
    known = document.data.get("interventions") or {}
    if path[0] == "interventions" and len(path) > 2 and isinstance(known, dict) and path[1] not in known:
        words = ", ".join(sorted(known)) or "it has none"
        raise NbhdsimError.of(f"no intervention '{path[1]}' in {document.file} ({words}){nearest(str(path[1]), known)}")


def knob(address: str) -> Path:
    """Where in a scenario file the value of an address stands; anything but a key of the file goes under `overrides`.

    `months`, `scenario.months` and `interventions.<key>.funding` are keys; `interventions.<key>.reach` is a number of
    the catalogue. Raises NbhdsimError for what is no address.
    """
    path = documents.path_of(address)
    if path[0] == "scenario" and len(path) > 1:
        return path[1:]
    if path[0] == "overrides":
        return ("overrides", ".".join(address.split(".")[1:])) if len(path) > 1 else path
    if path[0] == "interventions":
        own = len(path) < 3 or (path[2] in LINE_KEYS and not (path[2] == "effects" and isinstance(path[-1], str)))
        return path if own else ("overrides", address)
    return path if path[0] in KEYS else ("overrides", address)


def _alone(document: Document, path: Path) -> Document:
    """The document without the other amounts of a line whose amount is about to be set."""
    if len(path) == 3 and path[0] == "interventions" and path[2] in AMOUNTS:
        for other in AMOUNTS:
            document = _without(document, (*path[:2], other))
    return document


def _without(document: Document, path: Path) -> Document:
    """The document without the key at `path` (a path of keys), if it is there."""
    def pruned(data: Any, rest: Path) -> Any:
        if not isinstance(data, dict) or rest[0] not in data:
            return data
        if len(rest) == 1:
            return {key: value for key, value in data.items() if key != rest[0]}
        return {**data, rest[0]: pruned(data[rest[0]], rest[1:])}
    return replace(document, data=pruned(document.data, path))


def _text(name: str) -> str:
    with open(name, encoding="utf-8-sig") as file:
        return file.read()


def _meanings(document: Document, shape: list[Problem]) -> list[Problem]:
    """Problems of meaning in what is left of a file when everything of a wrong shape is taken out.

    Left out are those about something that lies within, or around, a value of a wrong shape.
    """
    wrong = {problem.path for problem in shape}
    for _ in range(20):
        try:
            model = documents.check(document, ScenarioModel)
        except NbhdsimError as error:
            document = _mended(document, error.problems)
            continue
        _, problems = checks.scenario(document, model, {})
        return [p for p in problems if not any(_touch(p.path, path) for path in wrong)]
    return []


def _touch(one: str, other: str) -> bool:
    """Is one of two paths within the other? The budget lies around all interventions."""
    if one == "budget" and other.startswith("interventions"):
        return True
    return any(a == b or a.startswith((f"{b}.", f"{b}[")) for a, b in ((one, other), (other, one)))


def _mended(document: Document, problems: list[Problem]) -> Document:
    """The document without the values of these problems; a required key of the file that is missing gets a stand-in."""
    known = {documents.path_text(path): path for path in (*document.places, *document.key_places)}
    for problem in problems:
        top = problem.path
        if top in STAND_INS:
            document = documents.set_value(document, (top,), STAND_INS[top], label="")
            continue
        while top and top not in known:
            top = top.rpartition(".")[0]
        path = known.get(top, ())
        while path and isinstance(path[-1], int):       # an entry of a list takes the list with it
            path = path[:-1]
        if path:
            document = _without(document, path)
    return document
