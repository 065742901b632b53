"""Random state after a restore."""

from __future__ import annotations

import random

from sluice.streaming import randomness


class Seeded:
    """Stands for a module with a state of its own."""

    def __init__(self) -> None:
        self.seeded = 0
        self.added: list[tuple[int, float]] = []

    def seed(self) -> None:
        self.seeded += 1

    def RAND_add(self, data: bytes, entropy: float) -> None:  # noqa: N802 - the name in `ssl`
        self.added.append((len(data), entropy))


def test_shared_state_is_renewed() -> None:
    """Python's, NumPy's and OpenSSL's."""
    numpy_random, ssl = Seeded(), Seeded()
    random.seed(1)

    randomness.renew({"numpy.random": numpy_random, "ssl": ssl})

    assert random.random() != random.Random(1).random()  # noqa: S311 - its predictability is what is looked at
    assert (numpy_random.seeded, ssl.added) == (1, [(32, 32.0)])


def test_what_is_not_loaded_stays_unloaded() -> None:
    """It has no state yet."""
    randomness.renew({})
