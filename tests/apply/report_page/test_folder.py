"""The page of a finished folder."""

import json
import shutil
from pathlib import Path

import inspected_folder
import pandas as pd
import pytest

from crackpipe.apply import report_page
from crackpipe.apply.report_page import folder
from crackpipe.errors import CrackpipeError
from crackpipe.measures import width_classes


@pytest.fixture(scope="module")
def inspected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return inspected_folder.write(tmp_path_factory.mktemp("site"), photos=9, side_px=160, refused=[("NA", "empty")])


@pytest.fixture
def out(inspected: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(inspected, tmp_path / "out"))


def test_the_same_folder_gives_the_same_bytes(out: Path):
    page = report_page.write(out)
    assert page == out / "report.html"
    first = page.read_bytes()
    assert report_page.write(out).read_bytes() == first
    assert not list(out.glob(".*"))


def test_photographs_are_shown_before_and_after_those_without_cracks_once(out: Path):
    photos = pd.read_csv(out / "photos.csv", keep_default_na=False)
    cracked = int((photos["cracks"].replace("", 0).astype(float) > 0).sum())
    text = report_page.write(out).read_text(encoding="utf-8")
    assert text.count('<input type="range"') == cracked
    assert text.count("data:image/jpeg") == 2 * cracked + (9 - cracked) + 5  # and five close-ups


def test_a_photograph_whose_file_is_gone_is_shown_with_its_cracks_alone(out: Path):
    text = report_page.write(out, picture=lambda path: None).read_text(encoding="utf-8")
    assert 'type="range"' not in text
    assert '<div class="compare">' in text


def test_a_mosaic_too_large_to_be_read_whole_is_shown_by_its_drawing_alone(out: Path):
    photos = pd.read_csv(out / "photos.csv", keep_default_na=False)
    photos["height_px"] = 10_000_000
    photos.to_csv(out / "photos.csv", index=False)
    text = report_page.write(out, picture=lambda path: pytest.fail("read it")).read_text(encoding="utf-8")
    assert 'type="range"' not in text


def test_the_most_pictures_are_those_of_the_greatest_length(out: Path):
    photos = folder.read(out).inspected
    longest = photos.sort_values("length_m", ascending=False)["name"].iloc[0]
    text = report_page.write(out, most_pictures=1).read_text(encoding="utf-8")
    assert text.count("<article") == 1
    assert f"</span> {longest}</h3>" in text
    assert "data:image" not in report_page.write(out, most_pictures=0).read_text(encoding="utf-8")


def test_other_limits_change_the_page_and_not_the_tables(out: Path):
    before = (out / "cracks.csv").read_bytes()
    text = report_page.write(out, classes=width_classes.parse("0.5,2")).read_text(encoding="utf-8")
    assert "<option>0.5 to 2 mm</option>" in text
    assert "1.6 to 3.2 mm" not in text
    assert "Classes on this page are by the limits 0.5,2; the tables beside it hold those by aashto." in text
    assert (out / "cracks.csv").read_bytes() == before
    same = report_page.write(out, classes=width_classes.NAMED["aashto"]).read_text(encoding="utf-8")
    assert "the tables beside it" not in same


def test_names_that_look_like_numbers_or_nothing_stay_text(out: Path):
    assert folder.read(out).refused["photo"].tolist() == ["NA"]
    (out / "photos.csv").write_bytes((out / "photos.csv").read_bytes().replace(b"asphalt-000-a", b"00\xfc7"))
    assert folder.read(out).photos["name"].iloc[0] == "00\udcfc7"


def test_a_folder_that_is_not_finished_is_told(out: Path, tmp_path: Path):
    with pytest.raises(CrackpipeError, match=r"run\.json: not found; name a folder that `crackpipe inspect` has"):
        report_page.write(tmp_path / "nothing")
    (out / "cracks.csv").unlink()
    with pytest.raises(CrackpipeError, match=r"cracks\.csv: not found"):
        report_page.write(out)
    (out / "run.json").write_text(json.dumps({"crackpipe": "0.1.0"}), encoding="utf-8")
    with pytest.raises(CrackpipeError, match=r"run\.json: not what `crackpipe inspect` writes"):
        report_page.write(out)


def test_a_table_of_another_version_is_told(out: Path):
    table = pd.read_csv(out / "photos.csv").drop(columns="taken")
    table.to_csv(out / "photos.csv", index=False)
    with pytest.raises(
        CrackpipeError, match=r"photos.csv: has no column taken: of another version; run `crackpipe insp"
    ):
        report_page.write(out)


def test_a_missing_drawing_is_told(out: Path):
    next(out.glob("*.cracks.jpg")).unlink()
    with pytest.raises(CrackpipeError, match=r"\.cracks\.jpg: not found, but photos\.csv names its photograph"):
        report_page.write(out)
