"""Kinds that no catalogue has: every delivery kind with every lever at every level, for laws that must hold for all."""
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import towns

from nbhdsim.interventions.schema import DELIVERY_KINDS, UNITS
from nbhdsim.levers import LEVERS
from nbhdsim.residents import MECHANISMS
from nbhdsim.scenario import Scenario

HELPS = {"life_satisfaction": 0.3, "admission_rr": 0.85, "ae_rr": 0.8, "bed_days_rr": 0.75, "referral_rr": 0.7,
         "readmission_rr": 0.9} | {name: 0.2 + 0.1 * k for k, name in enumerate(MECHANISMS)}
"""A helpful value of every lever: SD, points, ratio."""

KIND = """schema: intervention/1
id: {name}
name: {name}
delivery: {delivery}
who: {{}}
quantities:
{quantities}
cost:
  price_year: 2024
  payers: {{icb: 1.0}}
  set_up: {{per: {per}, value: 10, basis: assumption, grade: D, why: "made up"}}
  running: {{per: {per}, value: 10, basis: assumption, grade: D, why: "made up"}}
effects:
{effects}
"""
NUMBERS = {"reach": 0.5, "leave_hazard": 0.12, "decay_half_life_months": 5.0, "places_per_site": 25.0,
           "contacts_per_month": 1.0}
"""Much coming and going: those who have left still carry something when they come back."""

EFFECT = "  - {{lever: {lever}, level: {level}, at: {at}, {more}contrast: none, value: {value}, basis: assumption, " \
         "grade: D, law: {law}, low: {low}, high: {high}, why: \"made up\"}}"


def quantities(numbers: dict[str, float]) -> str:
    """Numbers of a made-up kind, in units they may have."""
    return "\n".join(f'  {q}: {{value: {v}, unit: {UNITS.get(q, ("any",))[0]}, basis: assumption, grade: D, why: "made up"}}'
                     for q, v in numbers.items())


def effect(lever: str, level: str, *, at: int = 4, value: float | None = None, more: str = "") -> str:
    """One effect of a made-up kind, with a range of its own for draws."""
    value = HELPS[lever] if value is None else value
    multiplies = LEVERS[lever].operator == "multiply"
    low, high = (value * 0.97, value * 1.02) if multiplies else (value - 0.05, value + 0.05)
    return EFFECT.format(lever=lever, level=level, at=at, more=more, value=value, low=low, high=high,
                         law="split_lognormal" if multiplies else "split_normal")


EFFECTS = {
    "minds": [effect(name, "participant", more="ramp: 2, ") for name in MECHANISMS],
    "people": [effect(name, "participant", at=3 + k, more="" if k % 2 else "half_life: 2.5, ") for k, name in enumerate(LEVERS)]
              + [effect(name, "exposed", at=2) for name in ("control", "security", "ae_rr", "life_satisfaction")],
    "areas": [effect("admission_rr", "participant", value=1.1), effect("admission_rr", "area", value=0.97),
              effect("admission_rr", "area", at=12, value=0.95), effect("life_satisfaction", "area", value=0.1),
              effect("connection", "participant"), effect("control", "area", value=0.1),
              effect("referral_rr", "area", at=6, value=0.9)],
}
"""What the made-up kinds do: mechanisms alone; every lever of those who take part and of the setting; whole areas."""

PROBES = tuple(f"{delivery}_{what}" for delivery in DELIVERY_KINDS for what in EFFECTS)


@cache
def folder(*names: str) -> Path:
    """A folder with one file a made-up kind, written once; names: of some, else all."""
    out = Path(mkdtemp(prefix="probes"))
    for name in names or PROBES:
        delivery, numbers = name.rpartition("_")[0], dict(NUMBERS)
        if delivery == "care_team":
            numbers |= {"staff": 2.0, "caseload": 20.0}
        if delivery == "outreach":
            numbers |= {"staff": 1.0, "contacts_per_month": 40.0, "contact_chance": 0.5, "visits_a_month": 0.2}
        (out / f"{name}.yaml").write_text(KIND.format(
            name=name, delivery=delivery, quantities=quantities(numbers), effects="\n".join(EFFECTS[name.rpartition("_")[2]]),
            per="head" if delivery == "care_team" else "site"), encoding="utf-8")
    return out


def line(name: str, more: str = "") -> str:
    """A line of a made-up kind for a town of some 900; more: further keys of it, each followed by `, `."""
    amount = {"care_team": "places: 900", "setting": "sites: 2, every: 5"}
    return f"{{{more}where: all, {amount.get(name.rpartition('_')[0], 'sites: 2')}}}"


def line_of(kind: str, more: str = "") -> str:
    """A line of a kind of the catalogue, of adjust, or of a made-up one."""
    return line(kind, more) if kind in PROBES else towns.line(kind).replace("{where", f"{{{more}where", 1)


def scenario(name: str, lines: dict[str, str], **more) -> Scenario:
    """As `towns.scenario`, with those of the made-up kinds that it names (to read all of them takes longer than most runs here)."""
    used = [kind for kind in PROBES if any(kind in text for text in (*lines, *lines.values()))]
    return towns.scenario(name, lines, extra=f"catalogue: {folder(*used)}\n" if used else "", **more)
