"""From listed photographs to rows and rejects."""

import os
from collections.abc import Iterator
from pathlib import Path

import field_pictures
import numpy as np
import pytest

from crackpipe.data import ingest
from crackpipe.data.photo import Attributes, RawPhoto, Split
from crackpipe.errors import DatasetError, PhotoError, TableError
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images, picture_files

REAL = Path(__file__).parents[2] / "../shared/data"


def nothing() -> Iterator[RawPhoto]:
    return iter(())


def png(seed: int) -> bytes:
    return images.encode_rgb(np.random.default_rng(seed).integers(0, 256, (8, 12, 3), dtype=np.uint8))


def candidate(
    name: str, split: Split | None, *, seed: int | None = None, group: str | None = None, path: str | None = None
) -> ingest.Candidate:
    data = png(sum(name.encode()) if seed is None else seed)
    raw = RawPhoto(name=name, path=path or f"{name}.png", group=group or name, own_split=split, read_image=lambda: data)
    return ingest.Candidate(f"s/{name}", "s", split, f"s/{group or name}", False, raw)


def survey(*candidates: ingest.Candidate) -> ingest.Survey:
    return ingest.survey(sorted(candidates, key=lambda c: (c.photo_id, c.raw.path)), max_megapixels=1.0, workers=2)


def accepted(found: ingest.Survey) -> list[str]:
    return [item.photo_id for item, _ in found.accepted]


def reasons(found: ingest.Survey) -> dict[str, str]:
    return {reject.candidate.raw.path: reject.reason for reject in found.rejects}


def test_the_same_pixels_in_train_and_test_stay_in_test_only() -> None:
    found = survey(candidate("a", "train", seed=1), candidate("b", "val", seed=1), candidate("c", "test", seed=1))
    assert accepted(found) == ["s/c"]
    assert reasons(found) == {
        "a.png": "in train, but has the same pixels as s/c in test, which stays",
        "b.png": "in val, but has the same pixels as s/c in test, which stays",
    }


def test_the_same_pixels_twice_in_a_split_are_kept_once() -> None:
    found = survey(candidate("b", "train", seed=1), candidate("a", "train", seed=1), candidate("c", "train", seed=2))
    assert accepted(found) == ["s/a", "s/c"]
    assert reasons(found) == {"b.png": "in train, but has the same pixels as s/a in train, which stays"}


def test_a_group_that_crosses_splits_stays_in_test_only() -> None:
    found = survey(
        candidate("a", "train", group="g"),
        candidate("b", "test", group="g"),
        candidate("c", "train", group="h"),
        candidate("d", "val", group="h"),
    )
    assert accepted(found) == ["s/b", "s/d"]
    assert reasons(found) == {
        "a.png": "in train, but its group s/g is also in test, which keeps the group",
        "c.png": "in train, but its group s/h is also in val, which keeps the group",
    }


def test_a_broken_test_photograph_does_not_claim_its_group() -> None:
    broken = candidate("b", "test", group="g")
    raw = RawPhoto(name="b", path="b.png", group="g", own_split="test", read_image=lambda: b"")
    found = survey(
        candidate("a", "train", group="g"),
        ingest.Candidate(broken.photo_id, "s", "test", broken.group_id, False, raw),
    )
    assert accepted(found) == ["s/a"]
    assert reasons(found) == {"b.png": "the file is empty (0 bytes)"}


def test_a_photograph_without_split_is_rejected_and_counted_as_unassigned() -> None:
    found = survey(candidate("a", None), candidate("b", "train"))
    assert reasons(found) == {"a.png": "its dataset gives it no split; name one, or set the source's split"}
    assert ingest.counts(found) == {
        "s": {
            "train": {"photos": 1, "masks": 0, "rejected": 0},
            "unassigned": {"photos": 0, "masks": 0, "rejected": 1},
        }
    }


def test_two_files_of_one_name_are_told_from_duplicates() -> None:
    found = survey(candidate("a", "train", path="a.jpg", seed=1), candidate("a", "train", path="a.png", seed=2))
    assert accepted(found) == ["s/a"]
    assert reasons(found) == {"a.png": "same name as a.jpg, but for the suffix: both would be s/a; rename one"}


def test_rows_hold_the_files_own_bytes_and_a_one_bit_mask(tmp_path: Path) -> None:
    drawn = np.zeros((8, 12), bool)
    drawn[4] = True
    raw = RawPhoto(
        name="a",
        path="a.png",
        group="g",
        own_split="train",
        read_image=lambda: png(3),
        read_mask=lambda: drawn,
        caption="A crack.",
        attributes=Attributes(("crack",), ("wall",), "Ⅱ", None),
        mm_per_px=0.5,
    )
    plain = candidate("b", "test")
    found = survey(ingest.Candidate("s/a", "s", "train", "s/g", True, raw), plain)
    assert parquet.write_shards(tmp_path / "photos", schemas.PHOTOS, ingest.rows(found, workers=2)) == 2
    full, bare = parquet.read(tmp_path / "photos", schemas.PHOTOS).to_pylist()
    assert (full["photo_id"], full["source"], full["split"], full["group_id"]) == ("s/a", "s", "train", "s/g")
    assert (full["height_px"], full["width_px"], full["label"], full["mm_per_px"]) == (8, 12, 1, 0.5)
    assert full["image"] == png(3)
    np.testing.assert_array_equal(images.decode_mask(full["mask"]), drawn)
    assert full["attributes"] == {"damage": ["crack"], "location": ["wall"], "soundness": "Ⅱ", "measure": None}
    assert (bare["mask"], bare["label"], bare["caption"], bare["attributes"]) == (None, None, None, None)


