"""The catalogue keeps its promises: addresses, ranges, sources, and figures that are those of the evidence."""
import re
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
from sources import PACKAGE

from nbhdsim import documents, evidence
from nbhdsim.interventions import DELIVERIES, schema
from nbhdsim.interventions.effects import KNOWN
from nbhdsim.report import screen

CATALOGUE = PACKAGE / "catalogue"
KINDS = dict(schema.kinds())
EVIDENCE = ("baselines", "interventions", "case_studies")
SOURCELESS = ("judged", "assumption")
OWN = {"community_intelligence"}       # kinds of which the evidence has nothing: assumptions, at rest
NOMINAL = {"school_grant"}             # a ceiling in pounds: it is the same 3,000 in every year
OPPOSITE = {"connection"}           # the evidence tells loneliness, the lever moves its inverse
LEFT = {"digital_barrier"}          # the evidence tells who gets over it, the lever what is left of it
BESIDE = {
    "resident_led_grant.effects.control": ("engagement_network", "suggested_priors", 0, 1),
    "moving_social_work.effects.activity": ("moving_social_work", "effects", 1, 0.005),       # 200 minutes to an SD
    "gp_colocation.effects.security": ("gp_colocation_anchor", "suggested_priors", 0, 0.5 * 0.1 / 0.15),
}
"""Effects that are no suggested prior of their kind, by address: the figure they rest on (entry, list, number) and what turns it
into the lever. What is neither stands at rest."""


@cache
def entries(name: str) -> dict:
    """Entries of a file of catalogue/evidence by id."""
    found = documents.read_yaml(CATALOGUE / "evidence" / f"{name}.yaml").data[name]
    return {entry["id"]: entry for entry in found}


def every(kind_or_all: str) -> list:
    """Quantities of a kind, or of everything there is."""
    if kind_or_all != "all":
        return KINDS[kind_or_all].all_quantities()
    base = {**evidence.load_baseline()[0], **evidence.load_economics()}
    return [*base.values(), *(q for kind in KINDS.values() for q in kind.all_quantities())]


def test_the_catalogue_is_complete():
    assert {kind.evidence for kind in KINDS.values() if kind.evidence} == set(entries("interventions"))
    assert len({kind.evidence for kind in KINDS.values()}) == len(KINDS)
    assert {kind.id for kind in KINDS.values() if not kind.evidence} == OWN
    assert {Path(file).stem for file in (CATALOGUE / "interventions").iterdir()} == set(KINDS)


def test_no_two_quantities_share_an_address():
    addresses = [q.address for q in every("all")]
    assert len(set(addresses)) == len(addresses)


@pytest.mark.parametrize("key", KINDS)
def test_addresses_start_with_the_kind_and_name_what_they_are(key):
    kind = KINDS[key]
    assert all(q.address == f"interventions.{key}.{name}" for name, q in kind.quantities.items())
    assert kind.cost.set_up.address == f"interventions.{key}.cost.set_up"
    assert kind.cost.running.address == f"interventions.{key}.cost.running"
    assert all(e.quantity.address.startswith(f"interventions.{key}.effects.{e.lever}") for e in kind.effects)


@pytest.mark.parametrize("key", ["all", *KINDS])
def test_every_quantity_holds_together(key):
    for q in every(key):
        assert q.low <= q.value <= q.high, q.address
        assert q.law in get_args(evidence.Law) and q.grade in "ABCD" and q.unit and q.why, q.address
        assert q.low <= q.at(0.5) <= q.high or q.law == "joint", q.address


@pytest.mark.parametrize("key", KINDS)
def test_every_number_has_a_source_or_says_that_it_is_judged(key):
    for q in every(key):
        assert q.assumed == (q.source == evidence.NOBODY), q.address
        assert not q.assumed or q.basis in SOURCELESS and q.grade == "D", q.address
        assert q.source.title and q.source.by, q.address


@pytest.mark.parametrize("key", KINDS)
def test_a_kind_is_delivered_by_a_kind_of_delivery_that_exists(key):
    assert KINDS[key].delivery in DELIVERIES
    assert set(schema.DELIVERY_KINDS) | {"adjust"} == set(DELIVERIES)


@pytest.mark.parametrize("key", KINDS)
def test_effects_can_be_pushed_and_say_what_they_are_compared_with(key):
    assert (KINDS[key].effects or KINDS[key].aside) and KINDS[key].unknown and KINDS[key].harms
    for e in KINDS[key].effects:
        assert KNOWN[e.lever].low <= e.quantity.low <= e.quantity.high <= KNOWN[e.lever].high
        assert e.contrast and e.quantity.unit == KNOWN[e.lever].unit


