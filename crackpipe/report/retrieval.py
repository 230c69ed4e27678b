"""Scores of embeddings: classification by heads, retrieval in both directions, attribute matches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

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
Gallery = Literal["labelled", "all"]
Tree = dict[str, Any]
Vectors = Float16[np.ndarray, "_ d"]  # each split has its own number


@dataclass(frozen=True, slots=True)
class SplitRecords:
    """Captions and attributes of the photographs of one split, in the order of their ids."""

    photo_ids: list[str]
    captions: list[str | None]
    attributes: list[Mapping[str, Any] | None]


def score(
    photos: Path,
    embeddings: Mapping[str, Path],
    *,
    items: Literal["task", "complete"],
    gallery: Gallery,
    k: int,
    weighted: bool,
    inverse_penalty: float,
    standardise: bool,
    iterations: int,
) -> Tree:
    """Score each model's embeddings on the test split; heads are trained on the train split.

    Args:
        photos: the ``photos`` table.
        embeddings: folder of each model's embeddings.
        items: training photographs that a task is learned from: ``task``, those with a label of it, or ``complete``,
            those with a label of every attribute that any of them has (BridgeCLIP's database). It is scored on all test
            photographs with a label of it.
        gallery: what an attribute match may find: ``labelled``, items with a label of the attribute, or ``all``; see
            :func:`crackpipe.measures.retrieval.attribute_match`.
        k, weighted: see :func:`crackpipe.retrieval.knn.predict`.
        inverse_penalty, standardise, iterations: see :func:`crackpipe.retrieval.linear_probe.predict`.

    Returns:
        ``{model: {knn|linear|majority: {task: macro-F1, mean}, retrieval: …, attribute_match: …, absent: …, n: …}}``.
        A task that cannot be scored is ``null`` and not in the mean; ``absent`` holds the reason. Without any task, or
        without captions in the test split, heads or retrieval are left out, and ``absent`` says why. ``n`` holds the
        number of test photographs that have a label of each task, and of those with a caption (``captioned``).

    Raises:
        TableError: photographs and embeddings are not of the same run.
    """
    rows = parquet.read(photos, schemas.PHOTOS, columns=COLUMNS).to_pylist()
    train, test = (_records(rows, split) for split in ("train", "test"))
    learned = tasks.complete(train.attributes) if items == "complete" else train.attributes
    scorable, absent = tasks.collect(learned, test.attributes)
    if not any(test.captions):
        absent["retrieval"] = "no photograph of test has a caption"
    neighbours = {"k": k, "weighted": weighted}
    regression = {"inverse_penalty": inverse_penalty, "standardise": standardise, "iterations": iterations}
    tree: Tree = {}
    for model, folder in embeddings.items():
        learnt, queries = _images(folder, train, split="train"), _images(folder, test, split="test")
        tree[model] = {"absent": absent, "n": _counts(test)}
        if scorable:
            tree[model] |= _heads(scorable, learnt, queries, neighbours=neighbours, regression=regression)
        if "retrieval" not in absent:
            tree[model] |= _both_directions(test, queries, _texts(folder, test), gallery=gallery)
    return tree


def _records(rows: Sequence[parquet.Row], split: str) -> SplitRecords:
    members = [row for row in rows if row["split"] == split]
    return SplitRecords(*([row[name] for row in members] for name in ("photo_id", "caption", "attributes")))


def _counts(records: SplitRecords) -> dict[str, int]:
    counts = {name: sum(bool(tasks.labels(own, name)) for own in records.attributes) for name in tasks.SEVERAL}
    return counts | {"captioned": sum(caption is not None for caption in records.captions)}


def _images(folder: Path, records: SplitRecords, *, split: str) -> Vectors:
    return _checked(folder, embedding_file.load(folder, kind="image", split=split), records.photo_ids)


def _texts(folder: Path, records: SplitRecords) -> Embeddings:
    texts = embedding_file.load(folder, kind="text", split="test")
    _checked(folder, texts, sorted({caption for caption in records.captions if caption is not None}))
    return texts


def _checked(folder: Path, embedded: Embeddings, expected: Sequence[str]) -> Vectors:
    if embedded.item_ids != list(expected):
        raise TableError(
            f"{folder}: holds {len(embedded.item_ids)} embeddings of a split that has {len(expected)} items in "
            "data/photos, or others; they were made from other photographs: run `dvc repro` again"
        )
    return embedded.vectors


def _heads(
    scorable: Sequence[Task], train: Vectors, test: Vectors, *, neighbours: dict[str, Any], regression: dict[str, Any]
) -> Tree:
    """Macro-F1 of each head on each task, and its mean over them."""
    tree: Tree = {head: dict.fromkeys(tasks.SEVERAL) for head in HEADS}
    for task in scorable:
        learnt, queries, labels = train[task.train_rows], test[task.test_rows], task.train_labels
        predicted = {
            "knn": knn.predict(learnt, labels, queries, several=task.several, **neighbours),
            "linear": linear_probe.predict(learnt, labels, queries, several=task.several, **regression),
            "majority": majority.predict(labels, count=len(queries)),
        }
        for head in HEADS:
            tree[head][task.name] = macro_f1(task.test_labels, predicted[head])
    for scores in tree.values():
        scores["mean"] = float(np.mean([scores[task.name] for task in scorable]))
    return tree


def _both_directions(records: SplitRecords, images: Vectors, texts: Embeddings, *, gallery: Gallery) -> Tree:
    """Retrieval among the captioned photographs of a split and its distinct captions, and by chance."""
    rows = [row for row, caption in enumerate(records.captions) if caption is not None]
    captions = [str(records.captions[row]) for row in rows]
    attributes = [records.attributes[row] for row in rows]
    directions = {
        "image_to_text": (images[rows], texts.vectors, captions, texts.item_ids),
        "text_to_image": (texts.vectors, images[rows], texts.item_ids, captions),
    }
    tree: Tree = {"chance": {}}
    matches: dict[str, Tree] = {direction: {"chance": {}} for direction in directions}
    for direction, (queries, offered, of_queries, of_items) in directions.items():
        both = {"query_captions": of_queries, "gallery_captions": of_items}
        tree[direction] = retrieval.recall(queries, offered, **both, ks=KS)
        tree["chance"][direction] = retrieval.chance(**both, ks=KS)
        for name in tasks.SEVERAL:
            of_images = [tasks.labels(own, name) for own in attributes]
            by_caption = _united(captions, of_images)
            of_texts = [by_caption[caption] for caption in texts.item_ids]
            asked, held = (of_images, of_texts) if direction == "image_to_text" else (of_texts, of_images)
            labels = {"query_labels": asked, "gallery_labels": held}
            match, chance = retrieval.attribute_match(queries, offered, **labels, unlabelled=gallery == "all")
            matches[direction][name], matches[direction]["chance"][name] = match, chance
    shown = {**matches["image_to_text"], "text_to_image": matches["text_to_image"]}
    return {"retrieval": tree, "attribute_match": shown}


def _united(captions: Sequence[str], labels: Sequence[frozenset[str]]) -> dict[str, frozenset[str]]:
    """Unite the labels of the photographs of each caption."""
    united: dict[str, frozenset[str]] = {}
    for caption, own in zip(captions, labels, strict=True):
        united[caption] = united.get(caption, frozenset()) | own
    return united
