"""Kinds of values in ``params.yaml``, and the rules that every section keeps."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

PositiveInt = Annotated[int, Field(ge=1)]
Count = Annotated[int, Field(ge=0)]
PositiveFloat = Annotated[float, Field(gt=0)]
Weight = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Threshold = Annotated[float, Field(gt=0, lt=1)]
WindowSide = Annotated[int, Field(ge=32)]
Fit = Literal["crop", "resize"]
Upsample = Literal["linear", "lanczos"]
Split = Literal["train", "val", "test"]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]

Precision = Literal["auto", "fp32", "bf16", "fp16"]
TrainingPrecision = Literal["auto", "fp32", "bf16"]  # no fp16: without a gradient scaler most gradients underflow


def _differentiable(exponent: float) -> float:
    """Between 0 and 1 the derivative of (1 − p)^γ by p is infinite at p = 1: autograd makes it NaN."""
    if exponent != 0 and not exponent >= 1:
        raise ValueError(
            "expected 0 (cross-entropy) or at least 1, as gradients of sure decisions are NaN between them"
        )
    return exponent


Exponent = Annotated[float, AfterValidator(_differentiable)]


def each_once(values: list[Any]) -> list[Any]:
    """Refuse a list that names something twice.

    Raises:
        ValueError: it does.
    """
    if doubled := sorted({value for value in values if values.count(value) > 1}):
        raise ValueError(f"{doubled} stand there more than once; name each once")
    return values


class Section(BaseModel):
    """A section of ``params.yaml``: no unknown key, no silent conversion, no infinity, no change after loading."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)
