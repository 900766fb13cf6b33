"""Strict YAML: every way in which a file can be wrong is a problem with a position, and nothing else ever is raised."""
import math
import subprocess
import sys

import pytest
import yaml
from hypothesis import assume, example, given
from hypothesis import strategies as st

from nbhdsim import documents
from nbhdsim.documents import reading
from nbhdsim.errors import NbhdsimError


def wrong(text, file="x.yaml"):
    """The lines of the error that reading `text` raises."""
    with pytest.raises(NbhdsimError) as caught:
        documents.read_text(text, file=file)
    return str(caught.value).splitlines()


def read(text):
    return documents.read_text(text, file="x.yaml").data


@pytest.mark.parametrize("plain, value", [
    ("012", "012"), ("no", "no"), ("on", "on"), ("y", "y"), ("1:30", "1:30"), ("1_000", "1_000"), ("0x1f", "0x1f"),
    ("0o17", "0o17"), ("2026-04", "2026-04"), ("2026-04-01", "2026-04-01"), ("1e3", 1000.0), ("1.5E-3", 0.0015),
    (".5", 0.5), ("1.", 1.0), ("-0", 0), ("+7", 7), ("-12", -12), ("true", True), ("False", False), ("tRue", "tRue"),
    ("~", None), ("null", None), ("", None), ("NULL", None), (".inf", math.inf), ("-.INF", -math.inf), (".", "."),
    ("1e", "1e"), ("9223372036854775807", 2 ** 63 - 1), ("=", "="),
])
def test_plain_scalars_are_yaml_1_2(plain, value):
    got = read(f"a: {plain}\n")["a"]
    assert got == value and type(got) is type(value)
    assert documents.scalar(plain) == value


def test_nan_is_a_number_until_a_schema_refuses_it():
    assert math.isnan(read("a: .nan")["a"])


@pytest.mark.parametrize("text", ["'no'", '"1"', "|\n  1", ">\n  true"])
def test_quoted_and_block_scalars_are_text(text):
    assert isinstance(read(f"a: {text}\n")["a"], str)


def test_keys_are_text_whatever_they_look_like():
    assert read("1: a\ntrue: b\n~: c\n2.50: d\n") == {"1": "a", "true": "b", "~": "c", "2.50": "d"}


@pytest.mark.parametrize("text, message", [
    ("a: 1\na: 2\n", "x.yaml:2:1: a: given twice (first at line 1)"),
    ("b:\n  c: 1\n  'c': 2\n", "x.yaml:3:3: b.c: given twice (first at line 2)"),
    ("1: a\n'1': b\n", "x.yaml:2:1: 1: given twice (first at line 1)"),
    ("a: &x 1\nb: *x\n", "x.yaml:2:4: alias *x is not allowed; write the value out, or use 'extends:'"),
    ("a: *x\n", "x.yaml:1:4: alias *x is not allowed; write the value out, or use 'extends:'"),
    ("a: !!python/object:os.system {}\n",
     "x.yaml:1:4: tag !!python/object:os.system is not allowed; write the value without it"),
    ("a: !mine 1\n", "x.yaml:1:4: tag !mine is not allowed; write the value without it"),
    ("a: 1\n---\nb: 2\n", "x.yaml:2:1: a second document starts here ('---'); one file holds one document"),
    ("a: {<<: {b: 1}}\n", "x.yaml:1:5: merge key << is not allowed; write the values out, or use 'extends:'"),
    ("? [a, b]\n: 1\n", "x.yaml:1:3: a key must be a plain word, not a list, mapping or alias"),
    ("{a: 1}: 1\n", "x.yaml:1:1: a key must be a plain word, not a list, mapping or alias"),
    ("- a\n- b\n", "x.yaml:1:1: must be a mapping of keys to values, not a list"),
    ("just text\n", "x.yaml:1:1: must be a mapping of keys to values, not a single value"),
    ("", "x.yaml: is empty"),
    ("# only a comment\n", "x.yaml: is empty"),
    ("a: 'open\nb: 1\n", "x.yaml:1:4: a quote is opened here and never closed"),
    ("a:\n\tb: 1\n", "x.yaml:2:1: a tab indents this line; use spaces"),
    ("a: b: c\n", "x.yaml:1:5: a second ':' on this line, or a wrong indent; quote text that holds ': '"),
    ("a: @x\n", "x.yaml:1:4: this character cannot start a value; put the text in quotes"),
    ("a: 1\nb: x\0y\n", "x.yaml:2:5: a NUL byte is not allowed in a YAML file"),
    ('a: "x\\0y"\n', "x.yaml:1:4: a NUL byte is not allowed in a text"),
    ("a: \ud800\n", "x.yaml:1:4: the character U+D800 is not allowed in a YAML file"),
    ("a: \x1b[31m\n", "x.yaml:1:4: the character U+001B is not allowed in a YAML file"),
    ("a: 99999999999999999999\n", "x.yaml:1:4: a: this whole number is too large (19 digits at most)"),
    ("a: " + "9" * 5000, "x.yaml:1:4: a: this whole number is too large (19 digits at most)"),
])
def test_what_a_wrong_file_is_told(text, message):
    assert wrong(text) == [message]


