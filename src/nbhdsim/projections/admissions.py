"""Projections of emergency admissions, the nights they take, and A&E attendances."""

from nbhdsim.projections import frames
from nbhdsim.projections.cubes import Cubes
from nbhdsim.projections.frames import Modelled, Projection

OUTCOMES = ("emergency_admissions", "expected_admissions", "bed_days", "ae_attendances")
"""Counts: events a month, or a year; rates per 1,000 residents a year."""


def project(run: Cubes, reference: str, *, modelled: Modelled = None) -> Projection:
    """Admissions, bed days and attendances by month, year, district, age, quintile and neighbourhood; as `frames.project`."""
    return frames.project(run, reference, outcomes=OUTCOMES, modelled=modelled)
