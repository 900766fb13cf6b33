"""Random streams: every name in the code is on the list, and no two of all names have one number."""
import ast
import re

import pytest
from sources import FILES, PACKAGE, at, tree_of

from nbhdsim import evidence
from nbhdsim.errors import NbhdsimError
from nbhdsim.interventions import schema as kinds
from nbhdsim.scenario import schema, streams

PASSED_ON = {"evidence.py", "scenario/streams.py", "population/people.py", "population/network.py"}
"""Files that are given the name: an address, or a name of the population, which is a literal of its own."""


def text_of(node):
    """A literal name, with `*` for what is filled in; None for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "*" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and text_of(node.left):
        return text_of(node.left) + "*"
    return None


def listed(name):
    """Is a name, `*` standing for anything, among the streams of the model or of a programme?"""
    held = [*streams.MODEL, *(f"{word}.any_key" for word in streams.PROGRAMME)]
    return any(re.fullmatch(re.escape(name).replace(r"\*", ".+"), one) for one in held)


def test_every_stream_in_the_code_is_on_the_list():
    wrong, found = [], 0
    for file in FILES:
        for node in ast.walk(tree_of(file)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("purpose", "_purpose"):
                name, found = text_of(node.args[0]), found + 1
                if name is None and file.relative_to(PACKAGE).as_posix() not in PASSED_ON or name and not listed(name):
                    wrong.append(f"{at(file, node)}: {ast.unparse(node)} (list it in scenario/streams.py)")
            elif (name := text_of(node)) and re.match(r"(luck|build)\.[a-z_.*]+$", name) and not listed(name):
                if not isinstance(getattr(node, "parent", None), ast.JoinedStr):
                    wrong.append(f"{at(file, node)}: {name} (list it in scenario/streams.py)")
    assert not wrong, "\n".join(wrong)
    assert found > 8


def test_no_two_streams_of_the_catalogue_have_one_number():
    quantities = dict(evidence.load_baseline()[0])
    for kind in kinds.kinds().values():
        quantities |= {q.address: q for q in kind.all_quantities()}
    names = streams.names(quantities, [*kinds.kinds(), "adjust"])
    assert len(names) > 100 and streams.shared(names) == []


TOWN = """schema: scenario/1
area: {name: teaching-town, residents: 900}
start: 2026-04
months: 12
history: 12
interventions:
  hub_37174: {kind: youth_hub, sites: 1}
"""


def test_keys_whose_streams_have_one_number_are_refused(tmp_path):
    (tmp_path / "town.yaml").write_text(TOWN, encoding="utf-8")
    assert schema.load(tmp_path / "town.yaml").lines
    (tmp_path / "town.yaml").write_text(TOWN + "  hub_116832: {kind: youth_hub, sites: 1}\n", encoding="utf-8")
    with pytest.raises(NbhdsimError, match=r":8:3: interventions.hub_116832: .*'join.hub_116832' and 'join.hub_37174'"):
        schema.load(tmp_path / "town.yaml")
