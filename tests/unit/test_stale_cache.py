"""A rule changed in one compiled room is never answered by another room's cached code."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbhdsim

PROGRAM = """
import numpy as np
from nbhdsim.levers import Levers
levers = Levers(3, a=np.zeros(5), b=np.zeros(5), preventable=0.2)
levers.push("admission_rr", np.array([1]), 0.9)
ratio = np.ones(3, np.float32)
levers.join_ratios(ratio)
from nbhdsim.rng import exps
print(float(ratio[1]), float(exps(np.ones(1, np.float32))[0]))
"""


def answer(package: Path, cache: Path) -> str:
    """What the program prints with the package in a folder and a cache."""
    environment = {**os.environ, "PYTHONPATH": str(package), "NBHDSIM_CACHE": str(cache), "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("NUMBA_CACHE_DIR", None)
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def test_a_changed_helper_of_another_module_is_seen(tmp_path):
    shutil.copytree(Path(nbhdsim.__file__).parent, tmp_path / "nbhdsim", ignore=shutil.ignore_patterns("__pycache__"))
    before = answer(tmp_path, tmp_path / "cache")
    assert answer(tmp_path, tmp_path / "cache") == before
    rules = tmp_path / "nbhdsim" / "rng.py"
    text = rules.read_text()
    assert "p * r * r + r + f32(1.0)" in text
    rules.write_text(text.replace("p * r * r + r + f32(1.0)", "p * r * r + r + f32(1.5)"))      # inlined into exps
    assert answer(tmp_path, tmp_path / "cache") != before
