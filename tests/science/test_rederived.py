"""Numbers of grade A and B follow from the figures in their source entries: each is worked out again from catalogue/evidence."""
from functools import cache

import numpy as np
import pytest

from nbhdsim import documents, evidence
from nbhdsim.evidence import BASELINE
from nbhdsim.interventions import schema

NUMBERS, TABLES = evidence.load_baseline()
STRONG = {q.address: q for q in [*NUMBERS.values(), *(q for kind in schema.kinds().values() for q in kind.all_quantities())]
          if q.grade in "AB"}
STRONG_TABLES = {address: table for address, table in TABLES.items() if table.grade in "AB"}
ENDS = ("low", "value", "high")


@cache
def entries(name: str) -> dict:
    """Entries of a file of catalogue/evidence by id."""
    found = documents.read_yaml(BASELINE.parent / "evidence" / f"{name}.yaml").data[name]
    return {entry["id"]: entry for entry in found}


def entry(key: str) -> dict:
    return entries("baselines")[key]


def read(key: str, per: float = 1):
    """low, value and high of an entry, over what turns its unit into the model's; what it leaves out is as the value."""
    held = entry(key)
    return tuple((held["value"] if held[name] is None else held[name]) / per for name in ENDS)


def row(key: str, *label):
    """The figures of a row of an entry's table, after its label."""
    (found,) = (r for r in entry(key)["table"]["rows"] if tuple(r[:len(label)]) == label)
    return found[len(label):]


def frailty(category: str):
    value, low, high, _ = row("frailty-emergency-irr", category)
    return low, value, high


def told(key: str, words: str, value: float):
    """A figure that the note of an entry tells in words."""
    assert words in entry(key)["note"]
    return value


def attendances():
    """27.3 million attendances on the people of the note: 6.5 million admissions are 112 per 1,000 on 58.6 million."""
    people = told("ea-national-2024-25", "58.6 million people", 58.6)
    return tuple(figure / people for figure in read("ae-attendances-total"))


def tool():
    cost = entries("interventions")["data_led_targeting"]["cost"]["per_year"]
    return tuple(cost[name] for name in ENDS)


HOW = {
    "baseline.admission.preventable": lambda: read("acsc-share-qualitywatch", 100),
    "baseline.admission.zero_day": lambda: read("ea-zero-day-share", 100),
    "baseline.admission.stay": lambda: read("ea-length-of-stay"),
    "baseline.frailty.mild": lambda: frailty("mild"),
    "baseline.frailty.moderate": lambda: frailty("moderate"),
    "baseline.frailty.severe": lambda: frailty("severe"),
    "baseline.conditions.two_or_more": lambda: entry("mm-prevalence-adults")["value"] / 100,
    "baseline.mortality.mild": lambda: told("frailty-hospital-hr", "Mortality hazards are 1.92, 3.10, 4.52", 1.92),
    "baseline.mortality.moderate": lambda: told("frailty-hospital-hr", "Mortality hazards are 1.92, 3.10, 4.52", 3.10),
    "baseline.mortality.severe": lambda: told("frailty-hospital-hr", "Mortality hazards are 1.92, 3.10, 4.52", 4.52),
    "baseline.births.rate": lambda: entry("births-crude")["value"],
    "baseline.ae.attendances": attendances,
    "baseline.ae.most_deprived": lambda: read("ae-rate-most-deprived", 1000),
    "baseline.ae.least_deprived": lambda: read("ae-rate-least-deprived", 1000),
    "baseline.referral.rate": lambda: read("csc-referral-rate", 10_000),
    "baseline.satisfaction.mean": lambda: read("ons4-life-satisfaction"),
    "baseline.satisfaction.trait": lambda: read("ls-trait-share"),
    "baseline.satisfaction.slow": lambda: read("ls-ar-share"),
    "baseline.loneliness.share": lambda: read("lonely-often-always", 100),
    "baseline.line.connected": lambda: 1 - entry("lonely-some-of-time-hse")["value"] / 100,
    "baseline.volunteers.share": lambda: entry("volunteer-formal-monthly")["value"] / 100,
    "baseline.screening.breast": lambda: entry("breast-coverage")["value"] / 100,
    "baseline.screening.cervical": lambda: entry("cervical-25-64")["value"] / 100,
    "baseline.households.one_person": lambda: read("one-person-households", 100),
    "baseline.households.one_person_old": lambda: told("one-person-households", "About half of these people are 65 or over", 0.5),
    "economics.price_2024": lambda: 1.0,
    "interventions.data_led_targeting.cost.running": tool,
}
"""How each number follows from its source: (low, value, high), or the value alone where its range is judged or it has none."""

