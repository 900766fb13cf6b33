"""pydantic's errors in plain words."""
import math
import re
from typing import Any

_KINDS = {
    "int": "a whole number", "float": "a number", "bool": "true or false", "string": "text", "list": "a list",
    "tuple": "a list", "set": "a list", "frozen_set": "a list", "dict": "a mapping of keys to values",
    "mapping": "a mapping of keys to values", "model": "a mapping of keys to values", "date": "a date (YYYY-MM-DD)",
    "model_attributes": "a mapping of keys to values", "dataclass": "a mapping of keys to values",
    "path": "a file name",
}
_READERS = {"scenario": "a scenario (for nbhdsim check, run and compare)", "experiment": "an experiment (for nbhdsim experiment)",
            "intervention": "an intervention (for `catalogue:` of a scenario)"}
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|([^\s,']+)")


def show(value: Any) -> str:
    """A value as a message shows it: on one line, text in quotes, at most 60 characters, containers by their kind."""
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    if isinstance(value, dict | list | tuple):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def allowed_values(error: Any) -> list[str]:
    """The values that a literal, an enumeration or a union's tag may take, as pydantic reports them."""
    context = error.get("ctx", {})
    text = context.get("expected_tags") or context.get("expected") or ""
    words = [quoted or bare for quoted, bare in _QUOTED.findall(str(text))]
    return [word for word in words if word != "or"]


def expected(error: Any) -> str:
    """What should stand there, as a phrase ("a whole number", "'all'"); "" for an error that is not about the kind."""
    kind = error["type"]
    if kind in ("literal_error", "enum"):
        allowed = allowed_values(error)
        return f"'{allowed[0]}'" if len(allowed) == 1 else f"one of {', '.join(allowed)}"
    if kind in ("int_from_float", "none_required"):
        return "a whole number" if kind == "int_from_float" else "nothing"
    stem, _, what = kind.rpartition("_")
    return _KINDS.get(stem, "") if what in ("type", "parsing") else ""


def say(error: Any, *, either: list[str] | None = None) -> str:
    """The error in plain words; `either` lists the phrases of a union none of whose arms fits."""
    kind, value, context = error["type"], error.get("input"), error.get("ctx", {})
    if either:
        return f"{show(value)} is neither {' nor '.join(either)}"
    if kind == "missing":
        return "is required but missing"
    if kind in ("literal_error", "enum", "union_tag_invalid"):
        if error["loc"] == ("schema",) and (other := _READERS.get(str(value).partition("/")[0])) and other not in (
                _READERS.get(word.partition("/")[0]) for word in allowed_values(error)):
            return f"{show(value)} is {other}; here it is {' or '.join(allowed_values(error))}"
        shown = repr(context["tag"]) if kind == "union_tag_invalid" else show(value)
        return f"{shown} is not one of {', '.join(allowed_values(error))}"
    if phrase := expected(error):
        return f"{show(value)} is not {phrase}{_remedy(phrase, value)}"
    return _bound(kind, context, value) or _size(kind, context, value) or _own(error, context)


def _remedy(phrase: str, value: Any) -> str:
    if phrase == "text" and isinstance(value, bool | int | float):
        return "; put it in quotes"
    if phrase == "a whole number" and isinstance(value, float) and math.isfinite(value) and value == int(value):
        return f"; write {int(value)}"
    return ""


def _bound(kind: str, context: Any, value: Any) -> str:
    verbs = {"less_than_equal": ("is more than", "le"), "greater_than_equal": ("is less than", "ge"),
             "less_than": ("is not less than", "lt"), "greater_than": ("is not more than", "gt"),
             "multiple_of": ("is not a multiple of", "multiple_of")}
    if kind == "finite_number":
        return f"{show(value)} is not a finite number"
    if kind not in verbs:
        return ""
    verb, bound = verbs[kind]
    return f"{show(value)} {verb} {_number(context[bound])}"


def _number(bound: Any) -> str:
    return str(int(bound)) if isinstance(bound, float) and bound.is_integer() else str(bound)


def _size(kind: str, context: Any, value: Any) -> str:
    unit = "characters" if kind.startswith("string") else "entries"
    if kind in ("too_short", "string_too_short"):
        few, has = context["min_length"], context.get("actual_length", len(value) if hasattr(value, "__len__") else 0)
        return "must not be empty" if few == 1 else f"has {has} {unit}, fewer than {few}"
    if kind in ("too_long", "string_too_long"):
        has = context.get("actual_length") or len(value)
        return f"has {has} {unit}, more than {context['max_length']}"
    if kind == "string_pattern_mismatch":
        return f"{show(value)} is not written as it should be"
    return ""


def _own(error: Any, context: Any) -> str:
    """The text of an error that a validator of ours raised; pydantic's own words for anything else."""
    if error["type"] in ("value_error", "assertion_error"):
        return str(context.get("error", error["msg"]))
    return f"{error['msg'][:1].lower()}{error['msg'][1:]} (got {show(error.get('input'))})"
