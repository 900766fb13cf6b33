"""What a workbook and its CSV twins are made of: the frames of a finished run, as far as its folder goes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa

from nbhdsim import comparison, ledger, projections, runfolder, tables
from nbhdsim.economics import constants
from nbhdsim.economics import of_run as economics
from nbhdsim.economics.account import COST
from nbhdsim.economics.books import total
from nbhdsim.economics.of_run import Worth
from nbhdsim.equity import never, of_run, plane
from nbhdsim.errors import NbhdsimError
from nbhdsim.experiment import again
from nbhdsim.projections import admissions, cubes, frames, wellbeing
from nbhdsim.projections.cubes import Cubes

Found = TypeVar("Found")
FAULTS = (NbhdsimError, KeyError, ValueError, TypeError, IndexError, OSError, pa.ArrowException)
"""What a folder of another version, or a torn one, can raise."""
OTHERS = ("child_referrals", "families_referred", "help_seeking", "confident", "strain", "volunteers", "volunteer_hours",
          "screened_breast", "screened_cervical", "screened_bowel")
"""Outcomes that are neither admissions nor wellbeing."""
CSV: Mapping[str, Mapping[str, str]] = {
    "projections_months": frames.COLUMNS, "projections_groups": frames.COLUMNS, "projections_places": frames.COLUMNS,
    "wellbeing": wellbeing.COLUMNS, "equity_fifths": of_run.FIFTHS, "equity_gaps": of_run.GAPS, "equity_net_health": plane.NET,
    "equity_plane": plane.POINTS, "equity_welfare": plane.WELFARE, "equity_flips": plane.FLIPS, "equity_never": never.COLUMNS,
}
"""Columns of each `csv/<name>.csv` that is written beside a workbook, and what they mean."""


@dataclass
class Held:
    """A run folder as a workbook reads it; what cannot be read is None, and `missing` says why.

    sets, perspective: as for a report.
    """

    folder: Path
    sets: Sequence[str] = ()
    perspective: str = ""
    missing: dict[str, str] = field(default_factory=dict)

    @cached_property
    def manifest(self) -> Mapping[str, Any]:
        """The manifest; raises NbhdsimError for what is no run folder."""
        return runfolder.read(self.folder)

    @cached_property
    def resolved(self) -> Mapping[str, Any]:
        """`resolved.yaml`; raises NbhdsimError where there is none."""
        return again.resolved(self.folder)

    @cached_property
    def reference(self) -> str:
        """Name of the scenario that the others are compared with."""
        return str(self.resolved["scenarios"][0]["name"])

    def tried(self, what: str, make: Callable[[], Found]) -> Found | None:
        """What `make` gives, or None where the folder cannot give it; why is kept."""
        try:
            return make()
        except FAULTS as error:
            self.missing[what] = str(error) if isinstance(error, NbhdsimError) else f"not of this version ({type(error).__name__})"
            return None

    @cached_property
    def sums(self) -> Cubes | None:
        """Sums by month, year, place, age and quintile."""
        return self.tried("results", lambda: cubes.read(self.folder))

    @cached_property
    def compared(self) -> Cubes | None:
        """The same where there is something to compare with the first scenario."""
        return self.sums if self.sums is not None and {self.reference} < set(self.sums.scenarios) else None

    @cached_property
    def modelled(self) -> frames.Modelled:
        """Outcomes that evidence was put in for."""
        return frames.modelled(self.folder)

    @cached_property
    def shown(self) -> pd.DataFrame:
        """Draw and replicate of the futures that means are over."""
        if self.sums is None:
            return pd.DataFrame(columns=["draw", "replicate"])
        some = comparison.shown(self.sums.draws)
        return pd.DataFrame({"draw": self.sums.draws[some], "replicate": self.sums.replicates[some]})

    @cached_property
    def projection(self) -> frames.Projection | None:
        """Every outcome as projections, of admissions first, then of wellbeing."""
        if self.compared is None:
            return None
        wanted = (*admissions.OUTCOMES, *wellbeing.OUTCOMES, *OTHERS)
        return frames.project(self.compared, self.reference, outcomes=wanted, modelled=self.modelled)

    @cached_property
    def wellbeing(self) -> pd.DataFrame | None:
        """Changes of wellbeing in points, percent of an SD, people and point-years."""
        if self.compared is None:
            return None
        return wellbeing.measures(self.compared, self.reference, sd=wellbeing.sd(self.folder), modelled=self.modelled)

    @cached_property
    def fifths(self) -> pd.DataFrame | None:
        """Every outcome by fifth."""
        return None if self.compared is None else of_run.fifths(self.compared, self.reference, modelled=self.modelled)

    @cached_property
    def gaps(self) -> pd.DataFrame | None:
        """Indices of inequality."""
        return None if self.compared is None else of_run.gaps(self.compared, self.reference, modelled=self.modelled)

    @cached_property
    def worth(self) -> Worth | None:
        """The run valued."""
        if self.compared is None:
            return None
        asked = {"perspective": self.perspective} if self.perspective else {}
        effects = projections.effects(self.compared, self.reference)
        return self.tried("what it is worth", lambda: economics.of_run(self.folder, sets=self.sets, effects=effects, **asked))

    @cached_property
    def plane(self) -> plane.Plane | None:
        """Net health by fifth, at the lower end of what the NHS is taken to pay for a QALY."""
        run, worth = self.compared, self.worth
        if run is None or worth is None:
            return None
        return self.tried("net health by fifth", lambda: net_health(run, worth, reference=self.reference, modelled=self.modelled))

    @cached_property
    def never(self) -> pd.DataFrame | None:
        """Who was never reached."""
        return self.tried("who was never reached", lambda: never.of_run(self.folder))

    @cached_property
    def evidence(self) -> pd.DataFrame | None:
        """The evidence ledger."""
        return self.tried("the evidence ledger", lambda: ledger.read(self.folder))

    def table(self, name: str) -> pd.DataFrame | None:
        """A table of the run."""
        return self.tried(f"the table {name}", lambda: tables.read(self.folder, name))


def net_health(run: Cubes, worth: Worth, *, reference: str, modelled: frames.Modelled = None) -> plane.Plane:
    """Net health of a valued run by fifth: present values, public money, points per QALY and threshold as `economics` has them.

    Raises NbhdsimError as `plane.of_run`.
    """
    cost = {of.scenario: _aligned(of.futures, _public(of), run) for of in worth.books.scenarios}
    prices = plane.Prices(worth.quantities["economics.points_per_qaly"].value, constants.constant("qaly_thresholds").value[0],
                          worth.books.factors[True])
    return plane.of_run(run, reference, cost=cost, prices=prices, modelled=modelled)


def _public(of: Any) -> np.ndarray:
    """Present value of what public bodies spend above the first scenario, f8[future]."""
    return total(of, discounted=True, side=COST, payer=constants.perspectives()["public"])


def _aligned(futures: pd.DataFrame, pounds: np.ndarray, run: Cubes) -> np.ndarray:
    """Pounds f8[future] in the order of the run's futures."""
    held = pd.Series(pounds, index=pd.MultiIndex.from_frame(futures[["draw", "replicate"]]))
    return held.reindex(pd.MultiIndex.from_arrays([run.draws, run.replicates])).to_numpy(float)


def written(held: Held) -> dict[str, pd.DataFrame]:
    """The frames of CSV that the folder gives, by name."""
    months, groups, places = held.projection or (None, None, None)
    fairness = held.plane or (None, None, None, None)
    found = dict(zip(CSV, (months, groups, places, held.wellbeing, held.fifths, held.gaps, *fairness, held.never), strict=True))
    return {name: frame for name, frame in found.items() if frame is not None}


def write_csv(held: Held, folder: Path) -> list[Path]:
    """Write `csv/<name>.csv` in a folder, of each frame of CSV and of `economics` that the run gives; returns their paths."""
    (folder / "csv").mkdir(parents=True, exist_ok=True)
    paths = [] if held.worth is None else economics.write(folder, held.worth)
    for name, frame in written(held).items():
        paths.append(folder / "csv" / f"{name}.csv")
        tables.write_frame(frame, paths[-1])
    return paths
