"""`crackpipe classify`: crack or none for each photograph, how sure, and whether a person should look."""

import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float32

from crackpipe import console
from crackpipe.apply.encoder_folder import EncoderFolder
from crackpipe.clip import embedding
from crackpipe.clip.encoders import encoder_files
from crackpipe.data import inspection
from crackpipe.data.datasets import layout
from crackpipe.errors import CrackpipeError, ModelError
from crackpipe.few_shot import head_files, training
from crackpipe.few_shot.head_networks import Networks
from crackpipe.files import atomic
from crackpipe.measures import referral, uncertainty

TOO_LARGE = 2  # times the largest photograph that the head learned from: its cracks would be squeezed away
COLUMNS = ["photo", "decision", "crack_probability", "entropy", "mutual_information", "refer", "reason"]


def classify(photos: Sequence[Path], *, model: EncoderFolder, head: Path, risk: float, out: Path) -> pd.DataFrame:
    """Decide on photographs; ``out`` gets the table as CSV.

    ``refer`` is yes where a decision is less sure than those of the head's cross-validation whose share of errors has
    the upper bound ``risk`` [0, 1] (see :func:`crackpipe.measures.referral.chosen`); entropy and mutual information
    are in nats. A photograph that cannot be read or decided, or is more than twice as large as any that the head
    learned from (each is squeezed to one square, and cracks in it with it), is referred and has a reason.

    Args:
        photos: files, and folders all of whose files are taken but hidden ones.
        model: the encoder that the head was trained with.
        head: folder of a head that ``crackpipe few-shot`` has written.
        risk: accepted upper 95 % bound on the share of errors, 0 to 1.
        out: CSV to write.

    Returns:
        A row for each photograph, with the columns ``COLUMNS``.

    Raises:
        ModelError: the head is missing, or was trained with another encoder.
        CrackpipeError: ``risk`` is no share, or there is no file.
    """
    if not 0 <= risk <= 1:
        raise CrackpipeError(f"--risk: got {risk}; expected a share of wrong decisions, 0 to 1, e.g. 0.05")
    paths = _listed(photos)
    networks, card = _head(head, model)
    runtime = model.project.start_runtime()
    encoder = encoder_files.load(model.path, runtime)
    point = referral.chosen(card["referral"], risk=risk)
    rows = []
    for path in console.bar(paths, what="classify", total=len(paths), unit="photos"):
        try:
            read = partial(layout.read_bytes, path)
            pixels = inspection.decode(read, max_megapixels=model.params.ingest.max_megapixels)
            vector = embedding.of_photo(encoder, pixels, runtime, side_px=card["side_px"])
            decision = _decision(networks, vector, point)
            decision |= _too_large(max(pixels.shape[:2]), learned_px=card["longest_px"])
        except CrackpipeError as error:
            decision = {"refer": "yes", "reason": str(error)}
        rows.append(dict.fromkeys(COLUMNS, "") | {"photo": str(path)} | decision)
    table = pd.DataFrame(rows, columns=COLUMNS)
    atomic.write_text(out, table.to_csv(index=False))
    return table


def summary(head: Path, *, risk: float) -> str:
    """A sentence on what an accepted risk means for a head.

    Args:
        head: its folder.
        risk: accepted upper 95 % bound on the share of errors, 0 to 1.
    """
    point = referral.chosen(head_files.load(head)[1]["referral"], risk=risk)
    if point is None:
        return (
            f"its cross-validation has too few sure and right decisions for a bound of {risk:g} on the share of "
            "errors: all go to a person"
        )
    return (
        f"in its cross-validation this keeps {point['coverage']:.0%} of the decisions, {point['risk']:.1%} of them "
        f"wrong (upper end of the 95 % interval, decisions treated as independent: {point['risk_high']:.1%})"
    )


def _head(folder: Path, model: EncoderFolder) -> tuple[Networks, dict[str, Any]]:
    """Read a head and its card, after checking that it was trained with the encoder.

    Raises:
        ModelError: see :func:`classify`.
    """
    if not (folder / "model.json").is_file():
        raise ModelError(
            f"{folder}: no head here; run `crackpipe few-shot FOLDER` first, or name its folder with --head"
        )
    networks, card = head_files.load(folder)
    if model.digest() != card["encoder"]:
        raise ModelError(
            f"{folder}: was trained with another encoder than {model.path}; name that one with --model, or run "
            "`crackpipe few-shot` again"
        )
    return networks, card


def _decision(networks: Networks, vector: Float32[np.ndarray, "d"], point: referral.Point | None) -> dict[str, str]:
    """Columns of one photograph, from its embedding.

    Raises:
        CrackpipeError: the head's score is not finite.
    """
    score, information = (float(values[0, 0]) for values in training.predicted([networks], vector[None]))
    if not math.isfinite(score):
        raise CrackpipeError("its score is not finite; train the head again")
    entropy = float(uncertainty.entropy(np.array([score]))[0])
    columns = {"crack_probability": f"{score:.4f}", "entropy": f"{entropy:.4f}"}
    columns |= {"mutual_information": f"{information:.4f}"} if len(networks.weight) > 1 else {}
    sure = point is not None and entropy <= point["entropy"]
    return columns | {"decision": "crack" if score > 0.5 else "no crack", "refer": "no" if sure else "yes"}


def _too_large(longest_px: int, *, learned_px: int) -> dict[str, str]:
    if longest_px <= TOO_LARGE * learned_px:
        return {}
    reason = f"{longest_px} px, but the head learned from {learned_px} px at most; cut it into such squares"
    return {"refer": "yes", "reason": reason}


def _listed(photos: Sequence[Path]) -> list[Path]:
    paths: list[Path] = []
    for path in photos:
        if path.is_dir():
            paths += layout.files(path)
        else:
            paths.append(path)
    if not paths:
        raise CrackpipeError(f"no file in {', '.join(map(str, photos))}; name photographs, or folders that hold some")
    return paths
