"""Schemas and keys of all tables, which :mod:`crackpipe.files.parquet` or :mod:`crackpipe.files.arrow` reads."""

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Schema:
    """Columns of a table and the columns that identify a row (unique, ascending)."""

    name: str
    columns: pa.Schema
    key: tuple[str, ...]


def _required(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, kind, nullable=False)


ATTRIBUTES = pa.struct(
    [
        pa.field("damage", pa.list_(pa.string())),
        pa.field("location", pa.list_(pa.string())),
        pa.field("soundness", pa.string()),
        pa.field("measure", pa.string()),
    ]
)

PHOTOS = Schema(
    "photos",
    pa.schema(
        [
            _required("photo_id", pa.string()),  # source/name, unique over all sources
            _required("source", pa.string()),
            _required("split", pa.string()),  # train, val or test
            _required("group_id", pa.string()),  # the physical photograph or structure: never in two splits
            _required("height_px", pa.int32()),
            _required("width_px", pa.int32()),
            _required("image", pa.binary()),  # the file's own bytes, or its pixels as PNG
            pa.field("mask", pa.binary()),  # 1-bit PNG; null where unknown
            pa.field("label", pa.int8()),  # 1 crack, 0 none; null where unknown
            pa.field("caption", pa.string()),
            pa.field("attributes", ATTRIBUTES),
            pa.field("mm_per_px", pa.float64()),
        ]
    ),
    ("photo_id",),
)

PHOTOS_REJECTED = Schema(
    "photos_rejected",
    pa.schema([_required("source", pa.string()), _required("path", pa.string()), _required("reason", pa.string())]),
    ("source", "path", "reason"),
)

PHOTOS_WARNED = Schema(
    "photos_warned",
    pa.schema([_required("source", pa.string()), _required("path", pa.string()), _required("note", pa.string())]),
    ("source", "path", "note"),
)

PATCHES = Schema(
    "patches",
    pa.schema(
        [
            _required("photo_id", pa.string()),
            _required("row_px", pa.int32()),  # top left corner
            _required("col_px", pa.int32()),
            _required("side_px", pa.int32()),
            _required("symmetry", pa.int8()),  # 0–7: quarter turns = symmetry % 4, then mirrored left–right if ≥ 4
            _required("label", pa.int8()),
            _required("split", pa.string()),
        ]
    ),
    ("photo_id", "row_px", "col_px", "symmetry"),
)

LOCALISATION_MAPS = Schema(
    "localisation_maps",
    pa.schema(
        [
            _required("photo_id", pa.string()),
            _required("kind", pa.string()),  # cam, or patch_<side> for the classifier on patches of that side
            _required("cell_px", pa.int32()),  # pixels of the photograph per cell
            _required("cells", pa.binary()),  # 16-bit PNG, 0–65535 = confidence
        ]
    ),
    ("photo_id", "kind"),
)

PSEUDO_LABELS = Schema(
    "pseudo_labels",
    pa.schema(
        [
            _required("photo_id", pa.string()),
            _required("method", pa.string()),
            _required("mask", pa.binary()),  # 8-bit PNG, 0–255 = confidence
            _required("binarise", pa.float32()),  # confidence from which a pixel is crack
            _required("crack_px", pa.int32()),  # pixels at or above it
        ]
    ),
    ("photo_id",),
)

MASKS = Schema(
    "masks",
    pa.schema(
        [
            _required("photo_id", pa.string()),
            _required("mask", pa.binary()),  # 8-bit PNG, 0–255 = confidence
        ]
    ),
    ("photo_id",),
)

DECISIONS = Schema(
    "decisions",
    pa.schema(
        [
            _required("split", pa.string()),  # val (calibrators are fitted to it) or test
            _required("source", pa.string()),
            _required("photo_id", pa.string()),
            _required("row_px", pa.int32()),
            _required("col_px", pa.int32()),
            _required("label", pa.int8()),
            _required("in_domain", pa.bool_()),  # whether the source has given training patches
            _required("logit_none", pa.float32()),
            _required("logit_crack", pa.float32()),
            pa.field("steps", pa.int32()),  # of an attack, that the decision survives; null for val
        ]
    ),
    ("split", "source", "photo_id", "row_px", "col_px"),
)

CAPTION_SCALING = Schema(
    "caption_scaling",
    pa.schema(
        [
            _required("split", pa.string()),  # val or test
            _required("direction", pa.string()),  # image_to_text or text_to_image
            _required("query", pa.int32()),
            _required("caption", pa.string()),  # of the query
            _required("hit", pa.bool_()),  # whether it is among the first 10
            _required("share", pa.float64()),  # of the captioned training photographs, as all that follows
            _required("n", pa.int32()),  # photographs that the encoder was tuned on
            _required("best_epoch", pa.int32()),
            pa.field("val_loss", pa.float64()),  # of the best epoch, nats; null without validation
        ]
    ),
    ("split", "direction", "query"),
)

FEW_SHOT_ITEMS = Schema(
    "few_shot_items",
    pa.schema(
        [
            _required("split", pa.string()),  # pool (learned from), test, or ood (photographs of another kind)
            _required("item_id", pa.string()),  # photo_id@row,col+side
            _required("label", pa.int8()),
            _required("source", pa.string()),
            _required("group_id", pa.string()),  # never in both pool and test
        ]
    ),
    ("split", "item_id"),
)

FEW_SHOT_SCORES = Schema(
    "few_shot_scores",
    pa.schema(
        [
            _required("subset", pa.string()),  # T0, T1 …
            _required("seed", pa.int32()),
            _required("n_train", pa.int32()),
            # of the items of test, then of ood, in the order of few_shot_items
            _required("score", pa.list_(pa.float32())),  # probability of crack
            pa.field("mutual_information", pa.list_(pa.float32())),  # nats; null where a head has no posterior
            pa.field("loss", pa.list_(pa.float32())),  # per item, of each step of training; null without training
        ]
    ),
    ("subset", "seed"),
)


def trunk_features(*, shape: tuple[int, ...]) -> Schema:
    """Patches with a frozen trunk's features of each, of ``shape`` (channels, rows, columns); a memory-mapped table."""
    features = pa.field("features", pa.fixed_shape_tensor(pa.float16(), shape), nullable=False)
    return Schema("trunk_features", PATCHES.columns.append(features), PATCHES.key)


def embeddings(*, width: int) -> Schema:
    """Embeddings of images and texts in a joint space of ``width`` dimensions; a memory-mapped table.

    The order of the key puts the items of one kind and split side by side: their vectors are one block of the file.
    """
    columns = [
        _required("kind", pa.string()),  # image, text, or class (the mean direction of a class's texts)
        _required("split", pa.string()),
        _required("item_id", pa.string()),  # of an image its photo_id or patch; of a text the caption itself
        _required("vector", pa.list_(pa.float16(), width)),  # of length 1
    ]
    return Schema("embeddings", pa.schema(columns), ("kind", "split", "item_id"))
