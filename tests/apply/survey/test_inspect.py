"""A survey: photographs become masks, cracks in millimetres and tables; nothing is lost, and nothing done twice."""

import importlib
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crackpipe.apply import orthomosaic
from crackpipe.apply.segmenter_files import SegmenterFiles
from crackpipe.apply.survey import Outcome, SurveySettings
from crackpipe.apply.survey import inspect as survey
from crackpipe.apply.survey.journal import FILE as JOURNAL
from crackpipe.errors import CrackpipeError
from crackpipe.imaging import images
from crackpipe.imaging.scale import ScaleSources
from crackpipe.measures import width_classes

ALL = [".cracks.jpg", ".mask.png"]


def run(files: SegmenterFiles, *photos: str, out: str = "out", mm_per_px: float | None = None, **more: Any) -> Outcome:
    sources = ScaleSources(mm_per_px=mm_per_px, table=None, marker_mm=None, distance_m=None)
    settings = SurveySettings(
        **{"sources": sources, "limits": width_classes.parse("jsce"), "masks_only": False, "again": False} | more
    )
    return survey(list(map(Path, photos)), files=files, out=Path(out), settings=settings)


def levels(path: str) -> np.ndarray:
    return images.decode_grey(Path(path).read_bytes())


def test_a_folder_gives_masks_pictures_and_tables(files: SegmenterFiles, site: Path) -> None:
    found = run(files, "site", mm_per_px=0.5)
    assert found.exit_status == 0
    assert found.photos["name"].tolist() == ["a", "deep/b"]
    assert found.photos["cracks"].tolist() == [1, 0]
    written = {str(path.relative_to("out")) for path in Path("out").rglob("*") if path.is_file()}
    assert written == {f"{name}{suffix}" for name in ("a", "deep/b") for suffix in ALL} | {
        JOURNAL,
        "photos.csv",
        "cracks.csv",
        "cracks.parquet",
        "cracks.geojson",
        "report.html",
        "run.json",
    }
    assert levels("out/a.mask.png").shape == (96, 140)
    assert images.decode_rgb(Path("out/deep/b.cracks.jpg").read_bytes()).shape == (96, 140, 3)


def test_photographs_need_no_package_for_maps(
    files: SegmenterFiles, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("crackpipe.apply.orthomosaic.")]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("rasterio", "pyogrio"):
        monkeypatch.setitem(sys.modules, name, None)
    importlib.reload(orthomosaic)
    assert run(files, "site", masks_only=True).exit_status == 0


def test_the_row_of_a_crack_has_its_length_width_and_place_in_pixels_and_millimetres(
    files: SegmenterFiles, site: Path
) -> None:
    row = run(files, "site/a.png", mm_per_px=0.5).cracks.iloc[0]
    assert row["length_px"] == pytest.approx(100, abs=6)
    assert row["geometric_median_px"] == pytest.approx(4, abs=1)
    assert row["length_mm"] == pytest.approx(row["length_px"] / 2, abs=0.01)
    assert row["width_max_mm"] == pytest.approx(row["width_max_px"] / 2, abs=0.01)
    assert row["area_mm2"] == pytest.approx(row["area_px"] / 4, abs=0.01)
    assert min(row["orientation_deg"], 180 - row["orientation_deg"]) < 2
    assert 45 < row["row_px"] < 51
    assert (row["top_px"], row["bottom_px"]) == (pytest.approx(46, abs=2), pytest.approx(50, abs=2))


def test_without_a_scale_there_are_no_millimetres_and_no_class(files: SegmenterFiles, site: Path) -> None:
    found = run(files, "site")
    assert found.cracks["length_mm"].isna().all()
    assert found.photos["length_m"].isna().all()
    assert found.cracks["class"].tolist() == [""]


def test_the_tables_on_disk_are_the_same(files: SegmenterFiles, site: Path) -> None:
    found = run(files, "site", mm_per_px=0.5)
    cracks = pd.read_csv("out/cracks.csv")
    assert cracks["length_px"].tolist() == found.cracks["length_px"].tolist()
    assert pd.read_parquet("out/cracks.parquet")["length_mm"].tolist() == found.cracks["length_mm"].tolist()
    (feature,) = json.loads(Path("out/cracks.geojson").read_text())["features"]
    assert feature["geometry"] is None  # nobody knows where
    assert feature["properties"]["length_px"] == found.cracks["length_px"].tolist()[0]
    assert len(feature["properties"]["lines_px"][0]) >= 2