@pytest.mark.parametrize("text, line", [
    ("a: [1, 2\nb: 3\n", 2), ("a: {b: 1\n", 2), ("a:\n  b: 1\n c: 2\n", 3), ("a: - b\n", 1), ("a: 1\nb\nc: 2\n", 3),
    ('a: "\\q"\n', 1), ("%YAML 3.0\n---\na: 1\n", 1), ("a: }\n", 1), ('a: "\\U00110000"\n', 1), ("a: !u!x 1\n", 1),
])
def test_syntax_errors_have_the_line(text, line):
    (message,) = wrong(text)
    assert message.startswith(f"x.yaml:{line}:")


def test_all_problems_of_a_file_come_at_once_in_its_order():
    lines = wrong("a: *x\nb: !t 1\nb: 2\nc: 99999999999999999999\n")
    assert [line.split(":")[1] for line in lines] == ["1", "2", "3", "4"]


DEEP = "x.yaml:1:41: is nested more than 40 levels deep"


class Limited(yaml.SafeLoader):
    """Stops at 1,000 levels while it scans ahead, as some builds of libyaml do."""

    def fetch_flow_collection_start(self, token):
        if self.flow_level >= 1000:
            mark = self.get_mark()
            raise yaml.scanner.ScannerError("while increasing flow level", mark, "exceeded maximum nesting depth", mark)
        super().fetch_flow_collection_start(token)


LOADERS = sorted({reading._LOADER, yaml.SafeLoader, Limited}, key=str)


@pytest.mark.parametrize("loader", LOADERS, ids=lambda loader: loader.__name__)
@pytest.mark.parametrize("text, message", [
    ("[" * 100_000, DEEP),
    ("{a: " * 100_000, "x.yaml:1:161: is nested more than 40 levels deep"),
    ("- " * 100_000, "x.yaml:1:81: is nested more than 40 levels deep"),
    ("a: 1\nb: {c: [1, 'x']}\nb: 2\n", "x.yaml:3:1: b: given twice (first at line 2)"),
    ('a: "\\U00110000"\n', None),
])
def test_both_loaders_refuse_the_same(monkeypatch, loader, text, message):
    monkeypatch.setattr(reading, "_LOADER", loader)
    lines = wrong(text)
    assert message is None or lines == [message]


def test_a_hundred_thousand_brackets_do_not_end_the_process():
    code = "from nbhdsim.documents import read_text\nread_text('[' * 100_000, file='x')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "nested more than 40 levels deep" in done.stderr


def test_forty_levels_are_allowed():
    assert read("a: " + "[" * 39 + "]" * 39)


def test_too_many_values():
    assert wrong("a: [" + "1," * 200_001 + "]") == ["x.yaml:1:399999: holds more than 200,000 values"]


def test_an_alias_bomb_is_small_and_refused():
    pairs = zip("abcdefghij", "bcdefghijk", strict=True)
    bomb = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in pairs)
    assert len(wrong(bomb)) == 20


def test_two_megabytes_are_the_limit(tmp_path):
    big = tmp_path / "big.yaml"
    big.write_text("a: '" + "x" * 3_000_000 + "'\n")
    for call in (lambda: documents.read_yaml(big), lambda: documents.read_text(big.read_text(), file=str(big))):
        with pytest.raises(NbhdsimError) as caught:
            call()
        assert str(caught.value) == f"{big}: is larger than 2 MB"


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "hubs.yaml").write_bytes(b"a: 1\nb: \xff\n")
    for name, message in (("hub.yaml", "no such file; did you mean 'hubs.yaml'?"), ("", "is a folder, not a file"),
                          ("nowhere/a.yaml", "no such file"), ("a\0b", "cannot be read: embedded null byte"),
                          ("hubs.yaml/a.yaml", "cannot be read: not a directory")):
        file = str(tmp_path / name)
        with pytest.raises(NbhdsimError) as caught:
            documents.read_yaml(file)
        assert str(caught.value) == f"{file}: {message}"
    with pytest.raises(NbhdsimError) as caught:
        documents.read_yaml(tmp_path / "hubs.yaml")
    assert str(caught.value) == f"{tmp_path}/hubs.yaml:2:4: is not UTF-8 text; save it as UTF-8"


