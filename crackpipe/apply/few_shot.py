"""`crackpipe few-shot`: a user's own crack/ and no_crack/ folders → a head, with figures by cross-validation."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, Float64, Int64

from crackpipe import console, params
from crackpipe.clip import embedding, prompts
from crackpipe.clip.encoders import encoder_files
from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.clip.encoders.open_clip_encoder import OpenClipEncoder
from crackpipe.compute.runtime import Runtime, start_runtime
from crackpipe.data import inspection
from crackpipe.data.datasets import folder as layouts
from crackpipe.data.datasets import layout
from crackpipe.data.photo import RawPhoto
from crackpipe.errors import CrackpipeError, DatasetError, PhotoError
from crackpipe.few_shot import head_files, training
from crackpipe.few_shot.head_networks import Networks
from crackpipe.few_shot.training import Labelled
from crackpipe.files import fingerprint, metrics
from crackpipe.measures import bootstrap, classification, referral, uncertainty

REPORT = "report.json"
RESAMPLES = 1000  # behind an interval of the report
FEW = 10  # photographs or subfolders of a class: with fewer, figures are mostly luck
LAYOUT = """
crack/NAME.jpg        or crack/STRUCTURE/NAME.jpg
no_crack/NAME.jpg     or no_crack/STRUCTURE/NAME.jpg
"""
Teach = Callable[[Int64[np.ndarray, "m"]], Networks]
KINDS = ("bayesian", "bayesian_image", "linear", "linear_image")


@dataclass(frozen=True, slots=True)
class Taught:
    """Labelled photographs of a user, embedded.

    Attributes:
        groups: equal for equal pictures and for those of one subfolder.
        rejected: path and reason of what could not be read.
        longest_px: side of the largest of them.
    """

    vectors: Float32[np.ndarray, "n d"]
    labels: Int64[np.ndarray, "n"]
    groups: Int64[np.ndarray, "n"]
    rejected: list[tuple[str, str]]
    longest_px: int


def fit(folder: Path, *, out: Path, clip: Path, settings: Path, head: str, folds: int, seed: int) -> dict[str, Any]:
    """Train a head on the photographs in ``folder``; write it, and ``report.json`` by cross-validation, into ``out``.

    Pictures of one subfolder (a structure) and equal pictures are never in both sides of a fold.

    Args:
        clip: folder of the encoder.
        settings: the ``params.yaml`` that it was made with.
        folds: of the cross-validation, at least 2; fewer where a class has fewer structures.

    Raises:
        DatasetError: a class has fewer than two structures, or a picture is in both classes.
        CrackpipeError: ``folds`` is below 2, there is no such head, or an embedding is not finite.
        ModelError: there is no encoder, or a head's training has diverged.
    """
    _check_asked(folder, head=head, folds=folds)
    p = params.load(settings)
    runtime = start_runtime(device=p.runtime.device, precision=p.runtime.precision, threads=p.runtime.threads)
    listed = [raw for raw in layouts.read(folder) if raw.label is not None]
    for name, label in (("crack", 1), ("no_crack", 0)):
        if all(raw.label != label for raw in listed):
            raise DatasetError(f"{folder / name}: holds no photograph; put some of this class there")
    encoder = encoder_files.load(clip, runtime)
    side_px = embedding.square_px(encoder, side_px=p.slice.side_px, key="slice.side_px")
    taught = embedded(listed, encoder, runtime, side_px=side_px, max_megapixels=p.ingest.max_megapixels)
    folds = check(taught, folds=folds)
    q = p.few_shot
    texts = (q.no_crack_texts, q.crack_texts) if q.crack_texts else prompts.sets(**p.prompts.model_dump())
    classes = prompts.text_matrix(encoder, flawless=texts[0], damaged=texts[1]).cpu().numpy()
    teach = teacher(taught, classes, kind=head.partition("_")[0], settings=getattr(q, head).model_dump(), seed=seed)
    tree, points = cross_validated(taught, teach, folds=folds, seed=seed)
    card = {"head": head, "side_px": side_px, "longest_px": taught.longest_px, "referral": points}
    card["encoder"] = fingerprint.of({}, [clip])
    head_files.save(out, teach(np.arange(len(taught.labels))), card)
    tree["rejected"] = [{"path": path, "reason": reason} for path, reason in taught.rejected]
    metrics.write_json(out / REPORT, tree | {"head": head, "folds": folds, "referral": points})
    return tree | {"folds": folds, "structures": min(_structures(taught).values())}


def teacher(
    taught: Taught, classes: Float32[np.ndarray, "2 d"], *, kind: str, settings: dict[str, Any], seed: int
) -> Teach:
    """What trains a head of a ``kind`` (linear or bayesian) on the rows that it is given.

    Args:
        settings: of that head in ``params.yaml``.
    """
    others = {name: value for name, value in settings.items() if name != "texts"}
    heads: dict[str, Callable[..., tuple[list[Networks], Any]]] = {
        "linear": training.linear,
        "bayesian": training.bayesian,
    }

    def teach(rows: Int64[np.ndarray, "m"]) -> Networks:
        known = Labelled(taught.vectors, taught.labels, rows[None], classes if settings["texts"] else None)
        (network,) = heads[kind](known, seed=seed, **others)[0]
        head_files.expect_finite(network)
        return network

    return teach


def _check_asked(folder: Path, *, head: str, folds: int) -> None:
    if head not in KINDS:
        raise CrackpipeError(f"--head: got {head!r}, expected one of {', '.join(KINDS)}")
    if folds < 2:
        raise CrackpipeError(f"--folds: got {folds}; cross-validation needs at least 2")
    if not (folder / "crack").is_dir() or not (folder / "no_crack").is_dir():
        layout.refuse(folder, fault="crack/ and no_crack/ are both needed here", layout=LAYOUT)


def check(taught: Taught, *, folds: int) -> int:
    """Check that both classes can be taught and tested; return how many folds there can be.

    Raises:
        DatasetError: a class has fewer than two structures, or a picture is in both classes.
    """
    counts = _structures(taught)
    if min(counts.values()) < 2:
        told = " and ".join(f"{count} in {name}/" for name, count in counts.items())
        raise DatasetError(
            f"got {told} different photographs or subfolders; at least 2 of each class are needed, one to learn from "
            "and one to test on; add some"
        )
    return min(folds, *counts.values())


def _structures(taught: Taught) -> dict[str, int]:
    """How many different photographs or subfolders of each class there are."""
    classes = (("crack", 1), ("no_crack", 0))
    return {name: len(np.unique(taught.groups[taught.labels == label])) for name, label in classes}


def cross_validated(
    taught: Taught, teach: Teach, *, folds: int, seed: int
) -> tuple[dict[str, Any], list[referral.Point]]:
    """Figures of the decisions on photographs that a head has not learned from, and how unsure these may be.

    Of F1, ECE, NLL and Brier score ``_low`` and ``_high`` are the 95 % interval over structures (a cluster bootstrap).
    """
    from sklearn.model_selection import StratifiedGroupKFold

    labels, scores, information = taught.labels, np.zeros(len(taught.labels)), np.zeros(len(taught.labels))
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    parts = splitter.split(taught.vectors, labels, taught.groups)
    for known, asked in console.bar(parts, what="cross-validate", total=folds, unit="folds"):
        if len(np.unique(labels[known])) < 2:
            raise DatasetError("a class is in one subfolder alone in some fold; put its photographs into more of them")
        found, extra = training.predicted([teach(known)], taught.vectors[asked])
        scores[asked], information[asked] = found[0], extra[0]
    doubt = uncertainty.entropy(scores)
    wrong = (scores > 0.5) != (labels == 1)
    risk = uncertainty.risk_coverage(wrong, doubt)
    tree: dict[str, Any] = dict(classification.scores(labels, scores))
    tree |= {"entropy": float(doubt.mean()), "mutual_information": float(information.mean())}
    tree |= _intervals(labels, scores, taught.groups, seed=seed)
    tree["error"] = float(risk[-1])
    for percent in (5, 10, 20):
        tree[f"error_refer_{percent}"] = uncertainty.referred_risk(risk, referred=percent / 100)
    return tree, referral.curve(wrong, doubt)


def _intervals(
    labels: Int64[np.ndarray, "n"], scores: Float64[np.ndarray, "n"], groups: Int64[np.ndarray, "n"], *, seed: int
) -> dict[str, float]:
    count = int(groups.max()) + 1
    drawn, _ = bootstrap.weights(groups=count, seeds=1, resamples=RESAMPLES, seed=seed)
    found = bootstrap.figures(drawn[1:] @ bootstrap.sums(labels, scores, groups, count=count))
    ends = {name: np.percentile(each, [2.5, 97.5]) for name, each in found.items()}
    return {f"{name}_{end}": float(ends[name][at]) for name in ends for at, end in enumerate(("low", "high"))}


def embedded(
    listed: list[RawPhoto],
    encoder: DualEncoder | OpenClipEncoder,
    runtime: Runtime,
    *,
    side_px: int,
    max_megapixels: float,
) -> Taught:
    """Decode and embed photographs one by one; those that cannot be read are told, not used.

    Raises:
        DatasetError: a picture is in both classes, or none can be read.
        CrackpipeError: an embedding is not finite.
    """
    vectors, labels, keys, rejected, longest_px = [], [], [], [], 0
    seen: dict[bytes, RawPhoto] = {}
    for raw in console.bar(listed, what="embed photographs", total=len(listed), unit="photos"):
        try:
            facts = inspection.inspect(raw, max_megapixels=max_megapixels, needs_mask=False)
            pixels = inspection.decode(raw.read_image, max_megapixels=max_megapixels)
        except PhotoError as error:
            rejected.append((raw.path, str(error)))
            continue
        first = seen.setdefault(facts.pixel_hash, raw)
        if first.label != raw.label:
            raise DatasetError(f"{first.path} and {raw.path} are the same picture in both classes; remove one of them")
        try:
            vectors.append(embedding.of_photo(encoder, pixels, runtime, side_px=side_px))
        except CrackpipeError as error:
            raise CrackpipeError(f"{raw.path}: {error}") from error
        longest_px = max(longest_px, *pixels.shape[:2])
        labels.append(raw.label)
        keys.append(first.group)
    if not vectors:
        raise DatasetError(f"none of the {len(listed)} photographs can be read; first: {rejected[:1]}")
    groups = np.unique(keys, return_inverse=True)[1].astype(np.int64)
    return Taught(np.stack(vectors), np.array(labels, np.int64), groups, rejected, longest_px)
