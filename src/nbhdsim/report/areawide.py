"""How much of a change in emergency admissions is an effect that is stated of a whole area, whoever takes part."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbhdsim import evidence
from nbhdsim.comparison import PAIRS
from nbhdsim.interventions import effects
from nbhdsim.report import words

LEVER = "admission_rr"
YEAR = 12
EXCITED = ("baseline.admission.n", "baseline.admission.phi")


class Part(NamedTuple):
    """What one stated effect on a whole area comes to: key of its programme, admissions a year (below 0: fewer; mean of the
    futures that the printed change is of), and the stated effect (that of the last follow-up within the run, else the first)."""

    key: str
    change: float
    effect: Any


SHOWN, ALL = (0.005, 2.0), 0.005
"""Shares of a mean that are told as such, and how near to 1 is all of it."""
NONE = "None of it comes from an effect stated of a whole area."


def of_all(found: Mapping[str, pd.DataFrame], scenarios: Sequence[Any]) -> dict[str, list[Part]]:
    """The parts of each scenario but the first, by name; nothing where the first states such effects too, and hides some of it, or
    where the run does not end with a year, to which places are counted."""
    if scenarios[0].months % YEAR or any(map(_stated, scenarios[0].lines.values())):
        return {}
    return {scenario.name: of(found, scenario) for scenario in scenarios[1:]}


def of(found: Mapping[str, pd.DataFrame], scenario: Any) -> list[Part]:
    """The parts of a scenario, the largest first; found: what `comparison.headline` reads.

    Admissions of the funded neighbourhoods with nothing done, times the stated ratio less 1, month by month. The stated ratio is
    of everyone there, those who take part too. Left out: effects on some ages alone, and cuts.
    """
    draws = sorted(found["runs"].loc[found["runs"]["ok"], "draw"].unique())
    shown = [int(draw) for draw in draws if draw > 0 or draws[-1] == 0]
    parts = [Part(line.key, _mean(found, scenario, line, draws=shown),
                  [stated[0], *(effect for effect in stated if effect.at <= scenario.months)][-1])
             for line in scenario.lines.values() if (stated := _stated(line))]
    return sorted(parts, key=lambda part: -abs(part.change))


def _stated(line: Any) -> list[Any]:
    """Effects on admissions of everyone in the area, by follow-up."""
    mine = [e for e in line.kind.effects if e.lever == LEVER and e.level == "area" and not e.who and not e.what_if]
    return [] if line.stop else sorted(mine, key=lambda effect: effect.at)


def _mean(found: Mapping[str, pd.DataFrame], scenario: Any, line: Any, *, draws: Sequence[int]) -> float:
    funded = found["funded"].astype({"scenario": str, "intervention": str, "place": str})
    mine = funded[(funded["scenario"] == scenario.name) & (funded["intervention"] == line.key) & funded["draw"].isin(draws)]
    rows = found["neighbourhoods"].astype({"place": str})
    rows = rows[rows["month"] >= 0].merge(mine[[*PAIRS, "place", "sites"]], on=[*PAIRS, "place"])
    rows = rows.assign(value=rows["value"] * np.minimum(rows["sites"], 1.0))
    changes: list[float] = []
    for draw in draws:
        values = evidence.draw_values(scenario.quantities, seed=scenario.seed, draw=draw)
        excess = np.concatenate([np.zeros(1), np.cumsum(_ratios(line, values, scenario.months) - 1)])
        now = rows[rows["draw"] == draw]
        mean = (excess[now["month"] + now["months"]] - excess[now["month"]]) / now["months"]
        futures = max(now["replicate"].nunique(), 1)
        changes += [float((now["value"] * mean).sum()) / futures] * futures
    return float(np.mean(changes)) / (scenario.months / YEAR) if changes else 0.0


def _ratios(line: Any, values: Mapping[str, float], months: int) -> NDArray[np.float64]:
    """Admissions over those without the effect [months]: what is pushed on the rate, and the echo of earlier admissions."""
    n, phi = (values[address] for address in EXCITED)
    stated, kind = effects.effects(line.kind, values, n=n, phi=phi, strict=False), line.kind
    curve = next((c for c in stated.at_level("area") if c.lever == LEVER and not c.who), None)
    if curve is None:
        return np.ones(months)
    set_up = kind.quantities.get("set_up_months")
    opens, closes = line.start + round(values[set_up.address] if set_up is not None else 0.0), line.end + 1
    out, echo = np.ones(months), n
    for month in range(months):
        pushed = curve.at(month, opens=opens, closes=closes) if opens <= month and opens < closes else 1.0
        out[month] = (1 - n) * pushed + echo
        echo = phi * echo + n * (1 - phi) * out[month]
    return out


def sentence(parts: Sequence[Part] | None, row: Mapping[str, Any]) -> str:
    """How much of a change in admissions (a comparison row) its largest part is, and what that rests on; "" where there is no
    change to speak of, or the parts are not known (None)."""
    if parts is None or not words.modelled(row) or words.nothing(row):
        return ""
    if not parts:
        return NONE
    part = parts[0]
    q, at = part.effect.quantity, part.effect.at
    assumed = ", an assumption" if q.basis == "assumption" else ""
    return (f"{_share(part.change, row)} is one effect stated of a whole area: {part.key.replace('_', ' ')}, "
            f"admissions x {words.span(q.value, q.low, q.high)} after {words.many(at, 'month')}, {words.grade(q.grade)}{assumed}.")


def _share(change: float, row: Mapping[str, Any]) -> str:
    """`97% of the mean`, or admissions a year where a share of the mean says nothing."""
    share = change / row["value"] if row["value"] else 0.0
    if row["sign_unknown"] or not SHOWN[0] <= share <= SHOWN[1]:
        return f"{words.rounded(row, change)} a year of it"
    return "All of the mean" if abs(share - 1) < ALL else f"{share:.0%} of the mean"
