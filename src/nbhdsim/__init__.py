"""Agent-based simulation of neighbourhood interventions in England.

    import nbhdsim
    scenario = nbhdsim.load("scenarios/teaching-town.yaml")
    world = nbhdsim.build(scenario)
    rows = nbhdsim.simulate(world, [scenario], draw=0, replicate=0)

Names are loaded when they are first used: importing the package loads neither numba nor pandas.
"""
from importlib import import_module
from typing import Any

PUBLIC = {"load": "scenario.schema", "build": "population", "simulate": "simulation", "Simulation": "simulation",
          "NbhdsimError": "errors"}
"""Public names and the module each comes from."""

__all__ = list(PUBLIC)


def __getattr__(name: str) -> Any:
    if name not in PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *PUBLIC])