def test_money_may_follow_patients_to_what_volunteers_or_their_organisations_deliver():
    doors = {key for key in KINDS if KINDS[key].delivery in ("group", "open_access")}
    theirs = {key for key in doors if any(word in entries("interventions")[KINDS[key].evidence]["delivered_by"]
                                          for word in ("VCSE", "volunteer", "anchor organisations"))}
    assert theirs == {key for key in KINDS if KINDS[key].voluntary}


@pytest.mark.parametrize("key", sorted(OWN))
def test_what_no_evidence_is_of_is_assumed_and_at_rest(key):
    for e in KINDS[key].effects:
        q = e.quantity
        assert (q.value, q.law, q.grade, q.basis) == (KNOWN[e.lever].rest, "fixed", "D", "assumption")
        assert q.why.startswith("what if")
    assert {q.basis for q in KINDS[key].all_quantities()} == {"assumption"}


def figures(entry: dict, scale: float = 1.0) -> tuple[float, float, float]:
    """low, value, high of an entry; from high to low where the scale is negative."""
    numbers = (entry["value"] if entry[name] is None else entry[name] for name in ("low", "value", "high"))
    low, value, high = (round(scale * number, 10) + 0.0 for number in numbers)
    return (low, value, high) if scale > 0 else (high, value, low)


@pytest.mark.parametrize("key", sorted(KINDS.keys() - OWN))
def test_effects_are_the_suggested_priors_of_the_evidence(key):
    data = documents.read_yaml(CATALOGUE / "interventions" / f"{key}.yaml").data
    priors = entries("interventions")[KINDS[key].evidence]["suggested_priors"]
    numbers = [q for q in [*data["effects"], *data["quantities"].values()] if "prior" in q]
    used = [e["prior"] for e in [*numbers, *data.get("aside", ())]]
    assert sorted(used) == list(range(len(priors)))                    # every one is used or left out with a reason, once
    for e in numbers:
        prior, sign = priors[e["prior"]], -1 if e.get("lever") in OPPOSITE else 1
        told = figures(prior, sign * e.get("scale", 1))
        told = tuple(round(1 - x, 10) for x in told[::-1]) if e.get("lever") in LEFT else told
        assert (e["low"], e["value"], e["high"]) == told, prior["outcome"]
        assert (e.get("level", prior["level"]), e["grade"], e["basis"]) == (prior["level"], prior["grade"], prior["basis"])


@pytest.mark.parametrize("key", sorted(KINDS.keys() - OWN))
def test_other_effects_rest_on_a_figure_of_the_evidence_or_are_at_rest(key):
    data = documents.read_yaml(CATALOGUE / "interventions" / f"{key}.yaml").data["effects"]
    for e, given in zip(KINDS[key].effects, data, strict=True):
        q, address = e.quantity, e.quantity.address.removeprefix("interventions.")
        if "prior" in given:
            continue
        assert (q.grade, q.basis) == ("D", "judged" if address in BESIDE else "assumption"), address
        if address in BESIDE:
            entry, where, number, scale = BESIDE[address]
            low, value, high = figures(entries("interventions")[entry][where][number], scale)
            assert q.value == pytest.approx(value, abs=0.005), address
            assert q.low <= low and high <= q.high, address            # it may be wider than the study's own
        else:
            assert (q.value, q.law) == (KNOWN[e.lever].rest, "fixed") and q.why.startswith("what if"), address


@pytest.mark.parametrize("key", KINDS)
def test_every_source_that_a_kind_names_has_a_number(key):
    data = documents.read_yaml(CATALOGUE / "interventions" / f"{key}.yaml").data
    given = [*data["quantities"].values(), *data.get("relies", {}).values(), *data["effects"], *data["cost"].values()]
    assert set(data.get("sources", ())) == {g["source"] for g in given if isinstance(g, dict) and "source" in g}


@pytest.mark.parametrize("key", sorted(KINDS.keys() - OWN))
def test_a_reach_that_was_read_is_that_of_the_evidence(key):
    """A share in place of a percentage; whoever picks another figure judges."""
    q = KINDS[key].quantities.get("reach")
    if q is not None and q.basis == "read":
        entry = entries("interventions")[KINDS[key].evidence]["reach"]
        assert (q.low, q.value, q.high) == figures(entry, 0.01) and (q.grade, entry["basis"]) == (entry["grade"], "read")


