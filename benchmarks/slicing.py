"""Time patches of photographs: cut to a PNG file each, as public code does, against coordinates in one table.

Run ``python -m benchmarks.slicing [--photos N] [--data DIR]``. Both start from the same JPEG files and masks; a patch
is crack if a pixel of it is. Each patch once, without its mirrored and turned copies: these would multiply the files.
"""

import shutil
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from benchmarks import command, photographs, table, timing
from crackpipe import params
from crackpipe.compute import seeds
from crackpipe.data import patch_pixels, slices
from crackpipe.data.photo_cache import PhotoCache
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images, patch_grid

PHOTOS = 8
BATCH = 64
TURNS = 3
SIDE_PX, STRIDE_PX = 128, 64
COLUMNS = ["photo_id", "split", "height_px", "width_px", "mask", "label"]


def main() -> None:
    command.run(compare, photos=PHOTOS, about=__doc__)


def compare(*, photos: int, data: Path | None) -> table.Section:
    """Preparing the patches of ``photos`` photographs, and reading a batch of them back."""
    workers = params.load().runtime.workers
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        photographs.write_table(top / "photos", photographs.load(photos, data=data), count=photos)
        files, listed = top / "files", top / "patches.parquet"
        cut = {"peers": partial(write_files, top / "photos", files), "ours": partial(write_table, top, workers)}
        counts, cutting = timing.by_turns(cut, turns=TURNS, what="cut patches")
        patches = parquet.read(listed, schemas.PATCHES).to_pandas()
        index = seeds.generator(0).permutation(len(patches))[:BATCH]
        with PhotoCache(top / "photos", wanted=patches["photo_id"], workers=workers, folder=top) as cache:
            chosen = patches.iloc[index]
            places = chosen[["photo_id", "row_px", "col_px", "label"]].itertuples(index=False)
            read = {
                "peers": partial(read_files, [path_of(files, *place) for place in places]),
                "ours": partial(patch_pixels.read, chosen, cache, side_px=SIDE_PX),
            }
            batches, reading = timing.by_turns(read, turns=TURNS, what="read patches")
        if counts["peers"] != counts["ours"] or not torch.equal(batches["peers"], batches["ours"]):
            raise SystemExit("slicing: the patches of the two ways differ; expected the same pixels")
        sizes = sum(path.stat().st_size for path in files.rglob("*.png")), listed.stat().st_size
    return table.Section(
        title="Slicing",
        about=f"Patches of {SIDE_PX} px every {STRIDE_PX} px of {photographs.counted(photos)}, "
        f"{photographs.described(data)}: PNG files against coordinates and a cache of decoded photographs. The pixels "
        "are equal.",
        rows=(
            table.faster(f"cut {len(patches)} patches", peers=cutting["peers"], ours=cutting["ours"], bar=None),
            table.faster(f"read {len(index)} back", peers=reading["peers"], ours=reading["ours"], bar=None),
        ),
        notes=(
            f"On disk: {sizes[0] / 1e6:.1f} MB of files against {sizes[1] / 1e3:.1f} kB of coordinates; the cache is "
            "a temporary file of the training stage.",
            "Ours includes decoding the photographs into the cache; both read from the system's page cache.",
        ),
    )


def write_files(photos: Path, folder: Path) -> int:
    """Write each patch to a PNG file in ``none/`` or ``crack/``; return their number."""
    shutil.rmtree(folder, ignore_errors=True)
    for label in ("none", "crack"):
        (folder / label).mkdir(parents=True)
    count = 0
    for photo in parquet.scan(photos, schemas.PHOTOS, columns=["photo_id", "image", "mask"]):
        image, mask = images.decode_rgb(photo["image"]), images.decode_mask(photo["mask"])
        rows, cols = (patch_grid.starts(n, side_px=SIDE_PX, stride_px=STRIDE_PX).tolist() for n in mask.shape)
        bottom, right = rows[-1] + SIDE_PX - mask.shape[0], cols[-1] + SIDE_PX - mask.shape[1]
        padded = images.pad_reflect(image, bottom=bottom, right=right)
        for row in rows:
            for col in cols:
                is_crack = int(mask[row : row + SIDE_PX, col : col + SIDE_PX].any())
                patch = padded[row : row + SIDE_PX, col : col + SIDE_PX]
                path_of(folder, photo["photo_id"], row, col, is_crack).write_bytes(images.encode_rgb(patch))
                count += 1
    return count


def path_of(folder: Path, photo_id: str, row_px: int, col_px: int, label: int) -> Path:
    """Where a patch's file lies."""
    return folder / ("none", "crack")[label] / f"{photo_id.replace('/', '-')}_{row_px}_{col_px}.png"


def read_files(paths: Sequence[Path]) -> UInt8[Tensor, "n 3 s s"]:
    """A batch of patches from their files."""
    pixels = np.stack([images.decode_rgb(path.read_bytes()) for path in paths])
    return torch.from_numpy(pixels).permute(0, 3, 1, 2)


def write_table(folder: Path, workers: int) -> int:
    """List the patches and decode the photographs, as the stages do; return the patches' number."""
    photos = folder / "photos"
    patches = slices.cut(
        parquet.scan(photos, schemas.PHOTOS, columns=COLUMNS),
        side_px=SIDE_PX,
        stride_px=STRIDE_PX,
        symmetries=1,
        min_crack_px=1,
    )
    count = parquet.write_columns(folder / "patches.parquet", schemas.PATCHES, patches)
    with PhotoCache(photos, wanted=patches["photo_id"].to_pylist(), workers=workers, folder=folder):
        return count


if __name__ == "__main__":
    main()
