"""What the pools of a scenario hold: staff of each primary care network, hours of volunteers of each district.

Staff of care teams and outreach:

    share of a programme in a network = min over the months it is funded of min(1, staff there / staff asked for by all funded then)

A post is filled for as long as its programme is funded, so the month in which most is asked for decides: nobody is lent out
for some months and called back. What unfilled posts would have cost is `unspent`. A care team with a share of its posts looks
after that share of its list, outreach makes that share of its contacts. Hours are shared out month by month (`pools`).
"""
from collections.abc import Mapping
from dataclasses import replace
from math import fsum

import numpy as np
from numpy.typing import NDArray

from nbhdsim.interventions.schema import RELIES
from nbhdsim.places import Places
from nbhdsim.pools import Held, Pool
from nbhdsim.residents import Script, aged, present
from nbhdsim.scenario import Line, funding
from nbhdsim.scenario.funding import Plan

GROWN, OLDEST = 16, 200            # ages of those whom the survey of volunteering asks
Amounts = NDArray[np.float64]


def asked(plan: Plan, values: Mapping[str, float]) -> Amounts:
    """Staff that a plan asks for in each neighbourhood [p]: `relies.workforce` a site (a head, where the cost is per head); without
    it the `staff` of a site of outreach, of the whole of a care team. 0 where it has neither, and for a cut: the pool is
    what there is for what the scenario funds."""
    line = plan.line
    if line.stop:
        return np.zeros(plan.sites.size)
    units = plan.sites * plan.heads if funding.per_head(line) else plan.sites
    relies = funding.quantity(line, values, f"{RELIES}workforce", default=-1.0)
    if relies >= 0:
        return relies * units
    if line.kind.delivery not in ("care_team", "outreach"):
        return np.zeros(units.size)
    staff = funding.quantity(line, values, "staff", default=0.0)
    return staff * (units if line.kind.delivery == "outreach" else units / max(fsum(units.tolist()), 1.0))


def filled(plans: Mapping[str, Plan], pool: Pool | None, values: Mapping[str, float], *, places: Places) -> dict[str, Plan]:
    """The plans with the share of their posts that the pool of staff fills; as they are without a pool. values: of this draw."""
    if pool is None:
        return dict(plans)
    residents = np.bincount(places.pcn, places.residents, minlength=len(places.pcn_name))
    held = Held(held=pool.held(places.pcn_name, residents), of=places.pcn)
    want = {key: asked(plan, values) for key, plan in plans.items()}
    shares = {month: held.share([want[key] for key, plan in plans.items() if _open(plan.line, month)])
              for month in sorted({plan.line.start for plan in plans.values()})}
    return {key: _with(plan, np.min([share for month, share in shares.items() if _open(plan.line, month)], axis=0), values)
            if want[key].any() else plan for key, plan in plans.items()}


def _open(line: Line, month: int) -> bool:
    return line.start <= month <= line.end


def _with(plan: Plan, share: Amounts, values: Mapping[str, float]) -> Plan:
    """The plan with a share [p] of its posts filled."""
    if (share >= 1).all():
        return plan
    bought = plan.bought * share
    idle = (fsum(plan.bought.tolist()) - fsum(bought.tolist())) * funding.unit_total(plan.line, values)
    return replace(plan, bought=bought, unspent=plan.unspent + idle, staffed=share)


def values_of(plan: Plan, values: Mapping[str, float]) -> Mapping[str, float]:
    """The numbers of a draw, where a care team has `staff` with those of them who are in post."""
    staff = plan.line.kind.quantities.get("staff")
    if plan.staffed is None or staff is None or plan.line.kind.delivery != "care_team":
        return values
    heads = plan.sites * plan.heads
    part = fsum((heads * plan.staffed).tolist()) / max(fsum(heads.tolist()), 1.0)
    return {**values, staff.address: values[staff.address] * part}


def volunteers(pool: Pool | None, values: Mapping[str, float], *, script: Script, places: Places) -> Held | None:
    """Hours of volunteers a month of each district; None where nothing limits them.

    What residents give already is (residents of 16 and over) x `baseline.volunteers.share` x `baseline.volunteers.hours`.
    """
    if pool is None:
        return None
    names = sorted(set(places.district))
    of = np.searchsorted(names, places.district)
    adults = np.bincount(of[script.place[present(script) & aged(script, GROWN, OLDEST)]], minlength=len(names))
    today = adults * values["baseline.volunteers.share"] * values["baseline.volunteers.hours"]
    residents = np.bincount(of, places.residents, minlength=len(names))
    return Held(held=pool.held(names, residents, given=today), of=of)
