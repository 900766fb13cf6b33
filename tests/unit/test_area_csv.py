"""A user's area: good tables are taken as they are, every fault is named with its line and column."""
import numpy as np
import pytest

from nbhdsim.areas import csv_file
from nbhdsim.errors import NbhdsimError

AGES = "0-4,5-17,18-34,35-49,50-64,65-74,75-84,85+"
GOOD = f"name,district,quintile,residents,{AGES}\noak,mid,1,100,10,20,20,20,10,10,5,5\nash,mid,5,50,0,0,50,0,0,0,0,0\n"


def read(tmp_path, text):
    path = tmp_path / "mine.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return csv_file.read(path)


def problems(tmp_path, text):
    with pytest.raises(NbhdsimError) as caught:
        read(tmp_path, text)
    return [str(problem).replace(str(tmp_path), "").lstrip("/") for problem in caught.value.problems]


def test_a_good_table_is_taken_as_it_is(tmp_path):
    area = read(tmp_path, GOOD)
    assert area.name == "mine" and not area.invented and area.place == ("oak", "ash")
    assert area.residents.tolist() == [100, 50] and area.quintile.tolist() == [1, 5]
    assert area.ages.tolist() == [[10, 20, 20, 20, 10, 10, 5, 5], [0, 0, 50, 0, 0, 0, 0, 0]]
    assert area.households.sum() == round(150 / 2.41) and not area.admission_ratio.any()


def test_optional_columns_replace_what_is_drawn(tmp_path):
    area = read(tmp_path, "Residents,name,pcn,district,quintile,admission_ratio,households,x,y\n"
                          "900,a,west,d,2,1.25,400,0,0\n800,b,east,d,3,.9,300,5,-1.5\n")
    assert area.admission_ratio.tolist() == pytest.approx([1.25, 0.9])
    assert area.households.tolist() == [400, 300] and area.pcn == ("west", "east") and area.y.tolist() == [0, -1.5]
    assert area.ages.sum(axis=1).tolist() == [900, 800]


def test_excel_files_are_read(tmp_path):
    text = "\ufeff" + GOOD.replace("\n", "\r\n").replace("oak", '"Oak, upper"') + "\r\n,,,,,,,,,,,\r\n"
    assert read(tmp_path, text).place == ("Oak, upper", "ash")


@pytest.mark.parametrize("old, new, expected", [
    ("oak,mid,1", "oak,mid,6", "mine.csv:2:9: quintile: '6' is not allowed (a whole number, 1 most deprived to 5)"),
    ("oak,mid,1", ",mid,1", "mine.csv:2:1: name: missing or too long (1 to 60 characters)"),
    ("oak,mid", "oak,", "mine.csv:2:5: district: missing or too long (1 to 60 characters)"),
    ("oak", "ash", "mine.csv:3:1: name: 'ash' is also the neighbourhood of line 2"),
    ("oak", "mid", "mine.csv:2:1: name: 'mid' is the name of a district or 'all' (a name of its own)"),
    (",50,0,0,50", ",51,0,0,50", "mine.csv:3:11: residents: ages add up to 50, residents are 51 (the same)"),
    (",100,10", ",-100,10", "mine.csv:2:11: residents: '-100' is not allowed (a whole number, 1 to 65,000)"),
    (",100,10", ",,10", "mine.csv:2:11: residents: missing (a whole number, 1 to 65,000)"),
    (",100,10", ",1e2,10", "mine.csv:2:11: residents: '1e2' is not allowed (a whole number, 1 to 65,000)"),
    (",100,10", ",100.0,10", "mine.csv:2:11: residents: '100.0' is not allowed (a whole number, 1 to 65,000)"),
    ("10,5,5\n", "10,5,5,1\n", "mine.csv:2:1: 13 cells (as many as the header: 12)"),
    (",85+", ",86+", "mine.csv:1:73: unknown column '86+'"),
    ("0-4,", "0-4 ,0-4,", "mine.csv:1:39: column '0-4' stands twice"),
    ("quintile", "imd", "mine.csv:1:1: no column 'quintile' (needed: name, district, quintile, residents)"),
])
def test_each_fault_is_named_where_it_is(tmp_path, old, new, expected):
    found = problems(tmp_path, GOOD.replace(old, new, 1))
    assert any(problem.startswith(expected) for problem in found), found


def test_all_faults_come_at_once_in_order(tmp_path):
    found = problems(tmp_path, GOOD.replace("oak,mid,1,100", "oak,mid,9,x").replace("ash,mid,5,50", "ash,,5,-1"))
    assert [problem.split(":")[1:3] for problem in found] == [["2", "9"], ["2", "11"], ["3", "5"], ["3", "8"]]


def test_a_misspelt_column_brings_the_nearest_word(tmp_path):
    assert "did you mean 'residents'?" in " ".join(problems(tmp_path, "name,district,quintile,residnts\na,b,1,2\n"))


@pytest.mark.parametrize("text, words", [
    (b"", "no neighbourhoods"), (b"name,district,quintile,residents\n", "no neighbourhoods"),
    (b"name;district;quintile;residents\na;b;1;2\n", "semicolons"), (b"name\xff\n", "not UTF-8"),
    (b"name,district,quintile,residents\na\0,b,1,2\n", "NUL"),
    (b"name,district,quintile,residents,x\na,b,1,2,3\n", "column 'y' is missing"),
    (b"name,district,quintile,residents,pcn\na,b,1,2,w\nc,d,1,2,w\n", "one district each"),
    (b"name,district,quintile,residents,households\na,b,1,2,3\n", "more households than residents"),
    (b"name,district,quintile,residents,admission_ratio\na,b,1,2,nan\n", "'nan' is not allowed"),
])
def test_files_that_are_no_area(tmp_path, text, words):
    assert words in " ".join(problems(tmp_path, text))


def test_a_missing_file_and_a_folder(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(NbhdsimError, match="cannot be read|no such file"):
            csv_file.read(path)


def test_endless_faults_are_counted_not_listed(tmp_path):
    rows = "".join(f"n{i},d,9,10\n" for i in range(1000))
    found = problems(tmp_path, "name,district,quintile,residents\n" + rows)
    assert len(found) == 201 and found[-1].endswith("and 800 more problems")


def test_size_limits(tmp_path):
    rows = "".join(f"n{i},d,1,65000\n" for i in range(40))
    assert "at most 2,000,000" in problems(tmp_path, "name,district,quintile,residents\n" + rows)[0]


def test_a_path_goes_to_the_neighbour_on_the_map(tmp_path):
    rows = "".join(f"n{i},d,1,10,{(i * 7) % 12 % 4},{(i * 7) % 12 // 4}\n" for i in range(12))
    area = read(tmp_path, "name,district,quintile,residents,x,y\n" + rows)
    assert sorted(area.path) == list(range(12))
    steps = np.abs(np.diff(area.x[area.path])) + np.abs(np.diff(area.y[area.path]))
    assert steps.max() <= 2


def test_an_empty_admission_ratio_is_drawn(tmp_path):
    file = tmp_path / "area.csv"
    file.write_text("name,district,quintile,residents,admission_ratio\noak,mid,1,1650,1.2\nash,mid,3,1720,\n")
    assert csv_file.read(file).admission_ratio.tolist() == [np.float32(1.2), 0.0]
