"""Photographs that are taken in, and the patches that are cut of them."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from crackpipe.params.section import Count, PositiveFloat, PositiveInt, Section


class Source(Section):
    name: Literal[
        "demo", "crack500", "cfd", "deepcrack", "sdnet2018", "metu", "bridge2024", "ael", "folder", "captioned"
    ]
    split: Annotated[str, Field(pattern=r"^(own|train|val|test|\d+:\d+:\d+)$")]
    limit: PositiveInt | None


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