@pytest.mark.parametrize("key", sorted(KINDS.keys() - OWN))
def test_timing_and_costs_are_those_of_the_evidence(key):
    kind, entry = KINDS[key], entries("interventions")[KINDS[key].evidence]
    for name in ("ramp_up_months", "set_up_months", "decay_half_life_months"):
        if name in kind.quantities:
            q = kind.quantities[name]
            assert (q.low, q.value, q.high) == figures(entry[name.replace("set_up", "ramp_up")])
    data = documents.read_yaml(CATALOGUE / "interventions" / f"{key}.yaml").data["cost"]
    cost = entry["cost"]
    assert kind.cost.price_year == (2024 if key in NOMINAL else cost["price_year"])
    for q, name, stated in ((kind.cost.set_up, "set_up", cost["set_up"]), (kind.cost.running, "running", running(cost))):
        if stated is None:
            assert (q.value, q.low, q.high, q.basis) == (0, 0, 0, "assumption")
        else:
            low, value, high = figures(stated, data[name].get("scale", 1))
            assert q.value == value and q.basis == stated["basis"] and q.grade == stated["grade"]
            assert q.law == "fixed" or (q.low, q.high) == (low, high)


def running(cost: dict) -> dict | None:
    """What a year of a site costs, or a participant where no site was priced."""
    return next((found for name in ("per_year", "per_participant") if (found := cost[name]) and found["value"] is not None), None)


@pytest.mark.parametrize("name", EVIDENCE)
def test_evidence_names_its_sources(name):
    file = CATALOGUE / "evidence" / f"{name}.yaml"
    found = documents.read_yaml(file)
    assert found.data["schema"] == "evidence/1"
    assert len(entries(name)) == len(found.data[name])
    sourceless = [key for key, entry in entries(name).items() if "source" not in entry]
    assert not sourceless or name == "interventions"        # there each figure has its own


def test_what_the_baseline_and_the_packages_refer_to_is_there():
    text = (CATALOGUE / "baseline.yaml").read_text(encoding="utf-8")
    named = set(re.findall(r"\[([a-z0-9]+(?:-[a-z0-9]+)+)\]", text))
    assert named and named <= set(entries("baselines"))
    packages = [documents.read_yaml(file).data for file in sorted((CATALOGUE / "packages").glob("*.yaml"))]
    assert {claim["case"] for package in packages for claim in package["claimed"]} <= set(entries("case_studies"))
    assert {member for package in packages for member in package["members"]} <= set(KINDS)


@pytest.mark.parametrize("key", KINDS)
def test_an_intervention_fits_a_screen(key):
    """Who, how, reach, cost, effects, harms, what is not known and the sources, in 50 lines of 100 columns."""
    lines = screen.one(key).splitlines()
    assert len(lines) <= screen.LINES == 50 and max(map(len, lines)) <= screen.WIDTH == 100
    heads = ("Delivery", "Cost", "Stated effects", "Harms", "Not known", "Grades")
    assert all(any(line.startswith(head) for line in lines) for head in heads)
    published = [] if key in OWN else [
        e for e in entries("interventions")[KINDS[key].evidence]["effects"] if e["basis"] != "judged"]
    assert any(line.startswith("Published effects") for line in lines) == bool(published)


def test_numbers_on_a_screen_read_as_in_print():
    said = screen.one("youth_hub")
    assert "set-up per site: 40,000 (10,000 to 150,000), D judged" in said
    assert "contacts_per_month      4 evenings, D assumption" in said and "GCSE score, free-school-meal pupils: -0.12" in said


def test_what_results_are_worth_is_dated_and_sourced():
    file = evidence.economics_file()
    prices = {int(a.removeprefix("economics.price_")) for a in evidence.load_baseline()[0] if a.startswith("economics.price_")}
    for name, model in file.quantities.items():
        q = evidence.load_economics()[f"economics.{name}"]
        assert q.stage == "value" and q.source.title and (q.basis in SOURCELESS and q.grade == "D" or not q.assumed), name
        assert (model.price_year in prices) if model.unit.startswith("pounds a") else model.price_year is None, name
        cited = re.findall(r"\[([a-z0-9-]+)\]", model.why)
        assert set(cited) <= set(entries("baselines")), name
    assert all(c.edition and c.status and c.unit for c in file.constants.values())


def test_every_perspective_holds_the_one_before():
    narrow, *wider = [set(payers) for payers in evidence.economics_file().perspectives.values()]
    for wide in wider:
        assert narrow < wide
        narrow = wide
