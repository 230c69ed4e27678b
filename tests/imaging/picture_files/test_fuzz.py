"""Over 700 damaged files of every container: each is a picture or is refused with a reason, in little time."""

import time

import field_pictures
import numpy as np
import pytest

from crackpipe.errors import PhotoError
from crackpipe.imaging.picture_files import Picture, read

EVERY = field_pictures.every()
TIMES = 24
SLOWEST_S = 5.0


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """Damage a file in one of six ways, its head more often than its pixels."""
    file = bytearray(data)
    at = int(rng.integers(len(file) if rng.random() < 0.5 else min(len(file), 200)))
    way = rng.integers(6)
    if way == 0:
        file[at] ^= 1 << int(rng.integers(8))
    elif way == 1:
        for place in rng.integers(len(file), size=20):
            file[place] = int(rng.integers(256))
    elif way == 2:
        del file[at:]
    elif way == 3:
        del file[at : at + int(rng.integers(1, 64))]
    elif way == 4:
        file[at : at + 4] = rng.choice([b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\1\0\0\0"])
    else:
        other = int(rng.integers(len(file)))
        file[at:at] = file[other : other + int(rng.integers(1, 300))]
    return bytes(file)


@pytest.mark.timeout(60)
@pytest.mark.filterwarnings("default")  # of decoders, on damaged tags
@pytest.mark.parametrize("name", sorted(EVERY))
def test_a_damaged_file_is_a_picture_or_has_a_reason(name: str) -> None:
    reasons = []
    rng = np.random.default_rng(list(name.encode()))
    for number in range(TIMES):
        data = mutated(EVERY[name], rng)
        start = time.perf_counter()
        try:
            found = read(data, max_megapixels=1.0)
        except PhotoError as error:
            reasons.append(str(error))
        else:
            assert isinstance(found, Picture)
            assert found.rgb.dtype == np.uint8
            assert found.rgb.ndim == 3
            assert found.rgb.shape[2] == 3
            assert found.inside is None or found.inside.shape == found.rgb.shape[:2]
        assert time.perf_counter() - start < SLOWEST_S, (name, number)
    assert all(reasons)
    assert reasons


def test_there_are_more_than_five_hundred_of_them() -> None:
    assert len(EVERY) * TIMES > 500
