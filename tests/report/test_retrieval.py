"""The figures of embeddings drawn by hand: perfect ones, useless ones, and data that lacks labels or captions."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import results_folder

from crackpipe.clip import embedding, embedding_file
from crackpipe.errors import TableError
from crackpipe.files import arrow, metrics, parquet, schemas
from crackpipe.imaging import images
from crackpipe.report import retrieval
from crackpipe.results import published_tables

SETTINGS: dict[str, Any] = {
    "items": "task",
    "gallery": "labelled",
    "k": 3,
    "weighted": False,
    "inverse_penalty": 10.0,
    "standardise": False,
    "iterations": 1000,
}
WIDTH = 4
DAMAGES = ("crack", "rust", "stain")
RATINGS = {"crack": "Ⅱ", "rust": "Ⅲ", "stain": None}
PICTURE = images.encode_rgb(np.full((8, 8, 3), 200, np.uint8))


def photograph(name: str, split: str, damage: str | None, *, caption: bool = True) -> parquet.Row:
    told = None
    if damage is not None:
        told = {"damage": [damage], "location": ["wall"], "soundness": RATINGS[damage], "measure": None}
    known = {"photo_id": name, "source": "s", "split": split, "group_id": name, "height_px": 8, "width_px": 8}
    said = f"{damage} is observed." if caption and damage else None
    empty = {"mask": None, "label": None, "mm_per_px": None}
    return {**known, **empty, "image": PICTURE, "caption": said, "attributes": told}


SURVEY = [  # of each damage 4 photographs in train and 3, 2 and 1 in test; one without a word
    *(photograph(f"s/train{d}{i}", "train", damage) for d, damage in enumerate(DAMAGES) for i in range(4)),
    *(photograph(f"s/test{d}{i}", "test", damage) for d, damage in enumerate(DAMAGES) for i in range(3 - d)),
    photograph("s/bare", "test", None),
]


def perfect(text: str) -> np.ndarray:
    """An axis for each damage that a photograph shows or a caption names."""
    place = next((i for i, damage in enumerate(DAMAGES) if damage in text), 3)
    return np.eye(WIDTH, dtype=np.float16)[place]


def blind(text: str) -> np.ndarray:
    return np.eye(WIDTH, dtype=np.float16)[0]


class Project:
    """Tables of photographs and embeddings in one folder."""

    def __init__(self, folder: Path) -> None:
        self.photos = folder / "photos"
        self.folders = {name: folder / "embeddings" / name for name in ("base", "tuned")}

    def write(self, rows: list[parquet.Row]) -> None:
        rows = sorted(rows, key=lambda row: row["photo_id"])
        parquet.write_shards(self.photos, schemas.PHOTOS, rows)
        shown = {row["photo_id"]: (row["attributes"] or {"damage": ["nothing"]})["damage"][0] for row in rows}
        listed = embedding.items(self.photos)
        for name, see in (("base", blind), ("tuned", perfect)):
            vectors = np.stack([see(shown.get(one, one)) for one in listed["item_id"]])
            self.write_vectors(name, listed, vectors)

    def write_vectors(self, name: str, listed: pd.DataFrame, vectors: np.ndarray) -> None:
        column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), WIDTH)
        names = {column: pa.array(listed[column].tolist(), pa.string()) for column in listed}
        path = self.folders[name] / embedding_file.FILE
        arrow.write(path, schemas.embeddings(width=WIDTH), pa.table({**names, "vector": column}))

    def score(self, **changed: Any) -> dict[str, Any]:
        return retrieval.score(self.photos, self.folders, **SETTINGS | changed)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write(SURVEY)
    return made


def test_perfect_embeddings_score_1_in_every_task_and_both_ways(project: Project) -> None:
    tuned = project.score()["tuned"]
    for head in ("knn", "linear"):
        assert tuned[head] == {"damage": 1, "soundness": 1, "location": None, "measure": None, "mean": 1}
    for way in ("image_to_text", "text_to_image"):
        assert tuned["retrieval"][way] == {"r1": 1, "r5": 1, "r10": 1}
    found = tuned["attribute_match"]
    assert [found[name] for name in ("damage", "location", "soundness", "measure")] == [1, 1, 1, None]
    assert [found["text_to_image"][name] for name in ("damage", "location", "soundness", "measure")] == [1, 1, 1, None]


def test_complete_photographs_alone_are_learned_from_and_all_are_scored(project: Project) -> None:
    """Stains have no soundness: none of train is learned from, but the one of test is scored, as another damage."""
    before, found = project.score()["tuned"], project.score(items="complete")["tuned"]
    assert found["n"] == before["n"]
    assert (found["n"]["damage"], found["n"]["soundness"]) == (6, 5)
    assert found["attribute_match"] == before["attribute_match"]
    assert (before["knn"]["damage"], before["knn"]["soundness"], found["knn"]["soundness"]) == (1, 1, 1)
    # of crack, rust and stain one has the stain as a false positive (of 3 or of 2), one is right, one is never found
    assert min(abs(found["knn"]["damage"] - (f1 + 1 + 0) / 3) for f1 in (6 / 7, 4 / 5)) < 1e-9


def test_a_gallery_of_all_photographs_makes_those_without_the_attribute_misses(project: Project) -> None:
    """All embeddings are alike, and the first photograph, which every caption finds, lost its rating."""
    rows = [
        row | {"attributes": row["attributes"] | {"soundness": None}} if row["photo_id"] == "s/test00" else row
        for row in SURVEY
    ]
    project.write(rows)
    labelled, everything = (project.score(gallery=name)["base"]["attribute_match"] for name in ("labelled", "all"))
    assert labelled["text_to_image"]["soundness"] == 1 / 2  # the next crack: right for cracks, wrong for rust
    assert everything["text_to_image"]["soundness"] == 0
    # two cracks and two rusts are rated, of six captioned photographs
    assert labelled["text_to_image"]["chance"]["soundness"] == pytest.approx(2 / 4)
    assert everything["text_to_image"]["chance"]["soundness"] == pytest.approx(2 / 6)
    assert everything["damage"] == labelled["damage"]


def test_the_baseline_says_what_train_says_most(project: Project) -> None:
    """Four photographs of each damage: the first set wins, crack; 3 of 6 in test are cracks."""
    majority = project.score()["base"]["majority"]
    assert majority["damage"] == pytest.approx((2 * 3 / (3 + 6) + 0 + 0) / 3)
    assert majority["soundness"] == pytest.approx((2 * 3 / (3 + 5) + 0) / 2)
    assert majority["mean"] == pytest.approx((majority["damage"] + majority["soundness"]) / 2)


def test_embeddings_that_are_all_alike_are_no_better_than_chance(project: Project) -> None:
    base = project.score()["base"]
    assert base["retrieval"]["image_to_text"]["r1"] == 0
    assert base["knn"]["mean"] <= base["majority"]["mean"]
    assert base["linear"]["mean"] <= base["majority"]["mean"]


def test_chance_counts_distinct_captions_and_all_captioned_photographs(project: Project) -> None:
    chance = project.score()["tuned"]["retrieval"]["chance"]
    assert chance["image_to_text"] == {"r1": pytest.approx(1 / 3), "r5": 1, "r10": 1}
    # of six photographs 3, 2 and 1 bear the caption that asks
    assert chance["text_to_image"] == {
        "r1": pytest.approx((3 + 2 + 1) / 6 / 3),
        "r5": pytest.approx((1 + 1 + 5 / 6) / 3),
        "r10": 1,
    }


def test_an_absent_task_is_null_with_its_reason(project: Project) -> None:
    found = project.score()["tuned"]
    assert found["absent"] == {
        "location": "every photograph of train that has one has the same: wall",
        "measure": "no photograph of train has one",
    }


def test_photographs_are_counted_by_label_and_by_caption(project: Project) -> None:
    """Six of the seven in test say something; the stain bears no rating, and one crack lost its caption."""
    rows = [row | {"caption": None} if row["photo_id"] == "s/test00" else row for row in SURVEY]
    project.write(rows)
    found = project.score()
    assert found["base"]["n"] == {"soundness": 5, "measure": 0, "damage": 6, "location": 6, "captioned": 5}
    assert found["tuned"]["n"] == found["base"]["n"]


def test_without_captions_heads_are_scored_and_retrieval_is_absent(project: Project) -> None:
    project.write([row | {"caption": None} for row in SURVEY])
    found = project.score()["tuned"]
    assert sorted(found) == ["absent", "knn", "linear", "majority", "n"]
    assert found["absent"]["retrieval"] == "no photograph of test has a caption"
    assert found["knn"]["damage"] == 1


def test_photographs_without_a_word_leave_nothing_but_reasons(project: Project) -> None:
    project.write([row | {"caption": None, "attributes": None} for row in SURVEY])
    found = project.score()
    assert found["base"] == found["tuned"]
    assert list(found["base"]) == ["absent", "n"]
    assert set(found["base"]["n"].values()) == {0}
    assert sorted(found["base"]["absent"]) == ["damage", "location", "measure", "retrieval", "soundness"]


def test_a_dataset_without_a_test_split_leaves_nothing_but_reasons(project: Project) -> None:
    project.write([row for row in SURVEY if row["split"] == "train"])
    found = project.score()["tuned"]
    assert list(found) == ["absent", "n"]
    assert found["absent"]["damage"] == "no photograph of test has one"


def test_the_val_split_changes_no_figure(project: Project) -> None:
    before = project.score()
    project.write([*SURVEY, *(photograph(f"s/val{i}", "val", "stain") for i in range(9))])
    assert project.score() == before


def test_a_caption_without_attributes_is_retrieved_but_not_matched(project: Project) -> None:
    project.write([*SURVEY, photograph("s/told", "test", None) | {"caption": "Nothing to see."}])
    found = project.score()["tuned"]
    assert found["retrieval"]["image_to_text"]["r1"] == 1
    assert found["retrieval"]["chance"]["image_to_text"]["r1"] == 1 / 4
    assert found["attribute_match"]["chance"]["location"] == 1


def test_embeddings_of_other_photographs_are_refused(project: Project) -> None:
    rows = [row for row in SURVEY if row["photo_id"] != "s/test00"]
    parquet.write_shards(project.photos, schemas.PHOTOS, sorted(rows, key=lambda row: row["photo_id"]))
    with pytest.raises(
        TableError, match=r"base: holds 7 embeddings of a split that has 6 items .* run `dvc repro` again"
    ):
        project.score()


def test_the_tree_is_written_as_json(project: Project, tmp_path: Path) -> None:
    metrics.write_json(tmp_path / "bridge.json", project.score())
    assert '"measure": null' in (tmp_path / "bridge.json").read_text(encoding="utf-8")


def test_the_comparison_finds_its_figures_in_the_tree(project: Project, tmp_path: Path) -> None:
    tree = project.score()
    folder = results_folder.write(tmp_path / "results/captioned", bridge=tree)
    heads, recalls, matches = (
        {row.name: [cell and (cell.values[0], cell.n) for cell in row.cells] for row in table.rows if row.run}
        for table in published_tables.tables([folder])
        if any(row.run for row in table.rows)
    )
    assert heads["tuned, k-NN"] == [(100, 5), None, (100, 6), None, (100, None)]
    assert heads["majority"][4] == (100 * tree["base"]["majority"]["mean"], None)
    assert recalls["tuned"] == [(100, 6)] * 4
    assert recalls["chance"][0] == (100 * tree["base"]["retrieval"]["chance"]["image_to_text"]["r1"], 6)
    assert matches["tuned"] == [(100, 5), None, (100, 6), (100, 6)]
    assert list(matches) == ["base", "tuned", "chance"]
