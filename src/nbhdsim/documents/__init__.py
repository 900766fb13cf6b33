"""Strict YAML in: positions of everything, limits, all problems at once. The only package that reads or writes YAML.

    document = read_extended("scenarios/hubs.yaml")          # or read_yaml: without following `extends:`
    document = set_value(document, ("months",), scalar("24"), label="--set months")
    scenario = check(document, ScenarioModel)

Scalars follow YAML 1.2 (`no` is text, `012` is text, `1e3` is a number). Keys are always text, whatever they look like.
"""
from .checking import Closed, Wrong, check
from .document import Document, Path, Place, path_of, path_text
from .merging import merge, read_extended, set_value
from .reading import no_such_file, read_text, read_yaml, scalar, to_text
from .scalars import resolve

__all__ = ["Closed", "Document", "Path", "Place", "Wrong", "check", "merge", "no_such_file", "path_of", "path_text",
           "read_extended", "read_text", "read_yaml", "resolve", "scalar", "set_value", "to_text"]