def test_a_photograph_that_is_done_is_not_looked_at_again_unless_asked(
    files: SegmenterFiles, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(files, "site")
    with monkeypatch.context() as patch:
        patch.setattr("crackpipe.apply.trained_segmenter.load", lambda *_, **__: pytest.fail("loaded a network"))
        again = run(files, "site")
    pd.testing.assert_frame_equal(first.cracks, again.cracks)
    Path("out/a.mask.png").unlink()
    run(files, "site")
    assert Path("out/a.mask.png").is_file()
    before = Path("out/a.mask.png").stat().st_ino
    run(files, "site", again=True)
    assert Path("out/a.mask.png").stat().st_ino != before


def test_another_scale_measures_again_without_the_network(
    files: SegmenterFiles, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(files, "site", mm_per_px=0.5)
    monkeypatch.setattr("crackpipe.apply.trained_segmenter.load", lambda *_, **__: pytest.fail("loaded a network"))
    row = run(files, "site", mm_per_px=0.25).cracks.iloc[0]
    assert row["length_mm"] == pytest.approx(row["length_px"] / 4, abs=0.01)


def test_another_version_measures_again(files: SegmenterFiles, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(files, "site/a.png")
    before = (Path("out") / JOURNAL).stat().st_size
    run(files, "site/a.png")
    assert (Path("out") / JOURNAL).stat().st_size == before
    monkeypatch.setattr("importlib.metadata.version", lambda _: "99.0")
    run(files, "site/a.png")
    assert (Path("out") / JOURNAL).stat().st_size > before
    assert json.loads(Path("out/run.json").read_text())["crackpipe"] == "99.0"


def test_two_surveys_of_the_same_photographs_have_the_same_bytes(files: SegmenterFiles, site: Path) -> None:
    run(files, "site", out="one", mm_per_px=0.5)
    run(files, "site", out="two", mm_per_px=0.5)
    for path in sorted(Path("one").rglob("*")):
        if path.is_file() and path.name != JOURNAL:
            assert path.read_bytes() == (Path("two") / path.relative_to("one")).read_bytes(), path


def test_a_changed_photograph_and_other_settings_are_looked_at_again(files: SegmenterFiles, site: Path) -> None:
    assert run(files, "site/a.png").photos["cracks"].tolist() == [1]
    Path("site/a.png").write_bytes(Path("site/deep/b.png").read_bytes())
    assert run(files, "site/a.png").photos["cracks"].tolist() == [0]
    Path("site/a.png").write_bytes(images.encode_rgb(np.full((96, 140, 3), 20, np.uint8)))
    run(files, "site/a.png")
    long = files.with_geometry(min_length_px=1000.0)
    assert run(long, "site/a.png").photos["cracks"].tolist() == [0]
    assert levels("out/a.mask.png").max() < 128  # what is no crack stays below the level of one


def test_a_photograph_whose_name_is_no_text_is_looked_at_like_any_other(files: SegmenterFiles, site: Path) -> None:
    for name in (b"site/\xff\xfe.png", b"site/\xffbroken.png"):
        Path(os.fsdecode(name)).write_bytes(Path("site/a.png").read_bytes()[: None if b"broken" not in name else 9])
    found = run(files, "site")
    assert found.photos["cracks"].dropna().tolist() == [1, 0, 1]
    assert found.refused["photo"].tolist() == [r"site/\udcffbroken.png"]
    pd.testing.assert_frame_equal(run(files, "site").photos, found.photos)


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (3, 200)])
def test_a_photograph_of_few_pixels_is_looked_at(shape: tuple[int, int], files: SegmenterFiles, site: Path) -> None:
    Path("site/tiny.png").write_bytes(images.encode_rgb(np.full((*shape, 3), 20, np.uint8)))
    assert run(files, "site/tiny.png").exit_status == 0
    assert levels("out/tiny.mask.png").shape == shape


def test_a_figure_of_the_card_that_is_none_is_null(files: SegmenterFiles, site: Path) -> None:
    run(replace(files, card=files.card | {"scores": {"ods": float("nan")}}), "site/a.png")
    found = json.loads(Path("out/run.json").read_text(), parse_constant=lambda sign: pytest.fail(f"{sign} is no JSON"))
    assert found["model"]["card"]["scores"] == {"ods": None}


def test_a_refused_photograph_gets_a_reason_and_stops_nobody(files: SegmenterFiles, site: Path) -> None:
    Path("site/broken.jpg").write_bytes(b"no picture")
    Path("site/cut.png").write_bytes(Path("site/a.png").read_bytes()[:2000])
    found = run(files, "site")
    assert found.exit_status == 3
    assert sorted(found.refused["name"]) == ["broken", "cut"]
    assert (found.refused["reason"] != "").all()
    assert found.photos["cracks"].dropna().tolist() == [1, 0]
    assert run(files, "site/broken.jpg", out="none").exit_status == 1


def test_a_torn_line_of_the_journal_costs_its_photograph_alone(files: SegmenterFiles, site: Path) -> None:
    first = run(files, "site")
    path = Path("out") / JOURNAL
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])  # killed while it wrote
    again = run(files, "site")
    pd.testing.assert_frame_equal(first.photos, again.photos)
    assert (
        len(path.read_bytes().split(b"\n")) == 6
    )  # two photographs begun and done, the torn line, nothing after the last


