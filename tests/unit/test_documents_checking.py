"""A schema's complaints in plain words, each at its line, all at once."""
from typing import Annotated, Literal

import pytest
from pydantic import Field, model_validator

from nbhdsim import documents
from nbhdsim.documents import Closed, Wrong
from nbhdsim.errors import NbhdsimError


class Outreach(Closed):
    """One arm of a union told apart by its `kind`."""

    kind: Literal["outreach"]
    reach: float = Field(ge=0, le=1, description="share of eligible residents, 0-1")


class Grant(Closed):
    """The other arm."""

    kind: Literal["grant"]
    budget: float = Field(gt=0, description="pounds a year")


class Top(Closed):
    """A mapping that stands where a word may stand too."""

    top: int = Field(gt=0)
    by: Literal["need", "emergency_admissions"] = "need"


class Toy(Closed):
    """A schema with one field of each kind that a user can get wrong."""

    name: str
    replicates: int = Field(6, ge=1, lt=1000, description="runs per point")
    quick: bool = False
    programmes: list[Annotated[Outreach | Grant, Field(discriminator="kind")]] = Field([], max_length=9)
    where: Literal["all"] | Top = "all"
    overrides: dict[str, float | Top] = {}
    start: str = Field("2026-04", pattern=r"^\d{4}-\d{2}$", description="YYYY-MM")
    end: str = "2027-03"
    age: tuple[int, int] = Field((0, 120), strict=False)
    few: list[int] = Field(default_factory=lambda: [1], min_length=1)
    step: float = Field(1.0, multiple_of=0.5, lt=5)

    @model_validator(mode="after")
    def _order(self):
        if self.end < self.start:
            raise Wrong(f"ends before it starts ({self.start})", "end")
        return self


def check(text):
    return documents.check(documents.read_text(text, file="x.yaml"), Toy)


def wrong(text):
    with pytest.raises(NbhdsimError) as caught:
        check("name: toy\n" + text)
    return str(caught.value).splitlines()


def test_a_right_document_is_a_frozen_model():
    toy = check("name: toy\nage: [11, 18]\nstep: 2\nwhere: {top: 3}\noverrides: {a.b: 1, c: {top: 2}}\n")
    assert toy.age == (11, 18) and toy.where.top == 3 and toy.overrides["a.b"] == 1.0
    with pytest.raises(ValueError, match="frozen"):
        toy.name = "other"


@pytest.mark.parametrize("text, message", [
    ("replicates: many", "2:13: replicates: 'many' is not a whole number (runs per point)"),
    ("replicates: 1e3", "2:13: replicates: 1000.0 is not a whole number; write 1000 (runs per point)"),
    ("replicates: 1.5", "2:13: replicates: 1.5 is not a whole number (runs per point)"),
    ("replicates: true", "2:13: replicates: true is not a whole number (runs per point)"),
    ("replicates:", "2:12: replicates: nothing is not a whole number (runs per point)"),
    ("replicates: [1]", "2:13: replicates: a list is not a whole number (runs per point)"),
    ("replicates: 0", "2:13: replicates: 0 is less than 1 (runs per point)"),
    ("replicates: 1000", "2:13: replicates: 1000 is not less than 1000 (runs per point)"),
    ("replicats: 3", "2:1: replicats: unknown key; did you mean 'replicates'?"),
    ("zzz: 3", "2:1: zzz: unknown key"),
    ("quick: 1", "2:8: quick: 1 is not true or false"),
    ("quick: no", "2:8: quick: 'no' is not true or false"),
    ("start: 2026", "2:8: start: 2026 is not text; put it in quotes (YYYY-MM)"),
    ("start: 2026-4", "2:8: start: '2026-4' is not written as it should be (YYYY-MM)"),
    ("end: 2020-01", "2:6: end: ends before it starts (2026-04)"),
    ("step: .nan", "2:7: step: nan is not a finite number"),
    ("step: -.inf", "2:7: step: -inf is not a finite number"),
    ("step: 1.2", "2:7: step: 1.2 is not a multiple of 0.5"),
    ("few: []", "2:6: few: must not be empty"),
    ("few: x", "2:6: few: 'x' is not a list"),
    ("few: [1, x]", "2:10: few[1]: 'x' is not a whole number"),
    ("programmes: {}", "2:13: programmes: a mapping is not a list"),
    ("programmes: [3]", "2:14: programmes[0]: 3 is not a mapping of keys to values"),
    ("programmes:\n- {kind: outreach, reach: 1.4}",
     "3:27: programmes[0].reach: 1.4 is more than 1 (share of eligible residents, 0-1)"),
    ("programmes:\n- {kind: outreech, reach: 1}",
     "3:10: programmes[0].kind: 'outreech' is not one of outreach, grant; did you mean 'outreach'?"),
    ("programmes:\n- {kind: grant}", "3:3: programmes[0].budget: is required but missing (pounds a year)"),
    ("programmes:\n- {kind: grant, budget: 0}", "3:25: programmes[0].budget: 0 is not more than 0 (pounds a year)"),
    ("programmes:\n- {kind: grant, budget: 1, reech: 1}", "3:28: programmes[0].reech: unknown key"),
    ("programmes:\n- {kind: outreach, reach: 1, reech: 1}",
     "3:30: programmes[0].reech: unknown key; did you mean 'reach'?"),
    ("programmes:\n- {reach: 1}", "3:3: programmes[0].kind: is required but missing: one of outreach, grant"),
    ("where: al", "2:8: where: 'al' is neither 'all' nor a mapping of keys to values; did you mean 'all'?"),
    ("where: 3", "2:8: where: 3 is neither 'all' nor a mapping of keys to values"),
    ("where: {by: need}", "2:8: where.top: is required but missing"),
    ("where: {top: 3, by: ned}",
     "2:21: where.by: 'ned' is not one of need, emergency_admissions; did you mean 'need'?"),
    ("overrides: {a.b: x}", "2:18: overrides.a.b: 'x' is neither a number nor a mapping of keys to values"),
    ("overrides: {a.b: {tops: 3, top: 1}}", "2:19: overrides.a.b.tops: unknown key; did you mean 'top'?"),
    ("age: [1, 2, 3]", "2:6: age: has 3 entries, more than 2"),
    ("age: [1]", "2:6: age[1]: is required but missing"),
    ('start: "' + "x" * 300 + '"', "2:8: start: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx... "
                                   "is not written as it should be (YYYY-MM)"),
])
def test_what_a_wrong_value_is_told(text, message):
    assert wrong(text) == [f"x.yaml:{message}"]


def test_all_problems_at_once_sorted_by_line():
    lines = wrong("where: {top: x}\nreplicates: many\nprogrammes:\n- {kind: grant}\n- {kind: nothing}\nfew: []\n")
    assert [line.split(":")[1] for line in lines] == ["2", "3", "5", "6", "7"]


def test_a_set_value_is_named_by_its_option_and_comes_last():
    document = documents.set_value(documents.read_text("name: 3\n", file="x.yaml"), ("replicates",), 0, label="--set replicates")
    with pytest.raises(NbhdsimError) as caught:
        documents.check(document, Toy)
    assert str(caught.value).splitlines() == ["x.yaml:1:7: name: 3 is not text; put it in quotes",
                                              "--set replicates: replicates: 0 is less than 1 (runs per point)"]


def test_strange_keys_stay_on_one_line():
    (line,) = wrong('"a\\nb": 1\n')
    assert line == r"x.yaml:2:1: 'a\nb': unknown key"
