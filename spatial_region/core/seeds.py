"""One seed a call, from which every stream of random numbers is derived by name."""

from __future__ import annotations

import hashlib

import numpy as np

from spatial_region.core.options import check_whole_number

DEFAULT_SEED = 42


def generator(seed: int, *key: object) -> np.random.Generator:
    """Return the generator of the stream named by `key`, the same on every machine for the same `seed`."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([*_words(seed, key)])))


def derive_seed(seed: int, *key: object) -> int:
    """Return a 63-bit seed for the stream named by `key`, for kernels that make their own numbers."""
    return int(np.random.SeedSequence([*_words(seed, key)]).generate_state(1, np.uint64)[0] >> np.uint64(1))


def _words(seed: int, key: tuple[object, ...]) -> list[int]:
    # Python's hash() differs from process to process; a digest of the text does not.
    check_whole_number(seed, "seed")
    words = [int.from_bytes(hashlib.sha256(repr(part).encode()).digest()[:8], "little") for part in key]
    return [int(seed), *words]
