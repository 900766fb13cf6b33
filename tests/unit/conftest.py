"""Folders of finished runs that several tests read; each is made once."""
from pathlib import Path

import prepared
import pytest

from nbhdsim.projections import cubes
from nbhdsim.projections.cubes import Cubes


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of `do nothing` and `plan`, 5 futures with central and 8 with sampled numbers, 24 months; only read it."""
    return prepared.folder(tmp_path_factory.mktemp("finished"))


@pytest.fixture(scope="session")
def sums(finished: Path) -> Cubes:
    """Its sums."""
    return cubes.read(finished)
