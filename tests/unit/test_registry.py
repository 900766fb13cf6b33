"""A registry fills itself from one folder and names the nearest word for what it does not hold."""
import sys

import pytest

from nbhdsim.errors import NbhdsimError
from nbhdsim.registry import Registry


@pytest.fixture
def fruits():
    registry = Registry("fruit")
    registry.add("pear")("P")
    registry.add("apple")("A")
    return registry


def test_it_reads_like_a_mapping_in_alphabetical_order(fruits):
    assert list(fruits) == ["apple", "pear"]
    assert fruits.items() == [("apple", "A"), ("pear", "P")]
    assert fruits["pear"] == "P"
    assert "apple" in fruits and "plum" not in fruits
    assert len(fruits) == 2


def test_an_unknown_name_says_what_is_allowed_and_what_is_nearest(fruits):
    with pytest.raises(NbhdsimError) as caught:
        fruits["appel"]
    assert str(caught.value) == "'appel' is not a known fruit (apple, pear); did you mean 'apple'?"


def test_an_empty_registry_says_so():
    with pytest.raises(NbhdsimError, match=r"'x' is not a known fruit \(none\)"):
        Registry("fruit")["x"]


def test_a_name_is_given_once(fruits):
    with pytest.raises(NbhdsimError, match="fruit 'pear' is registered twice"):
        fruits.add("pear")("other")
    assert fruits.add("pear")("P") == "P"


def test_the_decorator_gives_back_what_it_decorates(fruits):
    @fruits.add("fig")
    def fig():
        return 1
    assert fruits["fig"] is fig
    assert fig() == 1


@pytest.fixture
def orchard(tmp_path, monkeypatch):
    """A package `orchard` with a registry in it and one module a fruit."""
    folder = tmp_path / "orchard"
    folder.mkdir()
    (folder / "__init__.py").write_text(
        "from nbhdsim.registry import Registry\nFRUITS = Registry('fruit', package='orchard')\n")
    for name in ("plum", "quince"):
        (folder / f"{name}.py").write_text(
            f"from orchard import FRUITS\nFRUITS.add('{name}')('{name.upper()}')\n'{name}' in FRUITS\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.split(".")[0] == "orchard"]:
        del sys.modules[name]


def test_it_fills_itself_at_the_first_look_up_from_every_module_of_its_folder(orchard):
    import orchard as package
    assert "orchard.plum" not in sys.modules
    assert list(package.FRUITS) == ["plum", "quince"]
    assert package.FRUITS["quince"] == "QUINCE"


def test_a_broken_module_is_an_error_every_time_not_half_a_catalogue(orchard):
    (orchard / "apricot.py").write_text("1 / 0\n")
    import orchard as package
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            list(package.FRUITS)
