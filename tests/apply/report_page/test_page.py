"""The page as text: what it says, what it escapes, how large it is."""

import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
import pytest
from inspected_folder import RUN, crack_row, photo_row, refused_row, survey, tables

from crackpipe.apply.report_page import PicturePair, render
from crackpipe.apply.report_page.figures import GROUPS
from crackpipe.imaging import images

JPEG = images.encode_jpeg(np.zeros((4, 6, 3), np.uint8), quality=75)
HOSTILE = "<script>alert(1)</script>\"'&\n{{ 7 * 7 }}\udcfc"


class Words(HTMLParser):
    """Visible text of a page, a line an element, and its tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._hidden = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._hidden = tag in ("style", "script")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._hidden:
            self.lines.append(" ".join(data.replace(GROUPS, " ").split()))


def page(photos: pd.DataFrame, cracks: pd.DataFrame, run: dict[str, Any] = RUN, **pictures: PicturePair) -> str:
    return render(photos, cracks, run, pictures=pictures)


def picture(**closeups: bytes) -> PicturePair:
    return PicturePair(JPEG, JPEG, 4, 6, {int(number[1:]): jpeg for number, jpeg in closeups.items()})


def two_photographs() -> tuple[pd.DataFrame, pd.DataFrame]:
    """At half a millimetre a pixel: cracks of 2 and 10 mm, 50 mm and 1 m long; a sound one; one refused."""
    wide = crack_row("wall", 1, mm_per_px=0.5, width_max_px=20.0, length_px=2000.0, orientation_deg=90.0)
    thin = crack_row("wall", 2, mm_per_px=0.5, confidence=0.5)
    wall = photo_row("wall", [wide, thin], mm_per_px=0.5, notes="dark", latitude=52.5, longitude=13.4)
    rows = [wall, photo_row("sound", mm_per_px=0.5), refused_row("site/torn.jpg", "truncated")]
    return tables(rows, [wide, thin])


def test_the_first_screen_has_photographs_cracks_length_and_the_widest():
    lines = Words(page(*two_photographs())).lines
    start = lines.index("Photographs", lines.index("How it was made"))
    assert lines[start : start + 12] == [
        *("Photographs", "2", "1 with cracks, 1 not looked at"),
        *("Cracks found", "2", "none in 1 photograph"),
        *("Total length", "1.05 m", "35.0 m per square metre"),
        *("Widest", "10.0 mm", "crack 1 of wall"),
    ]


def test_cracks_that_may_be_pieces_of_others_are_told_beside_their_number():
    photos, cracks = two_photographs()
    lines = Words(page(photos.assign(in_line=[1, 0, np.nan]), cracks)).lines
    assert "none in 1 photograph, 1 may be pieces of others" in lines


def test_the_days_on_which_photographs_were_taken_and_what_ran_the_network_are_told():
    photos, cracks = two_photographs()
    assert "crackpipe 0.1.0 · model unet-truth" in Words(page(photos, cracks)).lines
    taken = ["2026-03-31 14:05:59", "2026-03-29 23:59:59", ""]
    lines = Words(page(photos.assign(taken=taken), cracks)).lines
    assert "photographs of 2026-03-29 to 2026-03-31 · crackpipe 0.1.0 · model unet-truth" in lines
    assert lines[lines.index("network run by") + 1] == "onnx, fp32"


def test_classes_tell_number_length_and_share_the_widest_first():
    lines = Words(page(*two_photographs())).lines
    start = lines.index("Share")
    assert lines[start + 1 : start + 13] == [
        *("over 3.2 mm", "1", "1.00 m", "95 %"),
        *("1.6 to 3.2 mm", "1", "50 mm", "5 %"),
        *("up to 1.6 mm", "0", "0 mm", "0 %"),
    ]


def test_the_tables_hold_every_crack_and_every_photograph_that_was_looked_at():
    text = page(*two_photographs())
    crack_rows, photo_rows = re.findall(r"<tbody>\n(<tr>.*?)</tbody>", text.replace(GROUPS, " "), re.DOTALL)[-2:]
    cells = [re.sub(r"<[^>]+>", "|", row).split("|") for row in crack_rows.split("<tr>")[1:]]
    assert [[cell for cell in row if cell] for row in cells] == [
        ["wall", "1", "10.00", "1.50", "1 000", "over 3.2 mm", "90°", "90 %"],
        ["wall", "2", "2.00", "1.50", "50", "1.6 to 3.2 mm", "0°", "50 %"],
    ]
    assert "sound" in photo_rows
    assert "torn" not in photo_rows


def test_what_was_refused_is_told_with_its_reason():
    lines = Words(page(*two_photographs())).lines
    at = lines.index("site/torn.jpg")
    assert lines[at + 1] == "truncated"


def test_without_any_scale_all_is_told_in_pixels_and_nothing_has_a_class():
    cracks = [crack_row("wall", 1)]
    text = page(*tables([photo_row("wall", cracks)], cracks))
    lines = Words(text).lines
    assert {"100 px", "no photograph has a scale", "4.0 px", "Widest, px"} < set(lines)
    assert not re.search(r"\d mm\b", text[text.index("<main>") : text.index('id="made"')])
    assert "Class" not in lines


def test_of_some_photographs_without_a_scale_both_units_are_told():
    scaled, plain = crack_row("a", 1, mm_per_px=0.1), crack_row("b", 1)
    photos = [photo_row("a", [scaled], mm_per_px=0.1), photo_row("b", [plain])]
    lines = Words(page(*tables(photos, [scaled, plain]))).lines
    assert {"Widest, mm", "Widest, px", "and 100 px in photographs without a scale"} < set(lines)


def test_without_cracks_or_photographs_the_page_says_so():
    assert "No crack was found." in Words(page(*tables([photo_row("sound")], []))).lines
    only_refused = page(*tables([refused_row("torn.jpg", "truncated")], []))
    assert "No crack was found: no photograph could be looked at." in Words(only_refused).lines


def test_names_notes_and_reasons_cannot_become_part_of_the_page():
    crack = crack_row(HOSTILE, 1, mm_per_px=0.5, photo=HOSTILE)
    photos = [photo_row(HOSTILE, [crack], mm_per_px=0.5, photo=HOSTILE, notes=HOSTILE, latitude=1.0, longitude=2.0)]
    photo_table, crack_table = tables([*photos, refused_row(HOSTILE, HOSTILE)], [crack])
    run = {**RUN, "date": HOSTILE, "model": {"name": HOSTILE, "digest": "", "card": {HOSTILE: [HOSTILE]}}}
    text = render(photo_table, crack_table, run, pictures={HOSTILE: picture(n1=JPEG)})
    text.encode("utf-8")
    words = Words(text)
    assert [tag for tag, _ in words.tags].count("script") == 1
    shown = "<script>alert(1)</script>\"'&␊{{ 7 * 7 }}ü"
    assert words.lines.count(shown) >= 4
    assert all(
        key in ("alt", "title", "aria-label") for _, tag in words.tags for key, at in tag.items() if shown in (at or "")
    )


def test_each_picture_has_its_slider_its_facts_and_its_cracks():
    photos, cracks = two_photographs()
    text = page(photos, cracks, wall=picture(n1=JPEG), sound=PicturePair(JPEG, None, 4, 6))
    article = text[text.index('<article id="photo-1">') : text.index("</article>")]
    assert article.count("data:image/jpeg;base64,") == 2
    assert '<input type="range"' in article
    assert (
        "2 cracks · 1.05 m · widest 10.0 mm · 0.5 mm a pixel (mm per pixel as given) · 52.50000°, 13.40000°" in article
    )
    assert '<p class="facts">dark</p>' in article
    assert text.count("<article") == 1
    assert '<li id="photo-2"><img' in text
    assert text.count('<a href="#photo-1">') == 7  # tile, widest cracks (2), map, table of cracks (2), of photographs


def test_a_photograph_that_is_gone_shows_its_cracks_alone():
    text = page(*two_photographs(), wall=PicturePair(JPEG, None, 4, 6))
    assert text.count("data:image/jpeg") == 1
    assert 'type="range"' not in text


def test_photographs_without_a_picture_are_counted():
    text = page(*two_photographs(), wall=picture())
    assert "The 1 photographs with the greatest length of cracks; the other 1 stand in the table above." in text


def test_two_hundred_rows_are_shown_at_first():
    text = page(*survey(10, 250))
    assert text.count("<tr hidden>") == 50
    assert "<span>200 of 250 shown.</span>" in text


def test_rows_beyond_the_most_are_left_to_the_csv_file(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("crackpipe.apply.report_page.tables.MOST_ROWS", 20)
    text = page(*survey(10, 50))
    assert "30 more rows are in <code>cracks.csv</code> alone." in text


def test_fifty_photographs_and_five_hundred_cracks_take_less_than_300_kb():
    assert len(page(*survey(50, 500)).encode()) < 300_000
    assert len(page(*survey(50, 500, scaled=25)).encode()) < 300_000


def test_the_same_tables_give_the_same_page():
    assert page(*survey(5, 50)) == page(*survey(5, 50))


def test_nothing_on_the_page_is_fetched():
    words = Words(page(*two_photographs(), wall=picture(n1=JPEG)))
    for tag, known in words.tags:
        for key in ("src", "href", "srcset", "action"):
            assert (known.get(key) or "#").startswith(("#", "data:")), (tag, known)
    (policy,) = (known["content"] for tag, known in words.tags if "http-equiv" in known)
    assert (policy or "").startswith("default-src 'none'; img-src data:; ")
