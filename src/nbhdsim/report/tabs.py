"""The sheets of a workbook: their titles, the columns that they show of a frame, and what each column means."""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from nbhdsim import ledger
from nbhdsim.economics import budget, options, value
from nbhdsim.economics import of_run as economics
from nbhdsim.equity import never, of_run, plane
from nbhdsim.outcomes import OUTCOMES
from nbhdsim.projections import frames, wellbeing
from nbhdsim.report import text, words
from nbhdsim.report.sheets import Sheet

MOST_ROWS = 20_000
"""Rows of a sheet; a longer table is in csv/ alone."""
PAYERS = {**text.PAYERS, "voluntary_hours": text.PAYERS["voluntary"], "nhs_trust": "NHS trusts", "residents": "Residents",
          "all": "All"}
"""Who pays and who gains, in words."""
HEADERS: Mapping[str, str] = {
    "by": "Grouped by", "at": "Period", "base": "First scenario", "with": "With the programme", "value": "Mean change",
    "central": "Mean change, central numbers", "chance_low": "Chance alone, low", "chance_high": "Chance alone, high",
    "all_low": "Chance and evidence, low", "all_high": "Chance and evidence, high", "low": "90% range, low",
    "high": "90% range, high", "range": "Range holds", "error": "Standard error of the mean",
    "sign_unknown": "Sign of the mean unknown", "covers_zero": "Range covers 0", "base_low": "First scenario, low",
    "base_high": "First scenario, high", "base_rate": "Rate, first scenario", "with_rate": "Rate, with the programme",
    "rate": "Change of the rate", "ede": "Equally distributed equivalent", "per_1000": "Net for 1,000 residents", "n": "Futures",
    "residents": "Residents (mean number)", "pounds": "Pounds (mean over futures)", "population": "Share of residents",
    "evpi": "EVPI", "evppi": "EVPPI", "evsi": "EVSI",
}
"""Headers of columns whose names say too little; any other is its name."""
MEANINGS: Mapping[str, str] = {
    **frames.COLUMNS,
    "low": "lower end of the 90% range over futures",
    "high": "its upper end",
    "range": "what the range holds: chance and evidence, or chance alone; else why there is none",
    "unit": "unit of the levels and of the change",
    "payer": "who pays",
    "kind": "set up, running, voluntary hours (valued, not paid) or unspent (found no place to be spent)",
    "year": "1, 2, ..",
    "pounds": "mean over futures, real 2024/25 pounds, not discounted; below 0: saved by a cut",
    "intervention": "key of the programme",
    "place": "neighbourhood",
    "chosen": "share of futures in which it is funded",
    "sites": "sites there in those futures, on average; below 0: cut",
}
"""What columns mean that several sheets have."""
NO_VALUE, FEW = "no value", "too few futures"


@dataclass(frozen=True, kw_only=True)
class Tab:
    """What a sheet is made of: name, title, sentence, columns shown, what they mean, and headers of its own."""

    name: str
    title: str
    about: str
    columns: Sequence[str]
    meanings: Mapping[str, str] = field(default_factory=lambda: MEANINGS)
    headers: Mapping[str, str] = field(default_factory=dict)

    def sheet(self, frame: pd.DataFrame | None) -> Sheet | None:
        """The sheet of a frame; None without one, for one without rows, and for one that is too long."""
        if frame is None or not 0 < len(frame) <= MOST_ROWS:
            return None
        return Sheet(self.name, self.title, self.about, {name: self.header(name) for name in self.columns}, worded(frame))

    def header(self, column: str) -> str:
        """The header of a column in words."""
        return self.headers.get(column) or HEADERS.get(column) or column.replace("_", " ").capitalize()

    def meaning(self, column: str) -> str:
        """What a column means."""
        return self.meanings.get(column) or MEANINGS.get(column, "")


def outcome(name: str) -> str:
    """An outcome in words."""
    return words.MEASURES[name].label if name in words.MEASURES else name.replace("_", " ").capitalize()


def unit(name: str, period: str = "year") -> str:
    """Unit of a level of an outcome."""
    o = OUTCOMES[name]
    return f"{o.unit} a {period}" if o.kind == "count" else "share, 0 to 1" if o.kind == "share" else o.unit


