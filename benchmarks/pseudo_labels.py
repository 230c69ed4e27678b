"""Time pseudo-labels from a patch classifier, photograph to label file: the peers' way against ours.

Run ``python -m benchmarks.pseudo_labels [--photos N] [--data DIR]``. König et al.'s label (patch map of 32 px every
16 px, Grad-CAM++, multi-Otsu) with ResNet-50; weights are random, the same on both sides, on the processor.
"""

import copy
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks import command, peers, photographs, table, timing
from crackpipe import params
from crackpipe.classify import classifier
from crackpipe.classify.classifier import Classifier
from crackpipe.compute import seeds
from crackpipe.compute.runtime import Runtime, start_runtime
from crackpipe.imaging import images
from crackpipe.params import Params
from crackpipe.pseudo import cam, labelling, localisation_maps, methods, patch_map
from crackpipe.pseudo.labelling import Item

PHOTOS = 3
BAR = 5
SEED, TURNS = 1, 3
SIDE_PX, STRIDE_PX = 32, 16
METHOD = "cam_location"


def main() -> None:
    command.run(compare, photos=PHOTOS, about=__doc__)


def compare(*, photos: int, data: Path | None) -> table.Section:
    """Both ways on ``photos`` photographs."""
    p = params.load()
    runtime = start_runtime(device="cpu", precision="auto", threads=p.runtime.threads)
    chosen = [one.image for one in photographs.load(photos, data=data)]
    with tempfile.TemporaryDirectory() as scratch:
        both = ways(chosen, runtime, p, folder=Path(scratch))
        found, times = timing.by_turns(both, turns=TURNS, what="pseudo-labels")
    apart = np.mean([np.abs(a.astype(int) - b).mean() for a, b in zip(*found.values(), strict=True)])
    localised = localised_share(chosen, runtime, p)
    row = table.faster(photographs.counted(photos), peers=times["peers"], ours=times["ours"], bar=BAR)
    return table.Section(
        title="Pseudo-labels with ResNet-50",
        about=f"Decoded photograph to label PNG: patch map {SIDE_PX}/{STRIDE_PX} px, Grad-CAM++, dark map, filters; "
        f"{chosen[0].shape[1]}×{chosen[0].shape[0]} px, {photographs.described(data)}.",
        rows=(row,),
        notes=(
            "The peers' way: the photograph's patches in one batch, float32, channels first; pytorch-grad-cam's "
            "GradCAMPlusPlus with its full backward pass; a Python loop over patches for the dark map.",
            f"Ours runs in {precision(runtime)}. The labels differ by {apart:.1f} of 255 levels in the mean: the "
            "library's Grad-CAM++ weights are not König et al.'s, nor is its upsampling, and the dark maps differ as "
            "told below.",
            f"The random weights localise a crack on {localised:.0%} of the pixels; ours thresholds patches there "
            "alone, the peers' loop all of them.",
        ),
    )


def ways(
    chosen: Sequence[np.ndarray], runtime: Runtime, p: Params, *, folder: Path
) -> dict[str, Callable[[], list[np.ndarray]]]:
    """The peers' and our way to the labels of ``chosen``, with the same weights."""
    made = random_classifier("resnet50")
    theirs = replace(made, network=copy.deepcopy(made.network).to(runtime.device))
    settings = method_settings(p)
    found_by = finders(placed(made, runtime), runtime, p)
    return {
        "peers": partial(label_as_peers, chosen, theirs, settings=settings, folder=folder),
        "ours": partial(label, chosen, found_by, settings=settings, workers=p.runtime.workers, folder=folder),
    }


def random_classifier(backbone: str) -> Classifier:
    """A classifier with random weights, as others run it: float32, channels first, with gradients."""
    seeds.seed_everything(SEED)
    made = classifier.create(backbone=backbone, weights="none", side_px=128)
    return replace(made, network=made.network.eval())


def placed(made: Classifier, runtime: Runtime) -> Classifier:
    """The classifier as ours runs it."""
    return classifier.for_inference(made, runtime)


def method_settings(p: Params) -> dict[str, Any]:
    """Settings of ``cam_location`` in params.yaml, on the patch map that the paper uses."""
    own: dict[str, Any] = p.pseudo_label.cam_location.model_dump()
    return {**own, "patch_side_px": SIDE_PX}


