"""Problems read as file:line:column: path: message, and an error carries all of them."""
import pickle

import pytest

from nbhdsim.errors import NbhdsimError, Problem, closest, nearest


def test_a_problem_reads_file_line_column_path_message():
    assert str(Problem("a.yaml", 3, 7, "b.c", "is wrong")) == "a.yaml:3:7: b.c: is wrong"


@pytest.mark.parametrize("problem, text", [
    (Problem("a.yaml", 0, 0, "b", "is wrong"), "a.yaml: b: is wrong"),
    (Problem("a.yaml", 0, 0, "", "is empty"), "a.yaml: is empty"),
    (Problem("", 0, 0, "", "no such lever"), "no such lever"),
    (Problem("", 0, 0, "b", "is wrong"), "b: is wrong"),
])
def test_what_is_not_known_is_left_out(problem, text):
    assert str(problem) == text


def test_an_error_is_one_line_a_problem():
    error = NbhdsimError(Problem("f", line, 1, "", "no") for line in (1, 2))
    assert str(error) == "f:1:1: no\nf:2:1: no"
    assert [problem.line for problem in error.problems] == [1, 2]


def test_of_makes_an_error_of_one_problem():
    assert NbhdsimError.of("is wrong", file="f", path="a").problems == [Problem("f", 0, 0, "a", "is wrong")]


def test_an_error_survives_the_way_back_from_a_worker():
    error = NbhdsimError([Problem("f", 1, 2, "a", "no")])
    again = pickle.loads(pickle.dumps(error))
    assert again.problems == error.problems
    assert str(again) == str(error)


@pytest.mark.parametrize("word, hint", [
    ("yuoth_hub", "; did you mean 'youth_hub'?"),
    ("Youth_Hub", "; did you mean 'youth_hub'?"),
    ("zzz", ""),
    ("", ""),
])
def test_nearest(word, hint):
    assert nearest(word, ["youth_hub", "school_grant"]) == hint


def test_the_closest_words_come_first():
    names = ["malvern-001", "worcester-010", "worcester-001", "wychavon-001"]
    assert closest("worcester-01", names, 3)[:2] in (["worcester-010", "worcester-001"], ["worcester-001", "worcester-010"])
    assert closest("zzz", ["a"], 3) == ["a"] and closest("a", [], 3) == []


def test_nearest_of_nothing_and_of_a_very_long_word_is_no_hint():
    assert nearest("a", []) == ""
    assert nearest("a" * 1_000_000, ["youth_hub"]) == ""
