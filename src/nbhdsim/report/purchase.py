"""What a scenario buys, before anything is simulated: sites, pounds a year, what no site can be bought for."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from nbhdsim.areas import chosen
from nbhdsim.report import seats
from nbhdsim.scenario import Line, Where, checks, funding, where
from nbhdsim.scenario.months import month_text


def bought(scenario: Any) -> str:
    """A few lines: one for each programme, then the sum a year over the funded years."""
    spec = scenario.area
    area = chosen.area(spec)
    values = {address: quantity.value for address, quantity in scenario.quantities.items()}
    outline = where.map_of(area)
    told = [f"{scenario.name}: {spec.name or spec.csv}, {int(area.residents.sum()):,} residents in "
            f"{len(area.place)} neighbourhoods, {scenario.months} months from {month_text(0, scenario.start)}, "
            f"{scenario.history} of history"]
    total, left = 0.0, 0.0
    for line in scenario.lines.values():
        committed, unspent, words = _line(line, values, outline, lines=scenario.lines)
        period = f"{month_text(line.start, scenario.start)} to {month_text(line.end, scenario.start)}"
        told.append(f"  {line.key} ({line.kind.name}): {words}, {period}")
        sites = _sites(line, values, outline)
        known = seats.of(line, values, area, within=_within(line.where, scenario.lines), sites=sites)
        taking = seats.told(known, alone=len(scenario.lines) == 1) or seats.without_limit(line)
        told += [f"    {taking}"] if taking else []
        total, left = total + committed, left + unspent
    years = funding.funded_years(scenario.lines.values())
    if not years:
        return "\n".join([*told, "  nothing is funded"])
    told.append(f"  in all {_pounds(total / years)} a year over {years:g} year{'s' if years != 1 else ''}, set-up included, "
                f"of which {_pounds(left / years)} a year buys nothing")
    return "\n".join(told)


def _line(line: Line, values: dict[str, float], outline: where.Map, *,
          lines: Mapping[str, Line]) -> tuple[float, float, str]:
    """Pounds committed and unspent over all its months, and the words of one programme."""
    place = _place(line.where)
    if line.amount is None or line.kind.cost is None:
        return (0.0 if line.amount is None else line.amount.value * line.months / 12), 0.0, f"{place}, no sites"
    known = checks.heads(line, outline, values)
    heads = _heads(line.where, outline, lines=lines) if known is None else known
    if line.stop:
        return _saved(line, values, outline)
    each, total = funding.unit_total(line, values), funding.committed(line, values, heads=heads)
    if funding.by_patient(line):
        return total, 0.0, _patients(line, values, total - heads * each, known=known is not None)
    taken = min(funding.units(line, values, heads=heads), _room(line, outline))
    waits = taken * funding.price(line, values).running * funding.idle(line, values) / 12
    unspent = max(0.0, total - taken * each) + waits
    unit = "residents" if funding.per_head(line) else "grants a round" if line.every else "sites"
    unit = unit.rstrip("s") if taken == 1 and unit == "sites" else unit
    about = "about " if known is None and funding.per_head(line) else ""        # their size shows once history has been run
    payers = " + ".join(f"{100 * share:.0f}% {payer}" for payer, share in sorted(line.payers.items()))
    years = line.months / 12
    words = f"{about}{taken:,.0f} {unit}, {place}, {about}{_pounds((taken * each - waits) / years)} a year ({payers})"
    words += f", {about}{_pounds(unspent / years)} a year unspent" if round(unspent) else ""
    return total, unspent, words


def _sites(line: Line, values: dict[str, float], outline: where.Map) -> float:
    """Sites of a line, 0 where its cost is per head, or it is a cut or nothing is paid."""
    if line.stop or line.amount is None or line.kind.cost is None or funding.per_head(line):
        return 0.0
    return min(funding.units(line, values), _room(line, outline))


def _patients(line: Line, values: dict[str, float], purse: float, *, known: bool) -> str:
    """Whom money may follow, at most; purse: pounds of all its months."""
    each, about = funding.patient(line, values), "" if known else "about "
    paid, months = purse * 12 / line.months, round(funding.quantity(line, values, "set_up_months", default=0.0))
    return (f"{_place(line.where)}, {_pounds(each)} for each patient the NHS sends to a voluntary service, {about}"
            f"{max(paid, 0.0) / each if each else math.inf:,.0f} a year at most ({about}{_pounds(paid)} a year; "
            f"unspent where nobody is sent, and in the first {months} months)")


def _saved(line: Line, values: dict[str, float], outline: where.Map) -> tuple[float, float, str]:
    """Of a cut: pounds committed (below 0; 0 where they are not known yet), none unspent, and the words."""
    total = funding.committed(line, values, heads=checks.heads(replace(line, where=line.stands), outline, values))
    place = _place(line.where if line.where != Where() else line.stands)
    if not math.isfinite(total):
        return 0.0, 0.0, f"{line.stop} is stopped {place}, what is saved is known once history has been run"
    return total, 0.0, f"{line.stop} is stopped {place}, {_pounds(-total * 12 / line.months)} a year saved"


def _heads(chosen: Where, outline: where.Map, *, lines: Mapping[str, Line]) -> float:
    """Residents of the neighbourhoods that will be chosen, if they are as large as others among which they are chosen."""
    chosen = _within(chosen, lines)
    among = where.filtered(chosen, outline)
    return float(outline.residents[among].mean() * min(len(among), chosen.top or chosen.random or len(among)))


def _within(chosen: Where, lines: Mapping[str, Line]) -> Where:
    """The choice itself, where it is that of another line."""
    while chosen.same_as:
        chosen = lines[chosen.same_as].where
    return chosen


def _room(line: Line, outline: where.Map) -> float:
    """Sites that the chosen neighbourhoods take at most, as far as the map alone can say."""
    most = line.where.most_per_place
    if most is None or line.where.same_as:
        return math.inf
    places = len(where.filtered(line.where, outline))
    return most * min(places, line.where.top or places, line.where.random or places)


def _place(chosen: Where) -> str:
    """Where, in words: `the 14 neighbourhoods with the highest emergency admissions per resident`."""
    if chosen.same_as:
        return f"in the neighbourhoods of {chosen.same_as}"
    within = [", ".join(chosen.names), ", ".join(chosen.district),
              "quintile " + ", ".join(map(str, chosen.quintile)) if chosen.quintile else ""]
    held = " of " + "; ".join(w for w in within if w) if any(within) else ""
    if chosen.top is not None:
        by = f"emergency admissions per resident over {chosen.over} months" if chosen.by == "emergency_admissions" else chosen.by
        many = "neighbourhood" if chosen.top == 1 else f"{chosen.top} neighbourhoods"
        return f"in the {many}{held} with the highest {by}"
    if chosen.random is not None:
        return f"in {chosen.random} neighbourhoods{held} drawn at random"
    return f"in the neighbourhoods{held}" if held else "across the area"


def _pounds(x: float) -> str:
    return f"{x:,.0f} pounds"