def finders(model: Classifier, runtime: Runtime, p: Params) -> dict[str, localisation_maps.MapPredictor]:
    """What the method needs to know of a photograph, as the stage ``localisation_maps`` finds it."""
    q = p.localisation_maps
    shared: dict[str, Any] = {"model": model, "runtime": runtime, "batch_px": q.batch_px}
    cells = partial(cam.activation_cells, **shared, **q.cam.model_dump(), tile_px=q.tile_px)
    patches = partial(patch_map.patch_cells, **shared, side_px=SIDE_PX, stride_px=STRIDE_PX)
    return {
        localisation_maps.CAM: localisation_maps.MapPredictor(cam.CELL_PX, cells),
        localisation_maps.patch_kind(SIDE_PX): localisation_maps.MapPredictor(STRIDE_PX, patches),
    }


def label(
    chosen: Sequence[np.ndarray],
    found_by: dict[str, localisation_maps.MapPredictor],
    *,
    settings: dict[str, Any],
    workers: int,
    folder: Path,
) -> list[np.ndarray]:
    """Our labels, 0–255: localisation maps of all photographs, then their labels in a pool; written to ``folder``."""
    named = [(f"{number:05d}", image) for number, image in enumerate(chosen)]
    rows = list(localisation_maps.gather(named, found_by))
    each = len(found_by)
    items = [Item(name, image, tuple(rows[i * each : (i + 1) * each]), None) for i, (name, image) in enumerate(named)]
    made = []
    for name, _, levels in labelling.label(items, labelling.create_method(METHOD, settings), workers=workers):
        (folder / f"{name}.png").write_bytes(images.encode_grey(levels))
        made.append(levels)
    return made


def label_as_peers(
    chosen: Sequence[np.ndarray], model: Classifier, *, settings: dict[str, Any], folder: Path
) -> list[np.ndarray]:
    """The peers' labels, 0–255, one photograph after the other; written to ``folder``."""
    own = {name: value for name, value in settings.items() if name not in ("binarise", "patch_side_px", "upsample")}
    scaling = {"mean": model.mean, "std": model.std}
    made = []
    with timing.as_torch_starts():
        for number, image in enumerate(chosen):
            height, width = image.shape[:2]
            cells = peers.patch_cells(image, model.network, **scaling, side_px=SIDE_PX, stride_px=STRIDE_PX)
            probability = localisation_maps.upsampled(
                cells, cell_px=STRIDE_PX, height=height, width=width, method=settings["upsample"]
            )
            layer = last_convolution(model.network)
            active = peers.activation_map(image, model.network, layer, **scaling, cell_px=cam.CELL_PX)
            levels = peers.cam_location(image, active, probability, **own)
            (folder / f"peers-{number:05d}.png").write_bytes(images.encode_grey(levels))
            made.append(levels)
    return made


def localised_share(chosen: Sequence[np.ndarray], runtime: Runtime, p: Params) -> float:
    """Share of the pixels that the label's localisation map leaves above 0."""
    found_by = finders(placed(random_classifier("resnet50"), runtime), runtime, p)
    settings = method_settings(p)
    method = labelling.create_method(METHOD, settings)
    rows = list(localisation_maps.gather(((str(i), image) for i, image in enumerate(chosen)), found_by))
    shares = []
    for number, image in enumerate(chosen):
        own = rows[number * len(found_by) : (number + 1) * len(found_by)]
        height, width = image.shape[:2]
        maps = localisation_maps.maps(own, kinds=method.kinds, height=height, width=width, upsample=method.upsample)
        where = methods.localisation(*maps, threshold=settings["threshold"], erosions=settings["erosions"])
        shares.append(float((where > 0).mean()))
    return float(np.mean(shares))


def last_convolution(network: nn.Module) -> nn.Module:
    """The layer that Grad-CAM++ explains: a ResNet's last stage, an EfficientNet's last batch norm."""
    found: nn.Module = getattr(network, "layer4", None) or network.bn2  # type: ignore[assignment]
    return found


def precision(runtime: Runtime) -> str:
    """Name of the precision that networks run in."""
    return {None: "float32", torch.bfloat16: "bfloat16", torch.float16: "float16"}[runtime.autocast_dtype]


if __name__ == "__main__":
    main()
