"""`crackpipe classify`: crack or none for each photograph, how sure, and whether a person should look."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from crackpipe import checkpoints, images, params, progress, runtime
from crackpipe.clip import embedding, encoder
from crackpipe.data import inspection, layout
from crackpipe.errors import CrackpipeError, ModelError, PhotoError
from crackpipe.heads import saved, trained
from crackpipe.measures import referral, uncertainty

COLUMNS = ["photo", "decision", "crack_probability", "entropy", "mutual_information", "refer", "reason"]


def classify(photos: Sequence[Path], *, head: Path, clip: Path, settings: Path, risk: float, out: Path) -> pd.DataFrame:
    """Decide on photographs; ``out`` gets the table as CSV.

    ``refer`` is yes where a decision is less sure than those that, in the head's cross-validation, were wrong with at
    most ``risk`` [0, 1]; entropy and mutual information are in nats. A photograph that cannot be read has a reason.

    Args:
        photos: files, and folders whose pictures are taken.
        head: folder of a head that ``crackpipe few-shot`` has written.
        clip: folder of the encoder that it was trained with.
        settings: the ``params.yaml`` that the encoder was made with.

    Raises:
        ModelError: head or encoder are missing, or the head was trained with another encoder.
        CrackpipeError: ``risk`` is no share, or there is no photograph.
    """
    if not 0 <= risk <= 1:
        raise CrackpipeError(f"--risk: got {risk}; expected a share of wrong decisions, 0 to 1, e.g. 0.05")
    paths = _listed(photos)
    networks, card = saved.load(head)
    if checkpoints.fingerprint({}, [clip]) != card["encoder"]:
        raise ModelError(f"{head}: was trained with another encoder than {clip}; run `crackpipe few-shot` again")
    p = params.load(settings)
    machine = runtime.start(device=p.runtime.device, precision=p.runtime.precision, threads=p.runtime.threads)
    eyes = encoder.load(clip, machine)
    point = referral.chosen(card["referral"], risk=risk)
    rows = []
    for path in progress.bar(paths, what="classify", total=len(paths), unit="photos"):
        row = dict.fromkeys(COLUMNS, "") | {"photo": str(path)}
        try:
            pixels = inspection.decode(path.read_bytes, max_megapixels=p.ingest.max_megapixels)
        except PhotoError as error:
            rows.append(row | {"refer": "yes", "reason": str(error)})
            continue
        square = torch.from_numpy(images.squeezed(pixels, side_px=card["side_px"])).permute(2, 0, 1)[None]
        vector = embedding.encode_images(eyes, square, machine).astype(np.float32)
        score, information = (float(one[0, 0]) for one in trained.predicted([networks], vector))
        doubt = float(uncertainty.entropy(np.array([score]))[0])
        told = {"crack_probability": f"{score:.4f}", "entropy": f"{doubt:.4f}"}
        told |= {"mutual_information": f"{information:.4f}"} if len(networks.weight) > 1 else {}
        told |= {"decision": "crack" if score > 0.5 else "no crack"}
        rows.append(row | told | {"refer": "yes" if point is None or doubt > point["entropy"] else "no"})
    table = pd.DataFrame(rows, columns=COLUMNS)
    _write(out, table)
    return table


def told(head: Path, *, risk: float) -> str:
    """A sentence on what the chosen risk means for this head."""
    point = referral.chosen(saved.load(head)[1]["referral"], risk=risk)
    if point is None:
        return f"no decision of its cross-validation was sure enough for a risk of {risk:g}: all go to a person"
    return (
        f"in its cross-validation this keeps {point['coverage']:.0%} of the decisions, {point['risk']:.1%} of them "
        f"wrong (at most {point['risk_high']:.1%}, 95 % interval)"
    )


def _listed(photos: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for path in photos:
        if path.is_dir():
            found += sorted(one for one in path.rglob("*") if one.suffix.lower() in layout.PICTURES)
        else:
            found.append(path)
    if not found:
        raise CrackpipeError(
            f"no picture in {', '.join(map(str, photos))}; name photographs, or folders that hold some"
        )
    return found


def _write(path: Path, table: pd.DataFrame) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(table.to_csv(index=False), encoding="utf-8")
    temporary.replace(path)