def test_results_among_the_photographs_are_no_photographs(files: SegmenterFiles, site: Path) -> None:
    assert run(files, "site", out="site").photos["name"].tolist() == ["a", "deep/b"]
    assert run(files, "site", out="site").photos["name"].tolist() == ["a", "deep/b"]


def test_a_file_of_the_users_own_is_never_overwritten(files: SegmenterFiles, site: Path) -> None:
    mine = b"mine"
    Path("site/a.mask.png").write_bytes(mine)
    found = run(files, "site/a.png", out="site")
    assert "is none of this survey's results; name another folder" in found.refused["reason"].iloc[0]
    assert Path("site/a.mask.png").read_bytes() == mine
    Path("mine").mkdir()
    Path("mine/photos.csv").write_bytes(mine)
    with pytest.raises(CrackpipeError, match=r"mine/photos\.csv: is there and is none of this survey's results; name"):
        run(files, "site/a.png", out="mine")
    assert [path.read_bytes() for path in Path("mine").iterdir()] == [mine]


def test_a_folder_that_cannot_be_written_is_told_before_any_work(
    files: SegmenterFiles, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:  # root, who runs tests, may write everywhere
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(CrackpipeError, match=r"out: cannot be written \(Permission denied\); give access, or name"):
        run(files, "site/a.png")


def test_a_full_disk_is_a_reason_and_the_others_go_on(
    files: SegmenterFiles, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crackpipe.files import atomic

    write = atomic.write_bytes

    def full(path: Path, data: bytes) -> None:
        if path.name == "a.mask.png":
            raise OSError(28, "No space left on device")
        write(path, data)

    monkeypatch.setattr(atomic, "write_bytes", full)
    found = run(files, "site")
    assert found.refused["reason"].tolist() == [
        "No space left on device; make room or give access, then run the command again"
    ]
    assert Path("out/deep/b.mask.png").is_file()


def test_a_fault_of_the_program_is_told_with_its_photograph_and_the_others_go_on(
    files: SegmenterFiles, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crackpipe.apply.survey import look

    measure = look.measure

    def faulty(photo: str, *rest: Any, **more: Any) -> look.Look:
        if photo.endswith("a.png"):
            raise ZeroDivisionError("division by zero")
        return measure(photo, *rest, **more)

    monkeypatch.setattr(look, "measure", faulty)
    found = run(files, "site")
    assert found.refused["reason"].tolist() == [
        "a fault of crackpipe (ZeroDivisionError: division by zero); please report it, with the photograph"
    ]
    assert found.photos["name"].tolist() == ["deep/b", "a"]


def test_what_is_missing_is_named(files: SegmenterFiles, site: Path) -> None:
    with pytest.raises(CrackpipeError, match="nowhere: not found"):
        run(files, "nowhere")
    Path("empty").mkdir()
    with pytest.raises(CrackpipeError, match="empty: no photograph in there"):
        run(files, "empty")
    Path("taken").write_bytes(b"mine")
    with pytest.raises(CrackpipeError, match="taken: is a file, but results go into a folder"):
        run(files, "site", out="taken")
