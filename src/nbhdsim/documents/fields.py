"""What a schema says about one place of a document: the keys allowed there and the description of a field."""
import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from .document import Path


def allowed_keys(model: type[BaseModel], data: Any, path: Path) -> list[str]:
    """Keys of the mapping at `path`, of every schema that can stand there given what `data` says."""
    found = _walk(model, data, path)
    keys = [name for arm in found.arms for name in _keys(arm)]
    return sorted(set(keys))


def description(model: type[BaseModel], data: Any, path: Path) -> str:
    """The description of the field at `path`, "" when it has none."""
    return _walk(model, data, path).about


def holds(data: Any, part: str | int) -> bool:
    """Is there a value at this key or list position of `data`?"""
    if isinstance(data, dict):
        return part in data
    return isinstance(data, list) and isinstance(part, int) and part < len(data)


class _Step:
    """The schemas (models) that can stand at one place, the other annotations, and the description of the field."""

    def __init__(self, annotations: list[Any], data: Any, about: str = "") -> None:
        flat = [plain for annotation in annotations for plain in _flat(annotation)]
        self.arms = [arm for arm in flat if _is_model(arm) and _agrees(arm, data)]
        self.others = [other for other in flat if not _is_model(other)]
        self.about = about

    def into(self, part: str | int, data: Any) -> "_Step":
        below, about = [], ""
        for arm in self.arms:
            if (field := _field(arm, part)) is not None:
                below.append(field.annotation)
                about = about or field.description or ""
        for other in self.others:
            below += _items(other, part)
        return _Step(below, data, about)


def _walk(model: type[BaseModel], data: Any, path: Path) -> _Step:
    step = _Step([model], data)
    for part in path:
        data = data[part] if holds(data, part) else None
        step = step.into(part, data)
    return step


def _flat(annotation: Any) -> Iterator[Any]:
    """The arms of unions and what Annotated wraps."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _flat(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for arm in get_args(annotation):
            yield from _flat(arm)
    else:
        yield annotation


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _agrees(model: type[BaseModel], data: Any) -> bool:
    """False for an arm whose literal (a tag such as `kind`) is not what the data says."""
    if not isinstance(data, dict):
        return True
    for name, field in model.model_fields.items():
        key = field.alias or name
        literal = get_origin(field.annotation) is Literal and isinstance(data.get(key), str)
        if literal and data[key] not in get_args(field.annotation) and len(get_args(field.annotation)) == 1:
            return False
    return True


def _keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _field(model: type[BaseModel], part: str | int) -> FieldInfo | None:
    for name, field in model.model_fields.items():
        if part in (name, field.alias):
            return field
    return None


def _items(annotation: Any, part: str | int) -> list[Any]:
    """What stands inside a list, tuple, set or dict annotation."""
    arguments = [argument for argument in get_args(annotation) if argument is not Ellipsis]
    origin = get_origin(annotation)
    if not arguments or not isinstance(origin, type):
        return []
    if issubclass(origin, tuple) and isinstance(part, int):
        return [arguments[min(part, len(arguments) - 1)]]
    return [arguments[-1]] if isinstance(part, str) == hasattr(origin, "keys") else []
