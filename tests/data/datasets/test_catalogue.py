"""Each named dataset, read from a tiny folder in its authors' layout."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from crackpipe.data.datasets import catalogue
from crackpipe.data.photo import RawPhoto
from crackpipe.errors import DatasetError, PhotoError
from crackpipe.imaging import images

REAL = Path(__file__).parents[3] / "../shared/data"
CROSS = np.zeros((6, 8), bool)
CROSS[3, :] = CROSS[:, 4] = True


def picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(images.encode_jpeg(np.full((6, 8, 3), 128, np.uint8), quality=90))


def mask(path: Path, drawn: np.ndarray = CROSS) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(images.encode_mask(drawn))


def truth(path: Path, segments: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, {"groundTruth": {"Segmentation": segments, "Boundaries": segments * 0}})  # a struct of 1 × 1


def read(name: str, raw: Path) -> list[RawPhoto]:
    return list(catalogue.read(name, raw=raw))


def mask_of(photo: RawPhoto) -> np.ndarray:
    assert photo.read_mask is not None
    return photo.read_mask()


def test_crack500_takes_the_split_from_the_folder_and_the_group_from_the_first_two_fields(tmp_path: Path) -> None:
    for folder, stem in (
        ("traincrop", "20160222_081011_1281_721"),
        ("traincrop", "20160222_081011_1_1"),
        ("testcrop", "x_y_1_1"),
    ):
        picture(tmp_path / "crack500" / folder / f"{stem}.jpg")
        mask(tmp_path / "crack500" / folder / f"{stem}.png")
    photos = read("crack500", tmp_path)
    assert [(photo.name, photo.group, photo.own_split) for photo in photos] == [
        ("testcrop/x_y_1_1", "x_y", "test"),
        ("traincrop/20160222_081011_1281_721", "20160222_081011", "train"),
        ("traincrop/20160222_081011_1_1", "20160222_081011", "train"),
    ]
    np.testing.assert_array_equal(mask_of(photos[0]), CROSS)
    assert images.decode_rgb(photos[0].read_image()).shape == (6, 8, 3)


def test_crack500_is_also_read_as_its_archives_unpack(tmp_path: Path) -> None:
    picture(tmp_path / "crack500/valcrop/valcrop/a_b_1_1.jpg")
    mask(tmp_path / "crack500/valcrop/valcrop/a_b_1_1.png")
    assert [(photo.name, photo.own_split) for photo in read("crack500", tmp_path)] == [("valcrop/a_b_1_1", "val")]


def test_a_photograph_without_mask_and_a_mask_without_photograph_are_listed_so_that_they_are_rejected(
    tmp_path: Path,
) -> None:
    picture(tmp_path / "crack500/traincrop/a_b_1_1.jpg")
    mask(tmp_path / "crack500/traincrop/c_d_1_1.png")
    bare, orphan = read("crack500", tmp_path)
    with pytest.raises(PhotoError, match=r"traincrop/a_b_1_1\.png is not there"):
        mask_of(bare)
    with pytest.raises(PhotoError, match=r"traincrop/c_d_1_1\.jpg is not there"):
        orphan.read_image()


def test_cfd_segments_2_and_4_are_crack(tmp_path: Path) -> None:
    picture(tmp_path / "cfd/image/001.jpg")
    truth(tmp_path / "cfd/groundTruth/001.mat", np.array([[1, 2, 3, 4]], np.uint8))
    (photo,) = read("cfd", tmp_path)
    assert (photo.name, photo.group, photo.own_split) == ("001", "001", None)
    assert mask_of(photo).tolist() == [[False, True, False, True]]


def test_cfd_ground_truth_of_another_kind_is_refused(tmp_path: Path) -> None:
    for stem in ("001", "002", "003", "004"):
        picture(tmp_path / f"cfd/image/{stem}.jpg")
    truth(tmp_path / "cfd/groundTruth/001.mat", np.array([[1, 7]], np.uint8))
    (tmp_path / "cfd/groundTruth/002.mat").write_bytes(b"no MATLAB file at all")
    savemat(tmp_path / "cfd/groundTruth/003.mat", {"other": 1})
    faults = []
    for photo in read("cfd", tmp_path):
        with pytest.raises(PhotoError) as caught:
            mask_of(photo)
        faults.append(str(caught.value))
    assert faults[0] == "groundTruth/001.mat: segments [1, 7] of shape (1, 2), expected 1–4 as (h, w)"
    assert faults[1].startswith("groundTruth/002.mat: no MATLAB file with groundTruth[0,0]['Segmentation']")
    assert faults[2].startswith("groundTruth/003.mat: no MATLAB file with groundTruth[0,0]['Segmentation']")
    assert faults[3] == "no mask: groundTruth/004.mat is not there"


def test_deepcrack_pieces_of_one_photograph_are_one_group(tmp_path: Path) -> None:
    for split, stem in (("train", "11289-1"), ("test", "11289-2"), ("test", "IMG_1")):
        picture(tmp_path / f"deepcrack/{split}_img/{stem}.jpg")
        mask(tmp_path / f"deepcrack/{split}_lab/{stem}.png")
    assert [(photo.name, photo.group, photo.own_split) for photo in read("deepcrack", tmp_path)] == [
        ("test/11289-2", "11289", "test"),
        ("test/IMG_1", "IMG_1", "test"),
        ("train/11289-1", "11289", "train"),
    ]


def test_sdnet2018_groups_by_surface_and_photograph_number(tmp_path: Path) -> None:
    for name in ("D/CD/7001-115", "D/UD/7001-2", "W/UW/7001-2"):
        picture(tmp_path / f"sdnet2018/{name}.jpg")
    assert [(photo.name, photo.group, photo.label, photo.read_mask) for photo in read("sdnet2018", tmp_path)] == [
        ("D/CD/7001-115", "D/7001", 1, None),
        ("D/UD/7001-2", "D/7001", 0, None),
        ("W/UW/7001-2", "W/7001", 0, None),
    ]


def test_bridge2024_groups_pieces_by_the_photograph_of_their_name_or_subfolder(tmp_path: Path) -> None:
    for name in ("crack/0007_0_400", "crack/DJI_0001_2_3", "non-crack/0007_0_800", "non-crack/0012/0_0"):
        picture(tmp_path / f"bridge2024/{name}.jpg")
    assert [(photo.name, photo.group, photo.label) for photo in read("bridge2024", tmp_path)] == [
        ("crack/0007_0_400", "0007", 1),
        ("crack/DJI_0001_2_3", "DJI_0001", 1),
        ("non-crack/0007_0_800", "0007", 0),
        ("non-crack/0012/0_0", "0012", 0),
    ]


def test_a_piece_of_bridge2024_whose_name_tells_no_photograph_is_refused(tmp_path: Path) -> None:
    for name in ("crack/a_1_1", "non-crack/0007_800"):
        picture(tmp_path / f"bridge2024/{name}.jpg")
    with pytest.raises(DatasetError, match=r"non-crack/0007_800\.jpg does not end in _ROW_COL"):
        list(read("bridge2024", tmp_path))


def test_metu_variants_are_one_group(tmp_path: Path) -> None:
    for name in ("Positive/00001", "Positive/10007_1", "Positive/10007", "Negative/00001"):
        picture(tmp_path / f"metu/{name}.jpg")
    assert [(photo.name, photo.group, photo.label) for photo in read("metu", tmp_path)] == [
        ("Negative/00001", "Negative/00001", 0),
        ("Positive/00001", "Positive/00001", 1),
        ("Positive/10007", "Positive/10007", 1),
        ("Positive/10007_1", "Positive/10007", 1),
    ]


def test_ael_cracks_are_dark_and_originals_end_in_or(tmp_path: Path) -> None:
    root = tmp_path / "ael/TITS"
    for system, photo, name in (
        ("AIGLE_RN", "Im_GT_AIGLE_RN_C18aor.png", "GT_AIGLE_RN_C18a"),
        ("ESAR", "Im_GT_ESAR_30a.jpg", "GT_ESAR_30a"),
    ):
        picture(root / "IMAGES" / system / photo)
        mask(root / "GROUND_TRUTH" / system / f"{name}.png", ~CROSS)
    picture(root / "IMAGES/ESAR/Im_noGT_ESAR_01a.jpg")
    photos = read("ael", tmp_path)
    assert [photo.name for photo in photos] == ["AIGLE_RN/GT_AIGLE_RN_C18a", "ESAR/GT_ESAR_30a"]
    np.testing.assert_array_equal(mask_of(photos[0]), CROSS)
    assert all(images.size_px(photo.read_image()) == (6, 8) for photo in photos)


def test_ael_is_read_system_by_system_with_originals_of_either_format(tmp_path: Path) -> None:
    root = tmp_path / "ael/TITS"
    for system, photo, name in (
        ("LCMS", "Im_GT_LCMS_102or.png", "GT_LCMS_102"),
        ("LCMS", "Im_GT_LCMS_103or.jpg", "GT_LCMS_103"),
        ("ESAR", "Im_GT_ESAR_30a.png", "GT_ESAR_30a"),
    ):
        picture(root / "IMAGES" / system / photo)
        mask(root / "GROUND_TRUTH" / system / f"{name}.png", ~CROSS)
    picture(root / "IMAGES/LCMS/Im_GT_LCMS_102.png")  # a processed picture beside the original
    photos = read("ael", tmp_path)
    assert [(photo.name, photo.group, photo.own_split) for photo in photos] == [
        ("ESAR/GT_ESAR_30a", "GT_ESAR_30a", None),
        ("LCMS/GT_LCMS_102", "GT_LCMS_102", None),
        ("LCMS/GT_LCMS_103", "GT_LCMS_103", None),
    ]
    assert [Path(photo.path).name for photo in photos[1:]] == ["Im_GT_LCMS_102or.png", "Im_GT_LCMS_103or.jpg"]


def test_ael_ground_truth_that_went_through_jpeg_is_cut_in_the_middle_and_a_missing_picture_is_named(
    tmp_path: Path,
) -> None:
    root = tmp_path / "ael/TITS"
    (root / "GROUND_TRUTH/ESAR").mkdir(parents=True)
    (root / "IMAGES/ESAR").mkdir(parents=True)
    levels = np.array([[0, 30, 230, 255]], np.uint8)
    Image.fromarray(levels).save(root / "GROUND_TRUTH/ESAR/GT_ESAR_30a.png")
    (photo,) = read("ael", tmp_path)
    assert mask_of(photo).tolist() == [[True, True, False, False]]
    with pytest.raises(PhotoError, match=r"ESAR/Im_GT_ESAR_30aor\.png is not there"):
        photo.read_image()


def test_ael_without_a_system_or_without_its_pictures_shows_the_layout(tmp_path: Path) -> None:
    (tmp_path / "ael").mkdir()
    with pytest.raises(DatasetError, match=r"none of TITS/GROUND_TRUTH/AIGLE_RN/, .*LCMS/ is here\n  expected:"):
        read("ael", tmp_path)
    mask(tmp_path / "ael/TITS/GROUND_TRUTH/LCMS/GT_LCMS_102.png", ~CROSS)
    with pytest.raises(DatasetError, match=r"none of TITS/IMAGES/LCMS/ is here"):
        read("ael", tmp_path)


def test_folder_pairs_images_with_masks_and_groups_by_subfolder(tmp_path: Path) -> None:
    for name in ("a.jpg", "bridge_7/b.jpg", "bridge_7/c.JPG"):
        picture(tmp_path / "folder/images" / name)
    mask(tmp_path / "folder/masks/bridge_7/b.png")
    mask(tmp_path / "folder/masks/z.png")
    (tmp_path / "folder/images/note.heic").write_text("no picture")
    photos = read("folder", tmp_path)
    assert [(photo.name, photo.group, photo.read_mask is not None, photo.label) for photo in photos] == [
        ("a", "images/a", False, None),
        ("bridge_7/b", "bridge_7/", True, None),
        ("bridge_7/c", "bridge_7/", False, None),
        ("note", "images/note", False, None),
        ("masks/z", "masks/z", False, None),
    ]
    with pytest.raises(PhotoError, match=r"images/z\.\* is not there"):
        photos[-1].read_image()


def test_folder_reads_patch_labels_and_keeps_a_structure_together(tmp_path: Path) -> None:
    for name in ("crack/1.jpg", "no_crack/1.jpg", "crack/wall/2.jpg", "no_crack/wall/3.jpg"):
        picture(tmp_path / "folder" / name)
    assert [(photo.name, photo.group, photo.label) for photo in read("folder", tmp_path)] == [
        ("crack/1", "crack/1", 1),
        ("crack/wall/2", "wall/", 1),
        ("no_crack/1", "no_crack/1", 0),
        ("no_crack/wall/3", "wall/", 0),
    ]


@pytest.mark.parametrize("name", sorted(catalogue.CATALOGUE))
def test_a_missing_dataset_shows_its_layout_and_where_it_is_to_be_had(tmp_path: Path, name: str) -> None:
    with pytest.raises(DatasetError) as caught:
        read(name, tmp_path)
    dataset = catalogue.CATALOGUE[name]
    assert f"{tmp_path / name}: dataset {name} is not here ({dataset.availability})" in str(caught.value)
    assert all(line in str(caught.value) for line in dataset.layout.strip().splitlines())
    assert "found: no such folder" in str(caught.value)


@pytest.mark.parametrize("name", sorted(catalogue.CATALOGUE))
def test_a_dataset_of_another_layout_shows_what_was_found(tmp_path: Path, name: str) -> None:
    (tmp_path / name / "JPEGImages").mkdir(parents=True)
    with pytest.raises(DatasetError, match=r"found: JPEGImages/") as caught:
        read(name, tmp_path)
    assert " is here\n  expected:" in str(caught.value)


@pytest.mark.parametrize("name", ["crack500", "folder", "sdnet2018"])
def test_right_folders_without_photographs_are_refused(tmp_path: Path, name: str) -> None:
    for folder in ("traincrop", "images", "D/CD"):
        (tmp_path / name / folder).mkdir(parents=True)
    with pytest.raises(DatasetError, match=f"dataset {name} has no photograph"):
        read(name, tmp_path)


def test_an_unknown_dataset_is_told_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="dataset gaps: not known; expected demo or one of crack500, cfd"):
        read("gaps", tmp_path)


def test_the_listing_counts_what_is_here(tmp_path: Path) -> None:
    picture(tmp_path / "folder/crack/1.jpg")
    (tmp_path / "cfd").mkdir()
    found = {listed.name: listed.found for listed in catalogue.listing(tmp_path)}
    assert list(found) == ["demo", *catalogue.CATALOGUE]
    assert found["folder"] == "1 photographs"
    assert found["cfd"] == "another layout; ingest shows the one it expects"
    assert found["metu"] == "not here"
    assert all(listed.licence and listed.citation and listed.availability for listed in catalogue.listing(tmp_path))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("crack500", {"train": 1436, "val": 106, "test": 354}),
        ("cfd", {None: 118}),
        ("deepcrack", {"train": 300, "test": 237}),
    ],
)
def test_the_real_release_has_its_known_number_of_photographs(name: str, expected: dict[str | None, int]) -> None:
    if not (REAL / name).is_dir():
        pytest.skip(f"{name} is not beside this repository")
    photos = read(name, REAL)
    counted = {split: sum(photo.own_split == split for photo in photos) for split in expected}
    assert counted == expected
    assert len(photos) == sum(expected.values())
    for photo in photos[:: len(photos) // 3]:
        drawn = mask_of(photo)
        assert drawn.shape == images.size_px(photo.read_image())
        assert 0 < drawn.mean() < 0.3


def test_a_grey_photograph_saved_as_its_mask_is_refused(tmp_path: Path) -> None:
    picture(tmp_path / "folder/images/a.jpg")
    (tmp_path / "folder/masks").mkdir()
    Image.fromarray(np.arange(48, dtype=np.uint8).reshape(6, 8)).save(tmp_path / "folder/masks/a.png")
    (photo,) = read("folder", tmp_path)
    with pytest.raises(PhotoError, match=r"masks/a\.png: mask is not binary: it has 48 levels"):
        mask_of(photo)
