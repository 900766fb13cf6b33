"""A document against its schema: pydantic finds what is wrong, this module says it in plain words and says where.

pydantic's own path mixes keys of the data with names of union arms and tags; here it is walked along the data and what
is no key of it is dropped. An error of one arm of a union is left out when another arm got further into the value.
"""
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ..errors import Problem, nearest
from .document import Document, Path
from .fields import allowed_keys, description, holds
from .merging import set_value
from .words import allowed_values, expected, say


class Closed(BaseModel):
    """Base of every schema: unknown keys refused, nothing converted, no NaN or infinity, frozen.

    Strict fields take no list for a tuple: annotate such a field with `Field(strict=False)`.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Wrong(ValueError):
    """Raise it in a pydantic validator: what is wrong, and the path (keys below the validated value) of the culprit."""

    def __init__(self, message: str, *path: str | int) -> None:
        """message: plain words; path: from the validated value down, so that the problem points at a line."""
        super().__init__(message)
        self.path = path


class _Found(NamedTuple):
    path: Path
    error: Any             # pydantic's dictionary: type, loc, msg, input, ctx
    arm: bool              # its location names an arm of a union


Model = TypeVar("Model", bound=BaseModel)


def check(document: Document, model: type[Model]) -> Model:
    """The document as an instance of `model`; NbhdsimError with every problem, in the order of the file."""
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        found = [_found(document.data, details) for details in error.errors(include_url=False)]
        raise document.error(_problems(document, model, found)) from None


def _found(data: Any, error: Any) -> _Found:
    loc = tuple(part for part in error["loc"] if part != "[key]")
    last = error["type"] == "missing"
    path = _along(data, loc[:-1] if last else loc)
    arm = len(path) < len(loc) - last
    if last:
        path = (*path, loc[-1])
    if error["type"] in ("union_tag_invalid", "union_tag_not_found"):
        key = error["ctx"]["discriminator"].strip("'")
        path = (*path, key)
    wrong = error.get("ctx", {}).get("error")
    return _Found((*path, *wrong.path) if isinstance(wrong, Wrong) else path, error, arm)


def _along(data: Any, loc: Path) -> Path:
    """The longest path into `data` that keeps the order of `loc`; parts that lead nowhere are names of union arms."""
    if not loc:
        return ()
    part, rest = loc[0], loc[1:]
    dropped = _along(data, rest)
    if not holds(data, part):
        return dropped
    kept = (part, *_along(data[part], rest))
    return kept if len(kept) >= len(dropped) else dropped


def _problems(document: Document, model: type[BaseModel], found: list[_Found]) -> list[Problem]:
    by_path: dict[Path, list[_Found]] = {}
    kind = [item for item in found if item.path == ("schema",) and _other_kind(item.error)]
    for item in kind or found:              # a file of another kind has that problem alone
        by_path.setdefault(item.path, []).append(item)
    problems = []
    for path, items in by_path.items():
        deeper = any(other[:len(path)] == path and len(other) > len(path) for other in by_path)
        items = [item for item in items if not (deeper and item.arm and expected(item.error))]
        if items:
            problems.append(_problem(document, model, items))
    return problems


def _other_kind(error: Any) -> bool:
    """Is it a `schema` that begins like no schema which is allowed?"""
    begin = str(error.get("input")).partition("/")[0]
    return error["type"] == "literal_error" and begin not in [word.partition("/")[0] for word in allowed_values(error)]


def _problem(document: Document, model: type[BaseModel], items: list[_Found]) -> Problem:
    own = [item for item in items if not expected(item.error)]       # the value is of that kind, and is refused within
    path, error = (own or items)[0].path, (own or items)[0].error
    about = description(model, document.data, path)
    about = f" ({about})" if about and not say(error).endswith(")") else ""
    if error["type"] == "extra_forbidden":
        allowed = [key for key in allowed_keys(model, document.data, path[:-1]) if key != path[-1]]
        hint = " (a number has no commas: 1000, not 1,000)" if str(path[-1]).isdecimal() else nearest(path[-1], allowed)
        return document.problem(path, "unknown key" + hint, key=True)
    if error["type"] == "union_tag_not_found":
        tags = _tags(document, model, path)
        return document.problem(path, f"is required but missing: one of {tags}{about}")
    hints = {expected(item.error): None for item in items}
    if len(hints) > 1 and all(hints):
        word, allowed = error.get("input"), [word for item in items for word in allowed_values(item.error)]
        near = nearest(word, allowed) if isinstance(word, str) else ""
        return document.problem(path, say(error, either=list(map(str, hints))) + about + near)
    return document.problem(path, say(error) + about + _near(error), key="[key]" in error["loc"])


def _near(error: Any) -> str:
    word = error["ctx"].get("tag") if error["type"] == "union_tag_invalid" else error.get("input")
    return nearest(word, allowed_values(error)) if isinstance(word, str) else ""


def _tags(document: Document, model: type[BaseModel], path: Path) -> str:
    """The allowed tags of a union whose tag is missing: asked of pydantic with a tag that cannot exist."""

    asked = set_value(document, path, "\0", label="")
    try:
        model.model_validate(asked.data)
    except ValidationError as error:
        for details in error.errors(include_url=False):
            if details["type"] == "union_tag_invalid" and _found(asked.data, details).path == path:
                return ", ".join(allowed_values(details))
    return "its kinds"