def test_a_byte_order_mark_and_windows_line_ends_are_no_matter(tmp_path):
    (tmp_path / "a.yaml").write_bytes("\ufeffa: 1\r\nb: [x,\r\n  é]\r\n".encode())
    assert documents.read_yaml(tmp_path / "a.yaml").data == {"a": 1, "b": ["x", "é"]}


def test_positions_of_keys_and_values():
    document = documents.read_text("a:\n  b: [1, {c: x}]\n", file="f")
    assert document.place(())[1:] == (1, 1)
    assert document.key_place(("a", "b"))[1:] == (2, 3) and document.place(("a", "b"))[1:] == (2, 6)
    assert document.place(("a", "b", 1, "c"))[1:] == (2, 14) and document.key_place(("a", "b", 1, "c"))[1:] == (2, 11)
    assert document.place(("a", "b", 1, "gone", 7))[1:] == document.place(("a", "b", 1))[1:] == (2, 10)
    assert str(document.problem(("a", "b", 1), "no")) == "f:2:10: a.b[1]: no"


@pytest.mark.parametrize("address, path", [
    ("a", ("a",)), ("a.b[2].c", ("a", "b", 2, "c")), ("a[0][1]", ("a", 0, 1)), ("a-b.c d", ("a-b", "c d"))])
def test_addresses(address, path):
    assert documents.path_of(address) == path
    assert documents.path_text(path) == address


@pytest.mark.parametrize("address", ["", ".", "a.", ".a", "a..b", "a[x]", "a[1", "[0]", "a[0]b"])
def test_what_is_no_address(address):
    with pytest.raises(NbhdsimError, match="is not an address"):
        documents.path_of(address)


TEXT = st.text(st.sampled_from("ab:-[]{}&*!|>'\"%@`#,?~.019 \n\t\\<=\0\r\ufeff\x85\u2028é\U0001f600"), max_size=60)


@given(st.one_of(st.text(max_size=80), TEXT))
@example("\ud800")
@example("a: \u2028")
@example("&" * 99)
@example("? " * 99)
def test_no_text_raises_anything_but_our_error(text):
    for call in (lambda: documents.read_text(text, file="f"), lambda: documents.scalar(text),
                 lambda: documents.path_of(text)):
        try:
            call()
        except NbhdsimError as error:
            assert error.problems and all("\n" not in str(problem) for problem in error.problems)


@given(TEXT)
def test_the_pure_loader_raises_nothing_else_either(text):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "_LOADER", yaml.SafeLoader)
        try:
            documents.read_text(text, file="f")
        except NbhdsimError:
            pass


WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff"), max_size=20)
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(-2 ** 63 + 1, 2 ** 63 - 1), st.floats(allow_nan=False), WORDS)
PLAIN = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
                     max_leaves=12)


def numbers_only_in_yaml_1_2(data):
    """Is there a text such as '1e3', which the YAML 1.1 writer leaves without quotes?"""
    if isinstance(data, dict):
        return any(map(numbers_only_in_yaml_1_2, data.values()))
    if isinstance(data, list):
        return any(map(numbers_only_in_yaml_1_2, data))
    return isinstance(data, str) and isinstance(documents.resolve(data), float)


@given(st.dictionaries(WORDS, PLAIN, max_size=5))
def test_what_a_yaml_1_1_writer_wrote_comes_back(data):
    assume(not numbers_only_in_yaml_1_2(data) and "<<" not in str(data))
    assert read(yaml.safe_dump(data)) == data


@given(st.dictionaries(WORDS, PLAIN, max_size=5))
@example({"a": "1e3", "b": "012", "c": "no", "<<": "<<", "d": "=", "e": "0o7", "": ""})
def test_what_we_wrote_comes_back(data):
    again = read(documents.to_text(data))
    assert again == data
    assert documents.to_text(again) == documents.to_text(data)


def test_shared_values_are_written_out_and_keys_can_be_sorted():
    shared = [1]
    assert documents.to_text({"b": shared, "a": shared}) == "b:\n- 1\na:\n- 1\n"
    assert documents.to_text({"b": 1, "a": 2}, order=True) == "a: 2\nb: 1\n"