NOT_TRACED: dict[str, str] = {}
"""Numbers that cannot be worked out again, and why."""


def ages(area: str):
    """Bands of the model from the bands of the source; its 45-54 is split evenly by single year."""
    b = dict(zip(entry("age-structure")["table"]["columns"][1:], row("age-structure", area), strict=True))
    half = b["45-54"] / 2
    return [b["0-4"], b["5-10"] + b["11-17"], b["18-24"] + b["25-34"], b["35-44"] + half, half + b["55-64"], b["65-74"],
            b["75-84"], b["85+"]]


def season():
    held = {label[:3]: ratio for label, _, _, ratio in entry("ea-season-per-day")["table"]["rows"]}
    return [[held.get(month, 1) for month in TABLES["baseline.admission.season"].columns]]


def mortality():
    keys = [name.split() for name in TABLES["baseline.mortality.rate"].rows]
    return [row("mortality-age-sex-imd", int(age), sex) for age, sex in keys]


def births():
    shares = told("births-by-imd", "0-4: 7.1, 6.0, 5.4, 5.1, 4.9%", [7.1, 6.0, 5.4, 5.1, 4.9])
    assert shares == [ages(f"IMD quintile {q}")[0] for q in range(1, 6)]
    return [shares]


def lonely():
    """Bands between those of the source lie between its figures; 5-17 has the youngest adults', 0-4 too (nobody asks them)."""
    young, next_, *rest = (share for _, share in entry("lonely-by-age")["table"]["rows"])
    return [[young, young, (young + next_) / 2, *rest, rest[-1]]]


TABLES_HOW = {
    "baseline.population.age": lambda: np.transpose([ages(f"IMD quintile {q}") for q in range(1, 6)]),
    "baseline.admission.season": season,
    "baseline.conditions.by_age": lambda: [row("mm-by-age-scotland", age) for age in ("25-34", "75+")],
    "baseline.conditions.by_quintile": lambda: [np.linspace(*(entry("mm-by-deprivation")[end] for end in ("high", "low")), 5)],
    "baseline.mortality.rate": mortality,
    "baseline.births.by_quintile": births,
    "baseline.moving.by_quintile": lambda: [[sum(row("moved-within-uk", q)) for q in range(1, 6)]],
    "baseline.loneliness.by_age": lonely,
}


def follows(figures, given) -> bool:
    """Do the given figures stand, to the digits in which they are told?"""
    return np.shape(figures) == np.shape(given) and np.allclose(figures, given, rtol=0.0015, atol=1e-9)


def test_every_number_of_grade_a_or_b_is_worked_out_or_says_why_not():
    assert set(HOW) | set(NOT_TRACED) == set(STRONG) and not set(HOW) & set(NOT_TRACED) and all(NOT_TRACED.values())
    assert set(TABLES_HOW) == set(STRONG_TABLES)


@pytest.mark.parametrize("address", HOW)
def test_a_number_follows_from_its_source(address):
    q, figures = STRONG[address], HOW[address]()
    given = (q.low, q.value, q.high) if isinstance(figures, tuple) else q.value
    assert follows(figures, given), (figures, given)
    off = (q.low, q.value * 1.01, q.high) if isinstance(figures, tuple) else q.value * 1.01
    assert not follows(figures, off)                                   # a value that is wrong by 1% is found out


@pytest.mark.parametrize("address", TABLES_HOW)
def test_a_table_follows_from_its_source(address):
    figures, given = TABLES_HOW[address](), STRONG_TABLES[address].values
    assert follows(figures, given), np.array(figures) - np.array(given)
    assert not follows(figures, np.array(given) * 1.01)
