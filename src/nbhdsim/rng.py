"""Random numbers and elementary functions that are the same in and out of compiled code, on every machine.

Every draw is a pure function of (seed, replicate, purpose, month, who): a Philox4x32-10 block (Salmon, Moraes, Dror,
Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3") with the counter (who, month, purpose, replicate) and the seed
as key. There are no generator objects, so adding a resident, an outcome or an intervention shifts no other draw.

`exp32`, `log32` (Cephes single-precision polynomials) and `normal` (inverse normal CDF; its tails by Giles 2012,
"Approximating the erfinv function") use only + - * and comparisons, because libm and
numpy give other last bits on other processors.
"""
import hashlib
import os
from pathlib import Path

COMPILED_ROOMS = ("rng.py", "levers.py", "turnover.py", "delivery.py", "places.py", "screening.py", "population",
                  "step")


def cache_folder() -> Path:
    """Folder of compiled code: the user's cache, then a hash of every compiled room, numba, numpy and the package.

    Numba keys a cached function by its own file only; a helper edited in another file would stay stale in the loop
    that calls it (numba issue 1833). A folder named by the hash of all of them makes that impossible.
    """
    from importlib.metadata import PackageNotFoundError, version
    home = Path(__file__).parent
    digest = hashlib.blake2b(digest_size=12)
    for room in COMPILED_ROOMS:
        for file in sorted([home / room] if room.endswith(".py") else (home / room).rglob("*.py")):
            if file.exists():
                digest.update(file.relative_to(home).as_posix().encode() + b"\0" + file.read_bytes())
    for package in ("numba", "numpy", "nbhdsim"):
        try:
            digest.update(version(package).encode())
        except PackageNotFoundError:
            digest.update(b"source")
    base = os.environ.get("NBHDSIM_CACHE") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "nbhdsim" / digest.hexdigest()


os.environ["NUMBA_CACHE_DIR"] = str(cache_folder())

import numba  # noqa: E402  (the cache folder must be set first)
import numpy as np  # noqa: E402
from numba import njit, types  # noqa: E402
from numba.extending import intrinsic  # noqa: E402

numba.config.CACHE_DIR = os.environ["NUMBA_CACHE_DIR"]      # numba may have been imported before us

u32, u64, i32, f32 = np.uint32, np.uint64, np.int32, np.float32
JIT = dict(cache=True, error_model="numpy", nogil=True, no_cfunc_wrapper=True)
"""Options of functions that Python calls. fastmath stays off: same bits everywhere. They make no arrays, whoever calls them
does: each kind of array that compiled code makes is more to compile."""

INLINE = dict(error_model="numpy", forceinline=True)
"""Options of the formulas: inlined by LLVM, which is quicker to compile than inlining them again at every use."""

