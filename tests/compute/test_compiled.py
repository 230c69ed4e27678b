"""Compiled loops where there is no place to keep them."""

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pytest

from crackpipe.compute import compiled


def test_where_no_folder_takes_the_cache_code_is_compiled_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    compile_with = numba.njit

    def njit(function: Callable[..., Any], *, cache: bool = False, **options: Any) -> Callable[..., Any]:
        if cache:
            raise RuntimeError("cannot cache function 'doubled': no locator available")
        return compile_with(function, **options)

    def doubled(number: int) -> int:
        return 2 * number

    monkeypatch.setattr(numba, "njit", njit)
    assert compiled.function(doubled)(21) == 42


def test_reordered_sums_are_sums() -> None:
    def total(numbers: np.ndarray) -> float:
        found = 0.0
        for number in numbers:
            found += number
        return found

    assert compiled.reordered(total)(np.arange(1000, dtype=np.float32)) == 499_500
