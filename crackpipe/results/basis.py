"""What a row of ours stands on: encoder, photographs and steps, told beside its figures."""

from typing import Any

from crackpipe.results import record
from crackpipe.results.cells import counted
from crackpipe.results.record import Run, at

UNTRAINED = "no training"


def labels(run: Run, method: str, *, variant: str | None = None) -> str:
    """Of pseudo-labels: the patch classifier that they come from, and the sizes of its patches.

    Args:
        run: of ours.
        method: of pseudo-labels.
        variant: of its ablation; ``None`` for the method itself.
    """
    changed = {} if variant is None else at(run.params, f"ablate.{method}.{variant}")
    return _joined(_classifier(run), _patches(run, method, changed=changed), _photographs(run, cap=None))


def segmenter(run: Run, name: str, kind: str) -> str:
    """Of a segmenter: its encoder, how it was trained, on how many photographs, and the scales of its maps.

    Args:
        run: of ours.
        name: of the segmenter.
        kind: of the labels that it was trained on.
    """
    common = at(run.params, "train_segmenter") or {}
    settings = common.get(name)
    if not settings:
        return ""
    if "width" in settings:
        encoder = f"{settings.get('encoder')} ({_weights(settings.get('weights'))}), width {settings.get('width')}"
        effort = f"{record.length(settings)} in batches of {settings.get('batch')}"
    else:
        side_px = at(run.params, "embed_windows.side_px")
        windows = f"windows of {side_px} px" if side_px else "the windows"
        encoder, effort = _encoder(run), f"{counted(settings.get('epochs'), 'pass', 'passes')} of {windows}"
    scales = at(run.params, "segment.scales") or [1.0]
    maps = "" if scales == [1.0] else f"maps at scales {', '.join(map(str, scales))}"
    if at(run.params, "segment.octaves_px"):
        maps = f"maps at scale {max(scales)} and halves of it"
    drawn = "shadows, joints and stains drawn in" if at(run.params, "train_segmenter.augment.lookalikes_p") else ""
    erosions = at(run.params, "segment.erosions")
    eroded = f"maps eroded {counted(erosions, 'time', 'times')}" if erosions else ""
    photographs = _photographs(run, cap=common.get("photos"))
    return _joined(encoder, effort, photographs, _patches(run, kind.removeprefix("self_")), drawn, maps, eroded)


def heads(run: Run) -> str:
    """Of few-shot heads: the encoder whose embeddings they learn from."""
    return _encoder(run)


def captions(run: Run) -> str:
    """Of what captions are good for: the encoder, and how many captioned photographs it was tuned on."""
    return _joined(_encoder(run), _photographs(run, cap=None))


def calibrated(run: Run) -> str:
    """Of a cell of the comparison of losses: the part that is trained, and its patches."""
    cell, training = at(run.params, "calibrate") or {}, at(run.params, "train_classifier") or {}
    part = f"trained from {cell['train_from']} on" if cell.get("train_from") else "trained whole"
    weights = _weights(training.get("weights"))
    patches = f"{training.get('epochs')} × {training.get('patches_per_epoch')} patches"
    return _joined(weights, part, patches)


def classifier(run: Run) -> str:
    """Of the patch classifier itself."""
    return _joined(_classifier(run), _photographs(run, cap=None))


def _classifier(run: Run) -> str:
    training = at(run.params, "train_classifier") or {}
    if not training:
        return ""
    effort = f"{training.get('epochs')} × {training.get('patches_per_epoch')} patches"
    return f"{training.get('backbone')} ({_weights(training.get('weights'))}), {effort}"


def _patches(run: Run, method: str, *, changed: dict[str, Any] | None = None) -> str:
    """Sides of the patches whose maps localise the cracks; König et al.: 32."""
    settings = {**(at(run.params, f"pseudo_label.{method}") or {}), **(changed or {})}
    sides = settings.get("patch_sides_px", [settings["patch_side_px"]] if "patch_side_px" in settings else [])
    return f"localised by patches of {', '.join(map(str, sides))} px" if sides else ""


def _encoder(run: Run) -> str:
    """Image encoder of models/clip."""
    align = at(run.params, "align_clip") or {}
    if align.get("encoder") == "open_clip":
        return f"CLIP {align.get('open_clip_model')} ({_weights(align.get('weights'))})"
    if not align:
        return ""
    trunk = "of the patch classifier" if align.get("trunk", "classifier") == "classifier" else "with ImageNet's weights"
    return f"small encoder (EfficientNet-Lite0 {trunk}, {align.get('text_layers')}-layer text tower)"


def _weights(name: Any) -> str:
    """Where the weights come from that a training begins with."""
    known = {
        "none": "no pretrained weights",
        "classifier": "the patch classifier's weights",
        "package": "ImageNet's weights",
    }
    return known.get(str(name), f"{name} weights")


def _photographs(run: Run, *, cap: int | None) -> str:
    """Training photographs by source; ``cap`` is the most that were drawn of all."""
    ingested = run.metrics.get("ingest", {})
    counts = {source: at(splits, "train.photos") or 0 for source, splits in ingested.items()}
    counts = {source: count for source, count in counts.items() if count}
    if not counts:
        return ""
    listed = "photographs: " + " + ".join(f"{count} of {source}" for source, count in counts.items())
    return f"{listed} (at most {cap})" if cap is not None and cap < sum(counts.values()) else listed


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)