INNER = dict(error_model="numpy", nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""Options of functions that only compiled code calls: without a way in from Python they compile in two thirds of the time,
and calling one from Python ends the process."""

PHILOX_M0, PHILOX_M1 = u64(0xD2511F53), u64(0xCD9E8D57)
PHILOX_W0, PHILOX_W1 = u64(0x9E3779B9), u64(0xBB67AE85)
WORD, HALF_WORD = u64(32), u64(0xFFFFFFFF)
CENTRE = f32(0.498)               # beyond this distance from 1/2 the inverse normal CDF takes the tail formula
GROUP, TAILS, LANES = u64(64), u64(256), u64(16)    # draws looked at together for a tail (1 in 250 is one), tails
#                                   that are kept before they are worked out, and how many of those side by side


@intrinsic
def _bits_of(typingctx, x):
    def generate(context, builder, signature, args):
        return builder.bitcast(args[0], context.get_value_type(types.int32))
    return types.int32(types.float32), generate


@intrinsic
def _float_of(typingctx, x):
    def generate(context, builder, signature, args):
        return builder.bitcast(args[0], context.get_value_type(types.float32))
    return types.float32(types.int32), generate


@njit(**INLINE)
def philox(c0, c1, c2, c3, k0, k1):
    """Four random words (uint32) of one Philox4x32-10 block; all arguments uint32.

    Worked in 64-bit lanes whose upper halves hold rubbish: only the lower half of a factor enters a product, so the
    compiler needs no packing between rounds (half the time of the 32-bit form on AVX2).
    """
    c0, c1, c2, c3, k0, k1 = u64(c0), u64(c1), u64(c2), u64(c3), u64(k0), u64(k1)
    for _ in range(10):
        p0 = (c0 & HALF_WORD) * PHILOX_M0
        p1 = (c2 & HALF_WORD) * PHILOX_M1
        c0, c1, c2, c3 = (p1 >> WORD) ^ c1 ^ k0, p1, (p0 >> WORD) ^ c3 ^ k1, p0
        k0 = k0 + PHILOX_W0
        k1 = k1 + PHILOX_W1
    return u32(c0 & HALF_WORD), u32(c1 & HALF_WORD), u32(c2 & HALF_WORD), u32(c3 & HALF_WORD)


@njit(**INLINE)
def unit(word):
    """A random word (uint32) as a float32 in the open interval (0, 1), symmetric about 1/2, on a grid of 2^-23."""
    return f32(i32(word >> u32(9))) * f32(2.0 ** -23) + f32(2.0 ** -24)


@njit(**INLINE)
def log32(x):
    """Natural logarithm of a positive normal float32; relative error about 1e-7 (Cephes `logf`), branch-free."""
    bits = _bits_of(x)
    exponent = i32((bits - i32(0x3F3504F3)) >> i32(23))
    f = _float_of(i32(bits - i32(exponent << i32(23)))) - f32(1.0)
    y = f32(7.0376836292e-2)
    y = y * f + f32(-1.1514610310e-1)
    y = y * f + f32(1.1676998740e-1)
    y = y * f + f32(-1.2420140846e-1)
    y = y * f + f32(1.4249322787e-1)
    y = y * f + f32(-1.6668057665e-1)
    y = y * f + f32(2.0000714765e-1)
    y = y * f + f32(-2.4999993993e-1)
    y = y * f + f32(3.3333331174e-1)
    z = f * f
    y = y * f * z
    e = f32(exponent)
    return f + (y + e * f32(-2.12194440e-4) - f32(0.5) * z) + e * f32(0.693359375)


@njit(**INLINE)
def exp32(x):
    """exp of a float32, clamped outside (-87, 88); relative error about 1e-7 (Cephes `expf`), branch-free."""
    x = min(max(x, f32(-87.0)), f32(88.0))
    y = x * f32(1.44269504)
    n = i32(y + (f32(0.5) if y >= f32(0.0) else f32(-0.5)))
    whole = f32(n)
    r = x - whole * f32(0.693359375)
    r = r - whole * f32(-2.12194440e-4)
    p = f32(1.9875691500e-4)
    p = p * r + f32(1.3981999507e-3)
    p = p * r + f32(8.3334519073e-3)
    p = p * r + f32(4.1665795894e-2)
    p = p * r + f32(1.6666665459e-1)
    p = p * r + f32(5.0000001201e-1)
    p = p * r * r + r + f32(1.0)
    return p * _float_of(i32((n + i32(127)) << i32(23)))


@njit(**INLINE)
def _outer_normal(u):
    """Inverse normal CDF by Giles's two polynomials (both computed, one kept): used for the tails."""
    x = f32(2.0) * u - f32(1.0)
    w = -log32(f32(4.0) * u * (f32(1.0) - u))
    a = w - f32(2.5)
    p = f32(2.81022636e-08)
    p = p * a + f32(3.43273939e-07)
    p = p * a + f32(-3.5233877e-06)
    p = p * a + f32(-4.39150654e-06)
    p = p * a + f32(0.00021858087)
    p = p * a + f32(-0.00125372503)
    p = p * a + f32(-0.00417768164)
    p = p * a + f32(0.246640727)
    p = p * a + f32(1.50140941)
    b = f32(np.sqrt(max(w, f32(0.0)))) - f32(3.0)
    q = f32(-0.000200214257)
    q = q * b + f32(0.000100950558)
    q = q * b + f32(0.00134934322)
    q = q * b + f32(-0.00367342844)
    q = q * b + f32(0.00573950773)
    q = q * b + f32(-0.0076224613)
    q = q * b + f32(0.00943887047)
    q = q * b + f32(1.00167406)
    q = q * b + f32(2.83297682)
    return (p if w < f32(5.0) else q) * x * f32(1.41421356)


@njit(**INLINE)
def _central_normal(u):
    """Inverse normal CDF within 0.498 of 1/2: (u - 1/2) N(x) / D(x), x = 4 u (1 - u).

    The two polynomials of degree six are a least-maximum fit made for this package: absolute error < 1.3e-6 in float32.
    All coefficients are positive, so nothing cancels and the result is monotone.
    """
    x = f32(4.0) * u * (f32(1.0) - u)
    n = f32(0.8247928023338318)
    n = n * x + f32(10.15616226196289)
    n = n * x + f32(12.76241397857666)
    n = n * x + f32(3.3470935821533203)
    n = n * x + f32(0.2111855447292328)
    n = n * x + f32(0.002966818632557988)
    n = n * x + f32(6.094039235904347e-06)
    d = x + f32(4.952175140380859)
    d = d * x + f32(4.085392475128174)
    d = d * x + f32(0.8133029341697693)
    d = d * x + f32(0.041608475148677826)
    d = d * x + f32(0.00048692035488784313)
    d = d * x + f32(8.154299848683877e-07)
    return (u - f32(0.5)) * n / d


@njit(**INLINE)
def normal(u):
    """Standard normal deviate of a float32 uniform in (0, 1): inverse CDF, monotone in `u`, absolute error < 1.5e-6."""
    return _outer_normal(u) if abs(u - f32(0.5)) > CENTRE else _central_normal(u)


@njit(**INNER)
def _keep_tails(u, first, where, tail, found):
    """Write the tails of one group behind those found before, without a branch; returns how many there are."""
    for i in range(first, first + GROUP):
        where[found], tail[found] = i, u[i]
        found += u64(abs(u[i] - f32(0.5)) > CENTRE)
    return found


@njit(**JIT)
def fill_normals(u, z, n, where, tail):
    """z = normal(u) for the first n (uint64) of float32 arrays, the bits of `normal`: the centre for all, then the few tails.

    Worked in whole groups: u and z must have room for n rounded up to GROUP. where, tail: room for tails, from `tails`.
    """
    n = (n + GROUP - u64(1)) // GROUP * GROUP
    for i in range(n):
        z[i] = _central_normal(u[i])
    found = u64(0)
    for low in range(u64(0), n, GROUP):
        far = i32(0)
        for i in range(low, low + GROUP):
            far |= i32(abs(u[i] - f32(0.5)) > CENTRE)
        if far != 0:
            found = _keep_tails(u, low, where, tail, found)
        if found > TAILS - GROUP or low + GROUP == n:
            for j in range(u64(0), found, LANES):
                for lane in range(LANES):
                    tail[j + lane] = _outer_normal(tail[j + lane])
            for j in range(found):
                z[where[j]] = tail[j]
            found = u64(0)


def tails():
    """Room for `fill_normals`: where tails are, and their draws."""
    tail = np.empty(TAILS + LANES, f32)
    tail.fill(CENTRE)
    return np.zeros(TAILS + LANES, np.uint32), tail


def exps(x):
    """exp of every float32 of an array by `exp32`, which numpy's own is not: its bits differ between processors."""
    return _exps(x, np.empty(x.size, f32))


@njit(**JIT)
def _exps(x, out):
    for i in range(x.size):
        out[i] = exp32(x[i])
    return out


@njit(**JIT)
def block(key, replicate, purpose, month, who):
    """Four float32 uniforms in (0, 1) of one counter block.

    key: uint64 seed; replicate, purpose, month (12 * year + month - 1), who (a resident's lasting id): uint32.
    """
    a, b, c, d = philox(u32(who), u32(month), u32(purpose), u32(replicate), u32(key & HALF_WORD), u32(key >> WORD))
    return unit(a), unit(b), unit(c), unit(d)


@njit(**JIT)
def uniform(key, replicate, purpose, month, who, word=0):
    """One float32 uniform in (0, 1): word 0-3 of `block`."""
    return block(key, replicate, purpose, month, who)[word]


def uniforms(*counter):
    """float32 uniforms in (0, 1), one for each id in `who` (uint32 [n]); the arguments of `uniform`."""
    key, replicate, purpose, month, who, word = (*counter, 0)[:6]
    who = who.view()
    who.flags.writeable = False                 # compiled once, for arrays that may be written and those that may not
    return _uniforms(key, replicate, purpose, month, who, word, np.empty(who.size, f32))


@njit(**JIT)
def _uniforms(key, replicate, purpose, month, who, word, out):
    for i in range(who.size):
        out[i] = block(key, replicate, purpose, month, who[i])[word]
    return out


def normals(*counter):
    """float32 standard normal deviates, one for each id; the arguments of `uniforms`."""
    u = uniforms(*counter)
    room = np.full((2, u.size + int(GROUP)), CENTRE)
    room[0, :u.size] = u
    fill_normals(*room, u64(u.size), *tails())
    return room[1, :u.size]


def purpose(name: str) -> np.uint32:
    """The stream number of a name: the first 32 bits of its blake2b hash."""
    return np.uint32(int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest(), "little"))
