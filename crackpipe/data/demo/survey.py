"""The demo dataset: a survey of made-up structures, two or three photographs of each."""

import functools
import zlib
from collections.abc import Iterator
from types import MappingProxyType

import numpy as np

from crackpipe.compute.seeds import generator
from crackpipe.data import captions
from crackpipe.data.demo import picture
from crackpipe.data.demo.scene import LOCATIONS, MM_PER_PX, Scene, inspect
from crackpipe.data.photo import RawPhoto, Split

MIN_PHOTOS = 9  # three structures: one for each split
MIN_SIDE_PX = 64

_SHARES: tuple[tuple[Split, float], ...] = (("val", 0.15), ("test", 0.25))  # the rest is train
_WALLS = ("joint", "stain", "edge", "foliage", "grass", "pole", "wire")
_HAZARDS = MappingProxyType(
    {
        "asphalt": (*_WALLS, "paint", "paint"),
        "brick": _WALLS[1:],  # its own joints are enough
        "concrete": _WALLS,
        "paving": (*_WALLS[1:], "paint"),
        "plaster": _WALLS[1:],
    }
)
_TOPOLOGIES = ("single", "single", "branching", "branching", "map", "loop")


def photographs(*, photos: int, side_px: int, seed: int) -> Iterator[RawPhoto]:
    """List the demo dataset, ascending in name; a photograph is drawn when its image or mask is read.

    About 65 % have cracks; each structure (group) has at least one photograph with and one without. The structures
    are split 60/15/25 into train, val and test. The same arguments give the same bytes; ``read_image`` and
    ``read_mask`` can be pickled and called in any order.

    Args:
        photos: their number, ≥ 9.
        side_px: height and width, ≥ 64; 0.5 mm a pixel, so a larger side shows more of the surface.
        seed: of everything drawn, ≥ 0.

    Raises:
        ValueError: an argument is out of range.
    """
    for name, value, least in (("photos", photos, MIN_PHOTOS), ("side_px", side_px, MIN_SIDE_PX), ("seed", seed, 0)):
        if value < least:
            raise ValueError(f"demo.{name}: got {value}, expected at least {least}; raise it")
    return iter(sorted(_survey(photos=photos, side_px=side_px, seed=seed), key=lambda photo: photo.name))


def _survey(*, photos: int, side_px: int, seed: int) -> Iterator[RawPhoto]:
    rng = generator(seed, zlib.crc32(b"survey"))
    sizes = _group_sizes(rng, photos=photos)
    splits = _splits(rng, groups=len(sizes))
    surfaces = sorted(LOCATIONS)
    for group, (size, split) in enumerate(zip(sizes, splits, strict=True)):
        # in turn, so that few photographs show every surface too
        surface = surfaces[group % len(surfaces)]
        sound = int(rng.integers(size))
        for index in range(size):
            scene = _scene(
                seed=seed, group=group, index=index, side_px=side_px, surface=surface, cracked=index != sound
            )
            yield _listed(scene, split=split)


def _listed(scene: Scene, *, split: Split) -> RawPhoto:
    group = f"{scene.surface}-{scene.group:03d}"
    name = f"{group}-{'abc'[scene.index]}"
    attributes = inspect(scene)
    return RawPhoto(
        name=name,
        path=f"demo/{name}.jpg",
        group=group,
        own_split=split,
        read_image=functools.partial(picture.read_image, scene),
        read_mask=functools.partial(picture.read_mask, scene),
        label=int(scene.topology is not None),
        caption=captions.compose(attributes),
        attributes=attributes,
        mm_per_px=MM_PER_PX,
    )


def _scene(*, seed: int, group: int, index: int, side_px: int, surface: str, cracked: bool) -> Scene:
    rng = generator(seed, group, index)
    known = _HAZARDS[surface]
    # the same draw with and without a crack: a hazard must not tell one from the other
    hazards = rng.choice(known, int(rng.choice([0, 1, 2, 3], p=[0.12, 0.36, 0.34, 0.18])), replace=False)
    topology = str(rng.choice([*_TOPOLOGIES, *["stepped"] * (4 * (surface == "brick"))]))
    low, high = ((1.0, 1.3), (2.2, 3.2), (5.5, 8.5))[rng.choice(3, p=[0.3, 0.38, 0.32])]
    width_px = float(rng.uniform(low, high))
    return Scene(
        seed=seed,
        group=group,
        index=index,
        side_px=side_px,
        surface=surface,
        topology=topology if cracked else None,
        width_px=min(width_px, 3.0) if topology == "map" else width_px,
        hazards=tuple(sorted({str(name) for name in hazards})),
    )


def _group_sizes(rng: np.random.Generator, *, photos: int) -> list[int]:
    """Sizes 2 and 3 that add up to ``photos``: 85 % threes, which makes 65 % of the photographs cracked."""
    sizes: list[int] = []
    while (left := photos - sum(sizes)) > 0:
        size = 3 if rng.random() < 0.85 else 2
        sizes.append(left if left <= 3 else 2 if left == 4 else size)
    return sizes


def _splits(rng: np.random.Generator, *, groups: int) -> list[Split]:
    splits: list[Split] = []
    for name, share in _SHARES:
        splits += [name] * max(1, round(share * groups))
    splits += ["train"] * (groups - len(splits))
    return [splits[index] for index in rng.permutation(groups)]
