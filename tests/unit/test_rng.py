"""Random numbers: known answers, accuracy, the same bits wherever they are computed, a cache that is never stale."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numba import njit
from scipy.special import ndtri

import nbhdsim
from nbhdsim import rng

KEY = np.uint64(0x0123456789ABCDEF)


@njit
def philox_words(c, k):
    return rng.philox(c[0], c[1], c[2], c[3], k[0], k[1])


@njit
def mapped(x):
    out = np.empty((3, x.size), np.float32)
    for i in range(x.size):
        out[0, i] = rng.log32(x[i])
        out[1, i] = rng.exp32(x[i])
        out[2, i] = rng.normal(x[i])
    return out


def philox_in_whole_numbers(counter, key):
    """Philox4x32-10 as the paper writes it, in Python's whole numbers."""
    c, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 % 2 ** 32, (p0 >> 32) ^ c[3] ^ k[1], p0 % 2 ** 32]
        k = [(k[0] + 0x9E3779B9) % 2 ** 32, (k[1] + 0xBB67AE85) % 2 ** 32]
    return c


def words(counter, key):
    return [int(word) for word in philox_words(np.array(counter, np.uint32), np.array(key, np.uint32))]


@pytest.mark.parametrize("counter, key, answer", [
    ([0] * 4, [0] * 2, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
    ([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
    ([0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344], [0xA4093822, 0x299F31D0],
     [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]),
])
def test_known_answers_of_random123(counter, key, answer):
    assert words(counter, key) == answer
    assert philox_in_whole_numbers(counter, key) == answer


def test_any_counter_and_key_agree_with_whole_numbers():
    for row in np.random.default_rng(1).integers(0, 2 ** 32, (200, 6)).tolist():
        assert words(row[:4], row[4:]) == philox_in_whole_numbers(row[:4], row[4:])


def test_a_block_is_the_counter_who_month_purpose_replicate_under_the_seed():
    who, month, purpose, replicate = 7 << 16 | 5, 24315, int(rng.purpose("build.age")), 3
    expected = philox_in_whole_numbers([who, month, purpose, replicate], [int(KEY) % 2 ** 32, int(KEY) >> 32])
    block = rng.block(KEY, np.uint32(replicate), np.uint32(purpose), np.uint32(month), np.uint32(who))
    assert block == tuple((word >> 9) * 2.0 ** -23 + 2.0 ** -24 for word in expected)


def test_single_draws_arrays_and_words_agree():
    who = np.arange(50, dtype=np.uint32) << np.uint32(16)
    arguments = (KEY, np.uint32(1), rng.purpose("x"), np.uint32(2))
    for word in range(4):
        singles = [rng.uniform(*arguments, one, word) for one in who]
        assert singles == [rng.block(*arguments, one)[word] for one in who]
        many = rng.uniforms(*arguments, who, word)
        assert many.dtype == np.float32 and many.tolist() == singles
        assert rng.normals(*arguments, who, word).tolist() == [rng.normal(np.float32(u)) for u in singles]


@pytest.mark.parametrize("changed", range(5))
def test_each_part_of_the_address_changes_the_draw(changed):
    arguments = [KEY, np.uint32(1), rng.purpose("x"), np.uint32(2), np.uint32(3)]
    before = rng.uniform(*arguments)
    arguments[changed] = arguments[changed] + type(arguments[changed])(1)
    assert rng.uniform(*arguments) != before


def test_the_upper_half_of_the_seed_counts():
    rest = (np.uint32(0), np.uint32(0), np.uint32(0), np.uint32(0))
    assert rng.uniform(np.uint64(1), *rest) != rng.uniform(np.uint64(1 + 2 ** 32), *rest)


def test_uniforms_are_open_and_even():
    u = rng.uniforms(KEY, np.uint32(0), rng.purpose("even"), np.uint32(0), np.arange(2 ** 20, dtype=np.uint32))
    assert 0 < u.min() and u.max() < 1
    counts = np.histogram(u, bins=256, range=(0, 1))[0]
    assert ((counts - 4096) ** 2 / 4096).sum() < 256 + 5 * np.sqrt(2 * 256)
    assert abs(np.corrcoef(u[:-1], u[1:])[0, 1]) < 5e-3


def test_the_ends_of_the_unit_interval():
    assert rng.unit(np.uint32(0)) == 2.0 ** -24
    assert rng.unit(np.uint32(2 ** 32 - 1)) == 1 - 2.0 ** -24


def test_log32():
    x = np.exp(np.linspace(-87, 88, 2_000_001)).astype(np.float32)
    exact = np.log(x.astype(np.float64))
    error = np.abs(mapped(x)[0] - exact) / np.maximum(np.abs(exact), 0.02)
    assert error.max() < 1.5e-7
    assert rng.log32(np.float32(1)) == 0


def test_exp32():
    x = np.linspace(-87, 88, 2_000_001).astype(np.float32)
    exact = np.exp(x.astype(np.float64))
    assert (np.abs(mapped(x)[1] - exact) / exact).max() < 1.5e-7
    assert rng.exp32(np.float32(0)) == 1
    assert rng.exp32(np.float32(-1e30)) == rng.exp32(np.float32(-87)) > 0
    assert np.isfinite(rng.exp32(np.float32(1e30)))


@pytest.fixture(scope="module")
def every_uniform():
    """All 2^23 values that a uniform can take, in order."""
    return (np.arange(2 ** 23, dtype=np.float32) * np.float32(2.0 ** -23) + np.float32(2.0 ** -24)).astype(np.float32)


@pytest.fixture(scope="module")
def every_normal(every_uniform):
    z = np.empty_like(every_uniform)
    rng.fill_normals(every_uniform, z, np.uint64(z.size), *rng.tails())
    return z


def test_normal_is_the_inverse_normal_distribution(every_uniform, every_normal):
    error = np.abs(every_normal - ndtri(every_uniform.astype(np.float64)))
    assert error.max() < 2e-6


def test_normal_never_falls(every_normal):
    assert (np.diff(every_normal) >= 0).all()


def test_normal_is_odd_about_one_half(every_normal):
    assert np.abs(every_normal + every_normal[::-1]).max() < 2e-6


def test_all_normals_have_mean_0_and_variance_1(every_normal):
    z = every_normal.astype(np.float64)
    assert abs(z.mean()) < 1e-7
    assert abs(z.var() - 1) < 1e-5


def test_the_same_bits_one_by_one_in_a_loop_and_filled(every_uniform, every_normal):
    some = np.concatenate([np.arange(50), np.arange(2 ** 23 - 50, 2 ** 23), np.arange(0, 2 ** 23, 40_009),
                           2 ** 22 + int(0.498 * 2 ** 23) + np.arange(-9, 9)])
    u = every_uniform[some]
    loop = mapped(u)
    assert np.array_equal(loop[2], every_normal[some])
    for row, function in enumerate((rng.log32, rng.exp32, rng.normal)):
        assert loop[row].tolist() == [function(one) for one in u]


def test_purposes_are_lasting_and_apart():
    assert rng.purpose("build.age") == rng.purpose("build.age") != rng.purpose("build.sex")
    assert int(rng.purpose("build.age")) == 858306613    # another number here would change every result there is
    assert rng.purpose("x").dtype == np.uint32


PROBE = """
from numba import njit
from nbhdsim.rng import JIT, unit


@njit(**JIT)
def probe(word):
    return unit(word)
"""
RUN = """
import numpy as np
from nbhdsim import rng
from nbhdsim.step import probe
print(rng.cache_folder(), probe(np.uint32(0)), sum(probe.stats.cache_hits.values()))
"""


def run_copy(copy: Path) -> list[str]:
    """Cache folder, value and cache hits of a compiled function in `copy` that calls a helper of rng.py."""
    env = {**os.environ, "PYTHONPATH": str(copy), "NBHDSIM_CACHE": str(copy / "cache")}
    done = subprocess.run([sys.executable, "-c", RUN], env=env, cwd=copy, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_a_helper_edited_in_another_file_is_never_stale(tmp_path):
    (tmp_path / "nbhdsim" / "step").mkdir(parents=True)
    for name in ("__init__.py", "rng.py"):
        shutil.copy(Path(nbhdsim.__file__).parent / name, tmp_path / "nbhdsim" / name)
    (tmp_path / "nbhdsim/step/__init__.py").write_text(PROBE)
    first, again = run_copy(tmp_path), run_copy(tmp_path)
    assert first == [first[0], str(2.0 ** -24), "0"] and first[0].startswith(str(tmp_path / "cache"))
    assert again == [first[0], str(2.0 ** -24), "1"], "the second run takes the compiled code from the cache"
    source = tmp_path / "nbhdsim/rng.py"
    assert source.read_text().count("2.0 ** -24)") == 1
    source.write_text(source.read_text().replace("2.0 ** -24)", "2.0 ** -20)"))
    folder, value, hits = run_copy(tmp_path)
    assert (value, hits) == (str(2.0 ** -20), "0")
    assert folder != first[0]
