"""`crackpipe few-shot`: a user's own crack/ and no_crack/ folders → a head, with figures by cross-validation."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, Float64, Int64

from crackpipe import console
from crackpipe.apply import labelled_folder
from crackpipe.apply.encoder_folder import EncoderFolder
from crackpipe.apply.labelled_folder import LabelledEmbeddings
from crackpipe.clip import embedding, prompts
from crackpipe.clip.encoders import encoder_files
from crackpipe.errors import CrackpipeError, DatasetError
from crackpipe.few_shot import head_files, training
from crackpipe.few_shot.head_networks import Networks
from crackpipe.few_shot.settings import BayesianSettings, LinearSettings
from crackpipe.few_shot.training import TrainingSubsets
from crackpipe.files import metrics
from crackpipe.measures import bootstrap, classification, referral, uncertainty
from crackpipe.models import cards

REPORT = "report.json"
RESAMPLES = 1000  # behind an interval of the report
FEW = 10  # photographs or subfolders of a class: with fewer, figures are mostly luck
KINDS = ("bayesian", "bayesian_image", "linear", "linear_image")
FitHead = Callable[[Int64[np.ndarray, "m"]], Networks]
"""Trains a head on the photographs of these rows."""


def fit(folder: Path, *, model: EncoderFolder, out: Path, head: str, folds: int, seed: int) -> dict[str, Any]:
    """Train a head on the photographs in ``folder``; write it, and ``report.json`` by cross-validation, into ``out``.

    Pictures of one subfolder (a structure) and equal pictures are never in both sides of a fold.

    Args:
        folder: holds ``crack/`` and ``no_crack/``.
        model: the encoder; heads are trained on its embeddings, by the settings of its project.
        out: folder of the head.
        head: one of ``KINDS``; its settings are those of ``few_shot.<head>``.
        folds: of the cross-validation, at least 2; fewer where a class has fewer structures.
        seed: of folds and training, 0 or more.

    Returns:
        The report's figures, shares in [0, 1] and entropies in nats; ``folds``, and ``structures``, the number of
        them in the class that has fewer.

    Raises:
        DatasetError: a class has fewer than two structures, or a picture is in both classes.
        CrackpipeError: ``folds`` is below 2, there is no such head, or an embedding is not finite.
        ModelError: there is no encoder, or a head's training has diverged.
    """
    if head not in KINDS:
        raise CrackpipeError(f"--head: got {head!r}, expected one of {', '.join(KINDS)}")
    if folds < 2:
        raise CrackpipeError(f"--folds: got {folds}; cross-validation needs at least 2")
    taken = [out / name for name in (cards.FILE, REPORT) if (out / name).exists()]
    if taken and cards.kind(out) != head_files.KIND:
        raise CrackpipeError(f"{taken[0]}: is there and is no head's; name another folder with --out")
    listed = labelled_folder.photographs(folder)
    params = model.params
    runtime = model.project.start_runtime()
    encoder = encoder_files.load(model.path, runtime)
    flawless, cracked = model.class_texts()
    classes = prompts.text_matrix(encoder, flawless=flawless, damaged=cracked).cpu().numpy()
    side_px = embedding.square_px(
        encoder, side_px=model.side_px, key=f"{model.path}: side_px" if "side_px" in model.card else "slice.side_px"
    )
    embeddings = labelled_folder.embed(
        listed, encoder, runtime, side_px=side_px, max_megapixels=params.ingest.max_megapixels
    )
    folds = labelled_folder.possible_folds(embeddings, folds=folds)
    settings = getattr(params.few_shot, head).model_dump()
    fit_head = head_fitter(embeddings, classes, kind=head.partition("_")[0], settings=settings, seed=seed)
    figures, points = cross_validated(embeddings, fit_head, folds=folds, seed=seed)
    card = {"head": head, "side_px": side_px, "longest_px": embeddings.longest_px, "referral": points}
    card["bound_over"] = "structures"
    card["encoder"] = model.digest()
    head_files.save(out, fit_head(np.arange(len(embeddings.labels))), card)
    figures["rejected"] = [{"path": path, "reason": reason} for path, reason in embeddings.rejected]
    metrics.write_json(out / REPORT, figures | {"head": head, "folds": folds, "referral": points})
    in_folders = any(raw.group.endswith("/") for raw in listed)
    return figures | {"folds": folds, "structures": min(embeddings.structures().values()), "in_folders": in_folders}


def head_fitter(
    embeddings: LabelledEmbeddings,
    classes: Float32[np.ndarray, "2 d"],
    *,
    kind: str,
    settings: dict[str, Any],
    seed: int,
) -> FitHead:
    """Function that trains a head on some of the photographs.

    Args:
        classes: directions of the texts of no crack and of crack.
        kind: linear or bayesian.
        settings: of that head in ``params.yaml``.
        seed: of training.
    """

    def fit_head(rows: Int64[np.ndarray, "m"]) -> Networks:
        texts = classes if settings["texts"] else None
        subset = TrainingSubsets(embeddings.vectors, embeddings.labels, rows[None], texts)
        if kind == "linear":
            (network,) = training.linear(subset, settings=LinearSettings(**settings), seed=seed)[0]
        else:
            (network,) = training.bayesian(subset, settings=BayesianSettings(**settings), seed=seed)[0]
        head_files.expect_finite(network)
        return network

    return fit_head


def cross_validated(
    embeddings: LabelledEmbeddings, fit_head: FitHead, *, folds: int, seed: int
) -> tuple[dict[str, Any], list[referral.Point]]:
    """Figures of the decisions on photographs that a head has not learned from, and how unsure these may be.

    Of F1, ECE, NLL and Brier score ``_low`` and ``_high`` are the 95 % interval over structures (a cluster bootstrap).
    An ECE near 0 may lie below its own interval: drawing structures adds noise to every bin, and its size counts.

    Args:
        fit_head: trains a head on the photographs of some rows.
        folds: at least 2, at most the structures of either class.
        seed: of the folds and the bootstrap.

    Raises:
        DatasetError: all photographs of a class lie in one fold.
    """
    labels = embeddings.labels
    scores, information = _held_out(embeddings, fit_head, folds=folds, seed=seed)
    entropy = uncertainty.entropy(scores)
    wrong = (scores > 0.5) != (labels == 1)
    risk = uncertainty.risk_coverage(wrong, entropy)
    figures: dict[str, Any] = dict(classification.scores(labels, scores))
    figures |= {"entropy": float(entropy.mean()), "mutual_information": float(information.mean())}
    figures |= _intervals(labels, scores, embeddings.groups, seed=seed)
    figures["error"] = float(risk[-1])
    for percent in (5, 10, 20):
        figures[f"error_refer_{percent}"] = uncertainty.referred_risk(risk, referred=percent / 100)
    return figures, referral.curve(wrong, entropy, error=np.abs(scores - labels), groups=embeddings.groups)


def _held_out(
    embeddings: LabelledEmbeddings, fit_head: FitHead, *, folds: int, seed: int
) -> tuple[Float64[np.ndarray, "n"], Float64[np.ndarray, "n"]]:
    """Score and mutual information of each photograph, by the head of the fold that has not learned from it."""
    from sklearn.model_selection import StratifiedGroupKFold

    labels = embeddings.labels
    scores, information = np.zeros(len(labels)), np.zeros(len(labels))
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    parts = splitter.split(embeddings.vectors, labels, embeddings.groups)
    for train, test in console.bar(parts, what="cross-validate", total=folds, unit="folds"):
        if len(np.unique(labels[train])) < 2:
            raise DatasetError("a class is in one subfolder alone in some fold; put its photographs into more of them")
        (scores[test],), (information[test],) = training.predicted([fit_head(train)], embeddings.vectors[test])
    return scores, information


def _intervals(
    labels: Int64[np.ndarray, "n"], scores: Float64[np.ndarray, "n"], groups: Int64[np.ndarray, "n"], *, seed: int
) -> dict[str, float]:
    """Ends of the 95 % interval of each figure, over resampled structures."""
    count = int(groups.max()) + 1
    weights, _ = bootstrap.weights(groups=count, seeds=1, resamples=RESAMPLES, seed=seed)
    resampled = bootstrap.figures(weights[1:] @ bootstrap.sums(labels, scores, groups, count=count))
    ends = {name: np.percentile(values, [2.5, 97.5]) for name, values in resampled.items()}
    return {f"{name}_{end}": float(ends[name][at]) for name in ends for at, end in enumerate(("low", "high"))}
