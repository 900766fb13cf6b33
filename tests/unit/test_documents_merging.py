"""`--set` and `extends:` change the data before it is checked, and every value keeps the place it came from."""
import pytest

from nbhdsim import documents
from nbhdsim.errors import NbhdsimError


def with_values(document, values):
    for address, value in values.items():
        document = documents.set_value(document, documents.path_of(address), value, label=f"--set {address}")
    return document


@pytest.fixture
def document():
    return documents.read_text("a: {b: [1, {c: 2}]}\nd: x\n", file="f")


def test_set_changes_a_copy(document):
    changed = with_values(document, {"a.b[1].c": 3, "e.f": True, "a.b[0]": "y"})
    assert changed.data == {"a": {"b": ["y", {"c": 3}]}, "d": "x", "e": {"f": True}}
    assert document.data == {"a": {"b": [1, {"c": 2}]}, "d": "x"}


def test_a_set_value_carries_its_label_and_no_line(document):
    changed = with_values(document, {"a.b[1].c": 3})
    assert str(changed.problem(("a", "b", 1, "c"), "no")) == "--set a.b[1].c: a.b[1].c: no"
    assert changed.place(("a", "b", 1)) == document.place(("a", "b", 1))
    assert changed.place(("a", "b", 1, "c"))[1:] == (0, 0)


def test_positions_below_a_replaced_value_are_forgotten(document):
    changed = documents.set_value(document, ("a",), {"b": [5]}, label="--set a")
    assert changed.place(("a", "b", 0)).file == "--set a"


def test_keys_with_dots_are_set_by_path(document):
    path, label = ("overrides", "interventions.hub.reach"), "--set interventions.hub.reach"
    changed = documents.set_value(document, path, 0.2, label=label)
    assert changed.data["overrides"] == {"interventions.hub.reach": 0.2}
    assert changed.place(path).file == label


def test_nothing_becomes_a_mapping_when_something_is_set_in_it():
    empty = documents.read_text("a:\n", file="f")
    assert with_values(empty, {"a.b": 1}).data == {"a": {"b": 1}}


def test_the_next_list_position_can_be_set(document):
    assert with_values(document, {"a.b[2]": 9}).data["a"]["b"] == [1, {"c": 2}, 9]


@pytest.mark.parametrize("address, message", [
    ("a.b.c", "--set a.b.c: a.b: is a list; its entries are [0], [1] and so on"),
    ("a[0]", "--set a[0]: a: is a mapping, not a list"),
    ("a.b[7]", "--set a.b[7]: a.b: the list has 2 entries, counted from 0"),
    ("d.e", "--set d.e: d: is a single value, with nothing inside it"),
])
def test_addresses_that_lead_nowhere(document, address, message):
    with pytest.raises(NbhdsimError) as caught:
        with_values(document, {address: 1})
    assert str(caught.value) == message


@pytest.mark.parametrize("text, value", [
    ("0.2", 0.2), ("no", "no"), (" 3 ", 3), ("'3'", "3"), ("[1, no]", [1, "no"]), ("{a: 1e3}", {"a": 1000.0}),
    ("", None),
    ("a: b", "a: b"), ("youth hub", "youth hub")])
def test_the_right_hand_side_of_set(text, value):
    assert documents.scalar(text) == value


@pytest.mark.parametrize("text", ["[1", "{a", "'x", "[*a]", "9" * 30])
def test_a_right_hand_side_that_cannot_be_read(text):
    with pytest.raises(NbhdsimError, match="^--set"):
        documents.scalar(text)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "base.yaml").write_text("months: 36\narea: {name: town, residents: 3000}\nlist: [1, 2]\nold: 1\n")
    (tmp_path / "mid.yaml").write_text("extends: base.yaml\narea: {residents: 9}\nnew: 2\n")
    (tmp_path / "sub/top.yaml").write_text("extends: ../mid.yaml\nlist: [3]\nold: {deep: 1}\n")
    return tmp_path


def test_extends_merges_mappings_and_replaces_lists(folder):
    document = documents.read_extended("sub/top.yaml")
    assert document.data == {"months": 36, "area": {"name": "town", "residents": 9}, "list": [3], "old": {"deep": 1},
                             "new": 2}
    assert document.file == "sub/top.yaml"


def test_extends_keeps_the_file_of_each_value(folder):
    document = documents.read_extended("sub/top.yaml")
    expected = {("months",): ("base.yaml", 1), ("area", "name"): ("base.yaml", 2),
                ("area", "residents"): ("mid.yaml", 2), ("list", 0): ("sub/top.yaml", 2)}
    assert {path: document.place(path)[:2] for path in expected} == expected
    assert ("list", 1) not in document.places


@pytest.mark.parametrize("text, message", [
    ("extends: me.yaml\n", "me.yaml:1:10: extends: 'me.yaml' extends itself in a circle"),
    ("extends: 3\n", "me.yaml:1:10: extends: must be the name of one file"),
    ("extends: [base.yaml]\n", "me.yaml:1:10: extends: must be the name of one file"),
    ("extends: \n", "me.yaml:1:9: extends: must be the name of one file"),
    ("extends: bass.yaml\n", "me.yaml:1:10: extends: 'bass.yaml': no such file; did you mean 'base.yaml'?"),
    ("extends: sub\n", "me.yaml:1:10: extends: 'sub': is a folder, not a file"),
    ("extends: /base.yaml\n", "me.yaml:1:10: extends: '/base.yaml' is absolute; name a file relative to this one"),
])
def test_extends_names_one_file(folder, text, message):
    (folder / "me.yaml").write_text(text)
    with pytest.raises(NbhdsimError) as caught:
        documents.read_extended("me.yaml")
    assert str(caught.value) == message


def test_a_circle_of_files_is_seen(folder):
    (folder / "base.yaml").write_text("extends: sub/top.yaml\n")
    with pytest.raises(NbhdsimError, match=r"base\.yaml:1:10: extends: 'sub/top\.yaml' extends itself in a circle"):
        documents.read_extended("sub/top.yaml")


def test_a_broken_parent_speaks_for_itself(folder):
    (folder / "base.yaml").write_text("a: 1\na: 2\n")
    with pytest.raises(NbhdsimError, match=r"^base\.yaml:2:1: a: given twice"):
        documents.read_extended("mid.yaml")
