"""What embeddings are good for: classification by heads, retrieval in both directions, attribute matches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float16

from crackpipe.clip import embedding_file
from crackpipe.clip.embedding_file import Embeddings
from crackpipe.errors import TableError
from crackpipe.files import parquet, schemas
from crackpipe.measures import retrieval
from crackpipe.measures.macro_f1 import macro_f1
from crackpipe.retrieval import knn, linear_probe, majority, tasks
from crackpipe.retrieval.tasks import Task

KS = (1, 5, 10)
COLUMNS = ["photo_id", "split", "caption", "attributes"]
HEADS = ("knn", "linear", "majority")
Tree = dict[str, Any]
Vectors = Float16[np.ndarray, "_ d"]  # each split has its own number


@dataclass(frozen=True, slots=True)
class Said:
    """What is known of the photographs of one split, in the order of their ids."""

    photo_ids: list[str]
    captions: list[str | None]
    attributes: list[Mapping[str, Any] | None]


def score(
    photos: Path,
    embeddings: Mapping[str, Path],
    *,
    k: int,
    weighted: bool,
    inverse_penalty: float,
    standardise: bool,
    iterations: int,
) -> Tree:
    """Scores on the test split of each model's embeddings; heads learn from the train split.

    Args:
        embeddings: folder of each model's embeddings.
        k, weighted: see :func:`knn.predict`; the others: see :func:`linear.predict`.

    Returns:
        ``{model: {knn|linear|majority: {task: macro-F1, mean}, retrieval: …, attribute_match: …, absent: …, n: …}}``.
        A task that cannot be scored is ``null`` and not in the mean; ``absent`` holds the reason. Without any task, or
        without captions in the test split, heads or retrieval are left out, and ``absent`` says why. ``n`` holds the
        number of test photographs that have a label of each task, and of those with a caption (``captioned``).

    Raises:
        TableError: photographs and embeddings are not of the same run.
    """
    rows = parquet.read(photos, schemas.PHOTOS, columns=COLUMNS).to_pylist()
    train, test = (_said(rows, split) for split in ("train", "test"))
    found, absent = tasks.collect(train.attributes, test.attributes)
    if not any(test.captions):
        absent["retrieval"] = "no photograph of test has a caption"
    neighbours = {"k": k, "weighted": weighted}
    regression = {"inverse_penalty": inverse_penalty, "standardise": standardise, "iterations": iterations}
    tree: Tree = {}
    for model, folder in embeddings.items():
        known, asked = _images(folder, train, split="train"), _images(folder, test, split="test")
        tree[model] = {"absent": absent, "n": _counts(test)}
        if found:
            tree[model] |= _heads(found, known, asked, neighbours=neighbours, regression=regression)
        if "retrieval" not in absent:
            tree[model] |= _both_ways(test, asked, _texts(folder, test))
    return tree


def _said(rows: Sequence[parquet.Row], split: str) -> Said:
    chosen = [row for row in rows if row["split"] == split]
    return Said(*([row[name] for row in chosen] for name in ("photo_id", "caption", "attributes")))


def _counts(said: Said) -> dict[str, int]:
    counts = {name: sum(bool(tasks.labels(one, name)) for one in said.attributes) for name in tasks.SEVERAL}
    return counts | {"captioned": sum(caption is not None for caption in said.captions)}


def _images(folder: Path, said: Said, *, split: str) -> Vectors:
    return _checked(folder, embedding_file.load(folder, kind="image", split=split), said.photo_ids)


def _texts(folder: Path, said: Said) -> Embeddings:
    found = embedding_file.load(folder, kind="text", split="test")
    _checked(folder, found, sorted({one for one in said.captions if one is not None}))
    return found


def _checked(folder: Path, found: Embeddings, expected: Sequence[str]) -> Vectors:
    if found.item_ids != list(expected):
        raise TableError(
            f"{folder}: holds {len(found.item_ids)} embeddings of a split that has {len(expected)} items in "
            "data/photos, or others; they were made from other photographs: run `dvc repro` again"
        )
    return found.vectors


def _heads(
    found: Sequence[Task], train: Vectors, test: Vectors, *, neighbours: dict[str, Any], regression: dict[str, Any]
) -> Tree:
    """Macro-F1 of each head on each task, and its mean over them."""
    tree: Tree = {head: dict.fromkeys(tasks.SEVERAL) for head in HEADS}
    for task in found:
        known, asked, labels = train[task.train_rows], test[task.test_rows], task.train_labels
        predicted = {
            "knn": knn.predict(known, labels, asked, several=task.several, **neighbours),
            "linear": linear_probe.predict(known, labels, asked, several=task.several, **regression),
            "majority": majority.predict(labels, count=len(asked)),
        }
        for head in HEADS:
            tree[head][task.name] = macro_f1(task.test_labels, predicted[head])
    for scores in tree.values():
        scores["mean"] = float(np.mean([scores[task.name] for task in found]))
    return tree


def _both_ways(said: Said, images: Vectors, texts: Embeddings) -> Tree:
    """Retrieval among the captioned photographs of a split and its distinct captions, with what chance gives."""
    rows = [row for row, caption in enumerate(said.captions) if caption is not None]
    captions = [str(said.captions[row]) for row in rows]
    attributes = [said.attributes[row] for row in rows]
    ways = {
        "image_to_text": (images[rows], texts.vectors, captions, texts.item_ids),
        "text_to_image": (texts.vectors, images[rows], texts.item_ids, captions),
    }
    tree: Tree = {"chance": {}}
    matches: dict[str, Tree] = {way: {"chance": {}} for way in ways}
    for way, (asking, gallery, asked, offered) in ways.items():
        told = {"query_captions": asked, "gallery_captions": offered}
        tree[way] = retrieval.recall(asking, gallery, **told, ks=KS)
        tree["chance"][way] = retrieval.chance(**told, ks=KS)
        for name in tasks.SEVERAL:
            seen = [tasks.labels(one, name) for one in attributes]
            by_caption = _united(captions, seen)
            meant = [by_caption[caption] for caption in texts.item_ids]
            asked_for, held = (seen, meant) if way == "image_to_text" else (meant, seen)
            found = retrieval.attribute_match(asking, gallery, query_labels=asked_for, gallery_labels=held)
            matches[way][name], matches[way]["chance"][name] = found
    shown = {**matches["image_to_text"], "text_to_image": matches["text_to_image"]}
    return {"retrieval": tree, "attribute_match": shown}


def _united(captions: Sequence[str], labels: Sequence[frozenset[str]]) -> dict[str, frozenset[str]]:
    """What the photographs of each caption are labelled with."""
    found: dict[str, frozenset[str]] = {}
    for caption, one in zip(captions, labels, strict=True):
        found[caption] = found.get(caption, frozenset()) | one
    return found