def test_rejects_fit_their_table_even_if_one_is_listed_twice(tmp_path: Path) -> None:
    same = [candidate("a", "train", path="a.png") for _ in range(3)]
    found = survey(*same)
    assert len(found.rejects) == 2
    assert parquet.write(tmp_path / "r.parquet", schemas.PHOTOS_REJECTED, ingest.reject_rows(found)) == 1


def test_a_file_that_vanishes_between_the_passes_stops_the_run() -> None:
    first = iter([png(1)])

    def vanishing() -> bytes:
        for data in first:
            return data
        raise PhotoError("images/a.png is not there")

    raw = RawPhoto(name="a", path="a", group="a", own_split="train", read_image=vanishing)
    found = survey(ingest.Candidate("s/a", "s", "train", "s/a", False, raw))
    with pytest.raises(PhotoError, match="is not there"):
        list(ingest.rows(found, workers=1))


def test_nothing_usable_and_nothing_to_train_on_are_errors() -> None:
    raw = RawPhoto(name="a", path="a.png", group="a", own_split="train", read_image=lambda: b"")
    with pytest.raises(DatasetError, match=r"all 1 were rejected, such as\n  a\.png: the file is empty \(0 bytes\)"):
        ingest.require_training(survey(ingest.Candidate("s/a", "s", "train", "s/a", False, raw)))
    with pytest.raises(
        DatasetError, match=r"no photograph is in train \(there are: test 1\), expected at least one; in"
    ):
        ingest.require_training(survey(candidate("a", "test")))
    ingest.require_training(survey(candidate("a", "train")))


def folder_of(raw: Path, count: int) -> None:
    (raw / "folder/crack").mkdir(parents=True)
    for index in range(count):
        (raw / f"folder/crack/{index:02d}.png").write_bytes(png(index))


def test_gather_orders_all_sources_by_id_and_thins_each_split_evenly(tmp_path: Path) -> None:
    folder_of(tmp_path, 10)

    def demo() -> Iterator[RawPhoto]:
        yield RawPhoto(name="0", path="demo", group="0", own_split="test", read_image=lambda: png(0))

    found = ingest.gather(sources=[("folder", "train", 3), ("demo", "own", None)], raw=tmp_path, seed=0, demo=demo)
    assert [(item.photo_id, item.split, item.group_id, item.needs_mask) for item in found] == [
        ("demo/0", "test", "demo/0", True),
        ("folder/crack/00", "train", "folder/crack/00", False),
        ("folder/crack/03", "train", "folder/crack/03", False),
        ("folder/crack/06", "train", "folder/crack/06", False),
    ]


def test_several_folders_of_own_photographs_stand_side_by_side_under_their_names(tmp_path: Path) -> None:
    folder_of(tmp_path, 2)
    (tmp_path / "folder").rename(tmp_path / "bridge_12")
    folder_of(tmp_path, 1)
    sources = [("folder:bridge_12", "train", None), ("folder", "test", None)]
    found = ingest.gather(sources=sources, raw=tmp_path, seed=0, demo=nothing)
    assert [(item.photo_id, item.source, item.split) for item in found] == [
        ("bridge_12/crack/00", "bridge_12", "train"),
        ("bridge_12/crack/01", "bridge_12", "train"),
        ("folder/crack/00", "folder", "test"),
    ]
    with pytest.raises(DatasetError, match="bridge_12 is named twice"):
        ingest.gather(sources=[*sources, ("captioned:bridge_12", "own", 1)], raw=tmp_path, seed=0, demo=nothing)
    with pytest.raises(DatasetError, match="gone: dataset folder:gone is not here"):
        ingest.gather(sources=[("folder:gone", "train", None)], raw=tmp_path, seed=0, demo=nothing)


def test_a_limit_leaves_the_split_of_those_it_keeps(tmp_path: Path) -> None:
    folder_of(tmp_path, 20)
    whole, few = (
        {
            item.photo_id: item.split
            for item in ingest.gather(sources=[("folder", "3:1:1", limit)], raw=tmp_path, seed=0, demo=nothing)
        }
        for limit in (None, 2)
    )
    assert len(whole) == 20
    assert len(few) == 6
    assert few.items() <= whole.items()


def test_a_source_named_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"ingest\.sources: folder is named twice"):
        ingest.gather(sources=[("folder", "train", 1), ("folder", "test", 1)], raw=tmp_path, seed=0, demo=nothing)


