"""The part of the answer on who was never reached, of those the programmes are for."""

from collections.abc import Sequence

import pandas as pd

SHOWN = {("all", "all"): "Never reached, of those that services are for",
         ("quintile", "1"): "  in the most deprived fifth of areas", ("quintile", "5"): "  in the least deprived fifth of areas",
         ("digital", "excluded"): "  digitally excluded", ("digital", "not excluded"): "  not digitally excluded"}
"""What is printed of the table `reach`, and how it is called; the rest stands in csv/reach.csv."""

FOR = "  how many services are for"


def lines(never: pd.DataFrame, names: Sequence[str]) -> list[tuple[str, list[str]]]:
    """A line a group of people with the share of each scenario; `never` is what `comparison.never_reached` gives.

    `-` where a scenario has nothing for anybody of the group; no lines where none has anything for anybody.
    """
    share = {(row["scenario"], row["by"], row["value"]): row["share"] for row in never.to_dict("records")}

    def cells(group: tuple[str, str]) -> list[str]:
        held = [share.get((name, *group)) for name in names]
        return ["-" if x is None else f"{100 * x:.0f}%" if x < 0.995 else f"{100 * x:.1f}%" for x in held]
    if not share:
        return []
    heads = {row["scenario"]: row["eligible"] for row in never.to_dict("records") if row["by"] == "all"}
    first, *groups = [(label, cells(group)) for group, label in SHOWN.items()]
    return [first, (FOR, [f"{heads[name]:,.0f}" if name in heads else "-" for name in names]), *groups]
