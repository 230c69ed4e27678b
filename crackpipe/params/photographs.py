"""Photographs that are taken in, and the patches that are cut of them."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from crackpipe.errors import did_you_mean
from crackpipe.params import extensions
from crackpipe.params.section import Count, PositiveFloat, PositiveInt, Section

DATASETS = ("demo", "crack500", "cfd", "deepcrack", "sdnet2018", "metu", "bridge2024", "ael", "folder", "captioned")
OWN = ("folder", "captioned")  # layouts of a user's own photographs, of which there may be several folders


extensions.one_of(extensions.Dataset, DATASETS)  # names that no extension may take


def _check_source(name: str) -> str:
    dataset, colon, folder = name.partition(":")
    known = extensions.names(extensions.Dataset, DATASETS)
    if dataset not in known:
        raise ValueError(f"expected one of {', '.join(known)}{did_you_mean(dataset, known)}")
    if colon and (dataset not in OWN or not re.fullmatch(r"[A-Za-z0-9_-]+", folder) or folder in known):
        raise ValueError(
            "expected folder:NAME or captioned:NAME, NAME a folder below ingest.raw of letters, digits, '_' and '-' "
            "that is no dataset's"
        )
    return name


class Source(Section):
    name: Annotated[str, AfterValidator(_check_source)]
    split: Annotated[str, Field(pattern=r"^(own|train|val|test|\d+:\d+:\d+)$")]
    limit: PositiveInt | None

    @property
    def folder(self) -> str:
        """Its folder below ``ingest.raw``, by which its photographs are named, e.g. ``bridge_12``."""
        return self.name.rpartition(":")[2]


class Demo(Section):
    photos: Annotated[int, Field(ge=20)]
    side_px: Annotated[int, Field(ge=128, le=4096)]
    seed: Count


class Ingest(Section):
    raw: str
    sources: Annotated[list[Source], Field(min_length=1)]
    max_megapixels: PositiveFloat
    seed: Count
    demo: Demo


class Slice(Section):
    side_px: Annotated[int, Field(ge=16)]
    stride_px: PositiveInt
    symmetries: Annotated[int, Field(ge=1, le=8)]
    min_crack_px: PositiveInt

    @model_validator(mode="after")
    def _patches_leave_no_gap(self) -> "Slice":
        if self.stride_px > self.side_px:
            raise ValueError(f"the stride ({self.stride_px} px) must not exceed the side ({self.side_px} px)")
        return self