def test_rows_are_in_the_order_that_tables_ask_for(tmp_path: Path) -> None:
    found = survey(*[candidate(name, "train") for name in ("b/1", "a-1", "a/1", "A", "é", "a")])
    try:
        parquet.write_shards(tmp_path, schemas.PHOTOS, ingest.rows(found, workers=2))
    except TableError as error:  # pragma: no cover
        pytest.fail(str(error))


def test_the_real_releases_pass_with_few_photographs_of_each_split() -> None:
    if not (REAL / "crack500").is_dir():
        pytest.skip("the real datasets are not beside this repository")
    sources: list[tuple[str, str, int | None]] = [("crack500", "own", 8), ("cfd", "test", 8), ("deepcrack", "own", 8)]
    found = ingest.survey(
        ingest.gather(sources=sources, raw=REAL, seed=0, demo=nothing), max_megapixels=10.0, workers=2
    )
    assert found.rejects == [] or all("keeps the group" in reject.reason for reject in found.rejects)
    counts = ingest.counts(found)
    assert {split: cell["masks"] for split, cell in counts["crack500"].items()} == {"test": 8, "train": 8, "val": 8}
    assert counts["cfd"]["test"]["masks"] == 8
    assert all(facts.label == 1 for item, facts in found.accepted if item.source == "cfd")


def test_deepcracks_own_split_loses_the_twelve_pieces_that_show_test_cracks() -> None:
    if not (REAL / "deepcrack").is_dir():
        pytest.skip("deepcrack is not beside this repository")
    candidates = ingest.gather(sources=[("deepcrack", "own", None)], raw=REAL, seed=0, demo=nothing)
    claimed = {item.group_id for item in candidates if item.split == "test"}
    assert sum(item.split == "train" and item.group_id in claimed for item in candidates) == 12


def from_file(name: str, data: bytes, mask: np.ndarray | None = None) -> ingest.Candidate:
    read_mask = None if mask is None else lambda: mask
    raw = RawPhoto(name, f"{name}.x", name, "train", read_image=lambda: data, read_mask=read_mask)
    return ingest.Candidate(f"s/{name}", "s", "train", f"s/{name}", False, raw)


def test_every_container_is_stored_so_that_later_stages_see_the_same_pixels() -> None:
    every = {name: data for name, data in field_pictures.every().items() if name != "dng"}
    stored = {}
    for name, data in every.items():
        found = survey(from_file(name, data))
        assert not found.rejects, name
        (row,) = ingest.rows(found, workers=1)
        expected = picture_files.read(data, max_megapixels=1).rgb
        np.testing.assert_array_equal(images.decode_rgb(row["image"]), expected, err_msg=name)
        stored[name] = row["image"]
    for name in ("jpeg", "jpeg cmyk", "png", "png alpha", "bmp", "webp", "tiff"):
        assert stored[name] == every[name]


def test_transparent_pixels_hold_no_crack() -> None:
    mask = np.ones((48, 64), bool)
    (row,) = ingest.rows(survey(from_file("a", field_pictures.every()["png alpha"], mask)), workers=1)
    stored = images.decode_mask(row["mask"])
    assert not stored[:, :10].any()
    assert stored[:, 10:].all()


def test_what_is_doubtful_is_told_of_accepted_photographs() -> None:
    every = field_pictures.every()
    found = survey(from_file("a", every["tiff pages"]), from_file("b", every["png 16 bits"], ~field_pictures.crack()))
    notes = [(row["path"], row["note"]) for row in ingest.warned_rows(found)]
    assert notes[0] == ("a.x", "first of 2 pages")
    assert ("b.x", "96% of its mask is crack; if it was drawn black on white, invert it") in notes
    assert any(note.startswith("16 bits, levels") for _, note in notes)


def test_two_deep_pictures_that_look_alike_are_two() -> None:
    grey = field_pictures.wall()[..., 0].astype(np.uint16) * 256
    one, other = (field_pictures.tiff(samples) for samples in (grey, grey + np.uint16(3)))
    assert accepted(survey(from_file("a", one), from_file("b", other))) == ["s/a", "s/b"]
    assert accepted(survey(from_file("a", one), from_file("b", one))) == ["s/a"]


def test_names_of_any_bytes_reach_the_tables(tmp_path: Path) -> None:
    folder = tmp_path / "folder/images"
    folder.mkdir(parents=True)
    for name, data in ((b"Br\xfccke.png", png(1)), (b"a\nb.png", png(2)), (b"l\xe4dt.png", b"")):
        (folder / os.fsdecode(name)).write_bytes(data)
    candidates = ingest.gather(sources=[("folder", "train", None)], raw=tmp_path, seed=0, demo=nothing)
    found = ingest.survey(candidates, max_megapixels=1, workers=1)
    parquet.write_shards(tmp_path / "photos", schemas.PHOTOS, ingest.rows(found, workers=1))
    parquet.write(tmp_path / "r.parquet", schemas.PHOTOS_REJECTED, ingest.reject_rows(found))
    assert accepted(found) == ["folder/Brücke", "folder/a\\nb"]
    assert [Path(path).name for path in reasons(found)] == ["lädt.png"]
