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
from crackpipe.apply import photo_files
from crackpipe.apply.encoder_folder import EncoderFolder
from crackpipe.clip import embedding
from crackpipe.clip.encoders import encoder_files
from crackpipe.data import inspection
from crackpipe.data.datasets import layout
from crackpipe.errors import CrackpipeError, ModelError, PhotoError
from crackpipe.few_shot import head_files, training
from crackpipe.few_shot.head_networks import Networks
from crackpipe.files import atomic, own_results
from crackpipe.measures import referral, uncertainty

TOO_LARGE = 2  # times the largest photograph that the head learned from: its cracks would be squeezed away
SHOWN = 10  # photographs for a person that the command prints
COLUMNS = ["photo", "decision", "crack_probability", "entropy", "mutual_information", "refer", "reason"]


def classify(photos: Sequence[Path], *, model: EncoderFolder, head: Path, risk: float, out: Path) -> pd.DataFrame:
    """Decide on photographs; ``out`` gets the table as CSV.

    ``refer`` is yes where a decision is less sure than those of the head's cross-validation whose share of errors has
    the upper bound ``risk`` [0, 1] (see :func:`crackpipe.measures.referral.chosen`); entropy and mutual information
    are in nats. A photograph that cannot be read or decided, or is more than twice as large as any that the head
    learned from (each is squeezed to one square, and cracks in it with it), is referred and has a reason.

    Args:
        photos: files, and folders whose pictures are taken.
        model: the encoder that the head was trained with.
        head: folder of a head that ``crackpipe few-shot`` has written.
        risk: accepted upper 95 % bound on the share of errors, 0 to 1.
        out: CSV to write.

    Returns:
        A row for each photograph, with the columns ``COLUMNS``.

    Raises:
        ModelError: the head is missing, or was trained with another encoder.
        CrackpipeError: ``risk`` is no share, there is no picture, or ``out`` is no .csv or another file than an earlier
            table of decisions; nothing is done then.
    """
    if not 0 <= risk <= 1:
        raise CrackpipeError(f"--risk: got {risk}; expected a share of wrong decisions, 0 to 1, e.g. 0.05")
    if out.suffix.lower() != ".csv":
        raise CrackpipeError(f"--out: got {out}; the table of decisions is a .csv")
    own_results.expect_own(out, table=out, columns=COLUMNS)
    listed = photo_files.listed(photos, leave_out=out)
    if not listed:
        raise CrackpipeError(
            f"no picture in {', '.join(map(str, photos))}; name photographs, or folders that hold some"
        )
    networks, card = _head(head, model)
    runtime = model.project.start_runtime()
    encoder = encoder_files.load(model.path, runtime)
    point = referral.chosen(card["referral"], risk=risk)
    rows = []
    for one in console.bar(listed, what="classify", total=len(listed), unit="photos"):
        try:
            if one.reason:
                raise PhotoError(one.reason)
            read = partial(layout.read_bytes, one.path)
            pixels = inspection.decode(read, max_megapixels=model.params.ingest.max_megapixels)
            vector = embedding.of_photo(encoder, pixels, runtime, side_px=card["side_px"])
            decision = _decision(networks, vector, point)
            decision |= _too_large(max(pixels.shape[:2]), learned_px=card["longest_px"])
        except CrackpipeError as error:
            decision = {"refer": "yes", "reason": str(error)}
        rows.append(dict.fromkeys(COLUMNS, "") | {"photo": str(one.path)} | decision)
    table = pd.DataFrame(rows, columns=COLUMNS)
    atomic.write_text(out, table.to_csv(index=False))
    return table


def summary(head: Path, *, risk: float) -> str:
    """A sentence on what an accepted risk means for a head.

    Args:
        head: its folder.
        risk: accepted upper 95 % bound on the share of errors, 0 to 1.
    """
    card = head_files.load(head)[1]
    points: list[referral.Point] = card["referral"]
    over = "over structures" if card.get("bound_over") == "structures" else "decisions treated as independent"
    point = referral.chosen(points, risk=risk)
    if point is None:
        least = min(points, key=lambda point: point["risk_high"])
        bound = math.ceil(1000 * least["risk_high"]) / 1000
        return (
            f"its cross-validation has too few sure and right decisions for a bound of {risk:g} on the share of "
            f"errors: all go to a person; the least that it can hold is {bound:g}, which keeps {least['coverage']:.0%} "
            "of the decisions; more labels lower it"
        )
    return (
        f"on photographs like those labelled: in its cross-validation this keeps {point['coverage']:.0%} of the "
        f"decisions, {point['risk']:.1%} of them wrong (upper end of the 95 % interval, {over}: "
        f"{point['risk_high']:.1%})"
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
    columns["decision"] = "crack" if score > 0.5 else "no crack"
    if point is None:
        return columns | {"refer": "yes", "reason": "no decision of this head is sure enough"}
    if entropy > point["entropy"]:
        return columns | {
            "refer": "yes",
            "reason": f"less sure than the bound allows (entropy over {point['entropy']:.4f})",
        }
    return columns | {"refer": "no"}


def _too_large(longest_px: int, *, learned_px: int) -> dict[str, str]:
    if longest_px <= TOO_LARGE * learned_px:
        return {}
    reason = f"{longest_px} px, but the head learned from {learned_px} px at most; cut it into such squares"
    return {"refer": "yes", "reason": reason}
