"""Few-shot heads on embeddings of patches."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from crackpipe.params import extensions
from crackpipe.params.language import DropShare, EncoderName
from crackpipe.params.section import Count, PositiveFloat, PositiveInt, Section, Share, Weight, each_once

HEADS = (
    *("zero_shot", "linear", "linear_image", "bayesian", "bayesian_image", "bayesian_low_rank"),
    *("logistic", "knn", "tip_adapter", "oracle_text"),
)
HeadName = Annotated[str, AfterValidator(extensions.one_of(extensions.Head, HEADS))]
Subset = Annotated[float, Field(ge=0, le=1)] | PositiveInt


class ZeroShot(Section):
    scale: PositiveFloat


class Linear(Section):
    texts: bool
    principal_axes: bool
    hidden: PositiveInt
    dropout: DropShare
    steps: PositiveInt
    batch: PositiveInt
    lr: PositiveFloat
    weight_decay: Weight


class Bayesian(Section):
    texts: bool
    principal_axes: bool
    hidden: PositiveInt
    dropout: DropShare
    steps: PositiveInt
    batch: PositiveInt
    lr: PositiveFloat
    prior_scale: PositiveFloat
    guide: Literal["mean_field", "low_rank"]
    rank: PositiveInt
    init_scale: PositiveFloat
    anneal: Share
    samples: PositiveInt


class Logistic(Section):
    inverse_penalty: PositiveFloat
    iterations: PositiveInt


class Knn(Section):
    k: PositiveInt


class TipAdapter(Section):
    scale: PositiveFloat
    alpha: PositiveFloat
    beta: PositiveFloat


class FewShot(Section):
    encoder: EncoderName
    train_sources: list[str]
    test_sources: list[str]
    ood_sources: list[str]
    pool: Annotated[int, Field(ge=2)]
    test: Annotated[int, Field(ge=2)]
    ood: Count
    batch: PositiveInt
    no_crack_texts: list[str]
    crack_texts: list[str]
    subsets: Annotated[list[Subset], Field(min_length=1, max_length=10)]  # T0 to T9: names sort as they stand
    seeds: PositiveInt
    seed: Count
    heads: Annotated[list[HeadName], AfterValidator(each_once)]
    reference: HeadName
    bootstrap: PositiveInt
    zero_shot: ZeroShot
    linear: Linear
    linear_image: Linear
    bayesian: Bayesian
    bayesian_image: Bayesian
    bayesian_low_rank: Bayesian
    logistic: Logistic
    knn: Knn
    tip_adapter: TipAdapter
    oracle_text: Logistic

    @model_validator(mode="after")
    def _fit_together(self) -> "FewShot":
        if self.heads and self.reference not in self.heads:
            raise ValueError(f"reference is {self.reference}, but heads does not name it: add it there")
        if bool(self.crack_texts) != bool(self.no_crack_texts):
            raise ValueError("crack_texts and no_crack_texts go together: give sentences for both, or for neither")
        pairs = zip(self.subsets, self.subsets[1:], strict=False)
        if any(type(first) is type(second) and first >= second for first, second in pairs):
            raise ValueError(f"subsets is {self.subsets}; list each once, the smallest first")
        return self
