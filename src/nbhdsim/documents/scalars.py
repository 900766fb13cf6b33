"""Plain scalars by YAML 1.2: what is a number, a yes or a no, and what stays text."""
import re

LARGEST = 2 ** 63 - 1
"""Largest whole number a document may hold (8 bytes); no quantity of the model comes near."""

NULL = re.compile(r"~|null|Null|NULL|")
BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
                   r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


def resolve(text: str) -> str | int | float | bool | None:
    """The value of a plain scalar.

    `no`, `on`, `012`, `0x1f`, `1_000`, `1:30` and dates are text; `1e3` is 1000.0. ValueError for a whole number that
    does not fit in 8 bytes.
    """
    if NULL.fullmatch(text):
        return None
    if BOOL.fullmatch(text):
        return text[0] in "tT"
    if INT.fullmatch(text):
        return _whole(text)
    if FLOAT.fullmatch(text):
        return float(text.replace(".i", "i").replace(".I", "I").replace(".n", "n").replace(".N", "N"))
    return text


def _whole(text: str) -> int:
    value = int(text) if len(text) < 21 else LARGEST + 1
    if abs(value) > LARGEST:
        raise ValueError("this whole number is too large (19 digits at most)")
    return value
