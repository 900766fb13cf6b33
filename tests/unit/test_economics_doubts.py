"""How sure a run is of its best option, from its futures: what knowing more is worth, and switching values."""
import json

import numpy as np
import pytest
from accounts import REFERENCE, costs, effects

from nbhdsim import tables
from nbhdsim.economics import account, constants, doubts, options
from nbhdsim.economics.books import Books

PAID = {"plan": (("hub", "icb", "running", 480_000.0),)}
REACH = "interventions.hub.reach"


def made(path, *, draws: int, sets=(), paid=PAID) -> tuple:
    """Books whose point-years follow one number of the simulation, `REACH`, and the folder that holds its draws."""
    size = {"replicates": 6, "draws": draws}
    quantities = constants.of_run({"scenarios": [{"name": REFERENCE}]}, sets)
    values = constants.draws(quantities, seed=1, numbers_of=range(draws + 1))
    rng = np.random.default_rng(5)
    reach = np.concatenate([[30.0], rng.normal(30, 10, draws)])
    found = effects({"plan": {"life_satisfaction": 0.0, "emergency_admissions": -10.0}}, **size)
    moved = (found["outcome"] == "life_satisfaction").to_numpy()
    found.loc[moved, "change"] = reach[found.loc[moved, "draw"]] + 0.1 * rng.normal(size=moved.sum())
    asked = account.Asked(REFERENCE)
    books = Books(account.money(found, costs(paid, **size), values, asked=asked), found, values, asked=asked)
    frame = {"draw": np.arange(draws + 1, dtype=np.int32), "address": np.full(draws + 1, REACH, object),
             "u": np.where(np.arange(draws + 1) == 0, np.nan, 0.5), "value": reach}
    tables.write_parquet(tables.to_arrow("draws", frame), path / "draws.parquet")
    (path / "manifest.json").write_text(json.dumps({"seed": 1, "config_hash": "0"}))
    (path / "evidence.csv").write_text(f"address,value,low,high,unit\n{REACH},30,14,46,people\n")
    return path, books, quantities


def test_too_few_futures_say_so(tmp_path):
    found = doubts.of(*made(tmp_path, draws=10))
    assert "too few" in found.total["why"].iloc[0] and found.knowing.empty and found.studies.empty
    curved = found.switching[found.switching["way"] == "approximate"]
    assert curved["why"].str.contains("too few").all()
    exact = found.switching.set_index("address")
    assert np.isfinite(exact.loc["economics.wellby", "at"])


def test_what_the_answer_hangs_on_is_worth_knowing(tmp_path):
    found = doubts.of(*made(tmp_path, draws=80))
    whole, first = found.total.iloc[0], found.knowing.iloc[0]
    assert first["address"] == REACH and first["seen"] and 0 < first["evppi"] <= whole["evpi"] and whole["why"] == ""
    assert (found.knowing["evppi"] <= whole["evpi"]).all()                                 # EVPPI is never above EVPI
    assert set(found.knowing.query("of == 'group'")["address"]) == {"hub", doubts.WORTH}
    assert found.studies["study"].str.contains(REACH).any() and (found.studies["cost"] == 60_000).all()
    assert found.switching.set_index("address").loc[REACH, "way"] == "approximate"


@pytest.mark.parametrize("sets", [(), ("economics.wellby=0",), ("economics.marginal_share=0",), ("economics.optimism_bias=0.2",)])
def test_a_run_valued_at_a_switching_value_has_two_best_options(tmp_path, sets):
    """Exactly, although what a number is the price of goes up and down with it from draw to draw."""
    path, books, quantities = made(tmp_path, draws=10, sets=sets)
    table = doubts.of(path, books, quantities).switching.set_index("address").query("way == 'exact'")
    assert np.isfinite(table.loc["economics.wellby", "at"]) and (table["best"] != table["becomes"]).all()
    for address, at in table["at"].dropna().items():
        other = made(tmp_path, draws=10, sets=(*(s for s in sets if not s.startswith(address)), f"{address}={float(at)!r}"))[1]
        benefit = options.net_benefit(other)
        assert benefit[benefit.index.get_level_values("draw") > 0]["plan"].mean() == pytest.approx(0, abs=0.01), address


def test_optimism_bias_is_on_what_each_payer_spends_and_on_no_saving(tmp_path):
    paid = {"plan": (*PAID["plan"], ("less", "council_public_health", "running", -100_000.0))}
    one, other = (made(tmp_path, draws=10, sets=(f"economics.optimism_bias={bias}",), paid=paid)[1] for bias in (0.2, 0.3))
    change = (options.net_benefit(other) - options.net_benefit(one))["plan"].mean()
    assert change == pytest.approx(doubts.slopes(one).loc["economics.optimism_bias", "plan"] * 0.1)


def test_slopes_are_what_another_number_does(tmp_path):
    """One pound more for an admission changes mean net benefit by the slope, exactly."""
    fixed = ("economics.emergency_admission=3000", "economics.wellby=13000", "economics.marginal_share=0.5",
             "economics.optimism_bias=0.2")
    more = {"economics.emergency_admission": "3001", "economics.wellby": "13001", "economics.marginal_share": "0.6",
            "economics.optimism_bias": "0.3"}
    one = made(tmp_path, draws=10, sets=fixed)[1]
    slopes = doubts.slopes(one)["plan"]
    for address, value in more.items():
        sets = tuple(f"{a}={value if a == address else b}" for a, b in (text.split("=") for text in fixed))
        step = float(value) - float(dict(text.split("=") for text in fixed)[address])
        other = made(tmp_path, draws=10, sets=sets)[1]
        change = (options.net_benefit(other) - options.net_benefit(one))["plan"]
        assert change[change.index.get_level_values("draw") > 0].mean() == pytest.approx(slopes[address] * step)


def test_a_run_without_its_draws_or_evidence_knows_what_it_is_worth_alone(tmp_path):
    path, books, quantities = made(tmp_path, draws=10)
    (path / "draws.parquet").unlink()
    (path / "evidence.csv").unlink()
    assert doubts.of(path, books, quantities).switching["address"].str.startswith("economics.").all()