def worded(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame with its outcomes, measures, payers and kinds in words; a blank group is all."""
    changes = {name: frame[name].map({x: outcome(str(x)) for x in frame[name].unique()}) for name in ("outcome",) if name in frame}
    changes |= {name: frame[name].astype(str).map(lambda x: PAYERS.get(x, x)) for name in ("payer", "gainer") if name in frame}
    changes |= {name: frame[name].astype(str).str.replace("_", " ") for name in ("measure", "kind", "nature") if name in frame}
    if "group" in frame:
        changes["group"] = frame["group"].replace("", "all")
    return frame.assign(**changes)


def ranged(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame with its widest range as `low`, `high` and `range`, and the unit of its outcomes; what has no value has no flags."""
    every, chance, none = frame["all_low"].notna(), frame["chance_low"].notna(), frame["value"].isna()
    found = frame.assign(
        **{end: frame[f"all_{end}"].where(every, frame[f"chance_{end}"]) for end in ("low", "high")},
        range=np.select([none, every, chance], [NO_VALUE, "chance and evidence", "chance alone"], FEW),
        **{flag: frame[flag].astype(object).where(~none, None) for flag in ("sign_unknown", "covers_zero")})
    if "outcome" in frame and "unit" not in frame:
        period = frame["period"].replace("whole", "year") if "period" in frame else ["year"] * len(frame)
        found["unit"] = [unit(name, each) for name, each in zip(frame["outcome"], period, strict=True)]
    return found


RANGE = ("value", "low", "high", "range")
FLAGS = ("sign_unknown", "covers_zero", "why")
LEVELS = ("base", "with", *RANGE, *FLAGS)
WHAT = ("scenario", "outcome", "unit")
NET_IS = {"value": "Net health (mean)"}
PAID = Tab(name="Paid", title="What you pay, by payer and year",
           about="Real 2024/25 pounds that each scenario pays, not discounted.",
           columns=("scenario", "payer", "intervention", "kind", "year", "pounds"))
BUDGET = Tab(name="Budget", title="Budget impact by payer and year", meanings=budget.BY_YEAR, columns=tuple(budget.BY_YEAR),
             about="Costs and gains above the first scenario. Year 0 is the whole period. Freed capacity is no cash.")
CHANGES = Tab(name="Changes", title="What changes over the whole period", columns=(*WHAT, *LEVELS),
              about="Counts are a year. [x] with a reason is not modelled: no finding of no change.")
YEARS = Tab(name="By year", title="What changes, year by year", about="The whole area, each year by itself.",
            columns=(*WHAT, "at", *LEVELS), headers={"at": "Year"})
WELLBEING = Tab(name="Wellbeing", title="What changes in wellbeing", meanings=wellbeing.COLUMNS,
                about="In points, percent of an SD, people and point-years, over the whole period.",
                columns=("scenario", "measure", "unit", "residents", *RANGE, *FLAGS))
MONTHS = Tab(name="By month", title="What changes, month by month", headers={"at": "Month"},
             about="Emergency admissions, life satisfaction and loneliness of the whole area; month 0 is the start.",
             columns=(*WHAT, "at", "base", "base_low", "base_high", "with", *RANGE, "why"))
FIFTHS = Tab(name="By fifth", title="Who gains, by fifth of deprivation", meanings=of_run.FIFTHS,
             about="Quintile 1 is the most deprived. Absolute and relative change stand together.",
             columns=(*WHAT, "quintile", "population", "residents", "base", "with", *RANGE, "relative", "base_rate", "with_rate",
                      "rate", "note", "why"))
GAPS = Tab(name="Gaps", title="Gaps between fifths: SII, RII and concentration", meanings=of_run.GAPS,
           about="Above 0 (RII: above 1) the less deprived have more. Rates, not counts.",
           columns=("scenario", "outcome", "ages", "index", "base", "with", *RANGE, "reads", "why"))
NET = Tab(name="Net health", title="Net health by fifth", meanings=plane.NET, headers=NET_IS,
          about="QALY-equivalents, less what the public money would have bought elsewhere. Indicative. Quintile 0 is all.",
          columns=("scenario", "quintile", "population", "benefit", "displaced", *RANGE, "per_1000", "why"))
PLANE = Tab(name="Equity plane", title="Equity impact plane, one row a future", columns=tuple(plane.POINTS), meanings=plane.POINTS,
            about="Net health of all against the gap between the most and the least deprived fifth.")
WELFARE = Tab(name="Aversion", title="An extra: welfare by aversion to inequality", meanings=plane.WELFARE,
              about="Atkinson's equally distributed equivalent. How averse one should be is disputed.",
              columns=("scenario", "aversion", "ede", *RANGE))
FLIPS = Tab(name="Flips", title="Aversions at which two options change places", columns=tuple(plane.FLIPS), meanings=plane.FLIPS,
            about="By equally distributed equivalent. [x]: at no aversion up to 30.")
GROUPS = Tab(name="By group", title="What changes by district and age", about="Over the whole period. Counts are a year.",
             columns=(*WHAT, "by", "group", "residents", *LEVELS))
PLACES = Tab(name="By neighbourhood", title="What changes in each neighbourhood", headers={"group": "Neighbourhood"},
             about="Neighbourhoods are invented within true totals. What happens in one of them is mostly chance.",
             columns=(*WHAT, "group", "residents", "base", "with", *RANGE, "why"))
NEVER = Tab(name="Never reached", title="Who was never reached", columns=tuple(never.COLUMNS), meanings=never.COLUMNS,
            about="Of the people a programme is for. [z] under Intervention: by any programme.",
            headers={"share": "Share never reached"})
WORTH = Tab(name="Worth", title="What it is worth", columns=tuple(value.COLUMNS), meanings=value.COLUMNS,
            about="Over the whole period, against the first scenario. Capacity freed is no money released.",
            headers={"value": "Value"})
WHO = Tab(name="Who pays and gains", title="Who pays, who gains, what would change hands", columns=tuple(budget.WHO),
          meanings=budget.WHO, about="Pounds over the whole period, not discounted.")
MATRIX = Tab(name="Payers and gainers", title="Every payer against every gainer", columns=tuple(budget.MATRIX),
             meanings=budget.MATRIX, about="Gains shared over payers as they share the costs.")
FRONTIER = Tab(name="Frontier", title="Options from the least to the most costly", columns=tuple(options.FRONTIER),
               meanings=options.FRONTIER, about="Which options are dominated, and what each step costs.")
UNVALUED = Tab(name="Not valued", title="What is in no sum of money, and why", columns=tuple(economics.UNVALUED),
               meanings=economics.UNVALUED, about="What stands here counts for nothing in Worth.")
UNCERTAIN = Tab(name="How sure", title="How sure: chance and uncertain evidence apart", about="90% ranges over the whole period.",
                columns=(*WHAT, "value", "error", "central", "chance_low", "chance_high", "all_low", "all_high", *FLAGS))
INFORMATION = Tab(name="Value of knowing", title="What knowing everything would be worth", columns=tuple(economics.doubts.TOTAL),
                  meanings=economics.doubts.TOTAL,
                  headers={"error": "Standard error"},
                  about="Expected value of perfect information. Chance cannot be known, so it is left out.")
KNOWING = Tab(name="Value of each number", title="What knowing each number, or group, would be worth",
              columns=tuple(economics.doubts.KNOWING), meanings=economics.doubts.KNOWING,
              about="Expected value of partial perfect information. Rows do not add up.",
              headers={"error": "Standard error"})
STUDIES = Tab(name="Value of a study", title="What a study would be worth", columns=tuple(economics.studies.COLUMNS),
              meanings=economics.studies.COLUMNS, about="Expected value of sample information, against what a study costs.")
SWITCHING = Tab(name="Switching values", title="What would change the answer", columns=tuple(economics.switching.COLUMNS),
                meanings=economics.switching.COLUMNS,
                headers={"value": "Central value", "low": "Low", "high": "High", "at": "Switches at", "way": "Found"},
                about="The value of one number at which another option becomes the best, all else as it was.")
VALUES = Tab(name="Values used", title="Prices and values used", columns=tuple(economics.NUMBERS), meanings=economics.NUMBERS,
             about="Set any of them: nbhdsim report RUN --set ADDRESS=VALUE.", headers={"value": "Central value"})
EVIDENCE = Tab(name="Evidence", title="Evidence ledger: every number and its source", columns=tuple(ledger.COLUMNS),
               meanings=ledger.COLUMNS, headers={"value": "Central value", "low": "Low", "high": "High"},
               about="What is set without a source first, then what the answer hangs on most, then the weakest evidence.")
FUNDED = Tab(name="Funded places", title="Which places are funded",
             about="Places are picked anew in each future where a scenario ranks them.",
             columns=("scenario", "intervention", "place", "chosen", "sites"))
