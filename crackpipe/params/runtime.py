"""Device, precision, threads and workers of the stages."""

from typing import Annotated, Literal

from pydantic import Field

from crackpipe.params.section import Precision, Section


class RuntimeSettings(Section):
    device: Literal["auto", "cpu", "cuda"]
    precision: Precision
    threads: Annotated[int, Field(ge=1, le=256)]
    workers: Annotated[int, Field(ge=1, le=256)]
