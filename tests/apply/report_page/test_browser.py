"""The page in Chromium: what a reader sees, sorts, filters, slides and prints."""

import re
from pathlib import Path
from typing import Any

import inspected_folder
import pytest

from crackpipe.apply import report_page

pytestmark = pytest.mark.slow
REFUSED = [("site/torn.jpg", "truncated: the JPEG has no end marker")]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of nine drawn photographs, with pictures."""
    folder = inspected_folder.write(tmp_path_factory.mktemp("site"), photos=9, side_px=400, refused=REFUSED)
    return report_page.write(folder)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of 500 cracks, of which those of five photographs have no scale, without pictures."""
    photos, cracks = inspected_folder.survey(50, 500, scaled=45)
    path = tmp_path_factory.mktemp("large") / "report.html"
    path.write_text(report_page.render(photos, cracks, inspected_folder.RUN, pictures={}), encoding="utf-8")
    return path


def column(page: Any, table: str, index: int) -> list[str]:
    """Texts of a column's visible cells."""
    return page.eval_on_selector_all(
        f"#{table} tbody tr:not([hidden]) td:nth-child({index})", "cells => cells.map(cell => cell.textContent.trim())"
    )


def numbers(texts: list[str]) -> list[float]:
    return [float(re.sub(r"[^\d.]", "", text)) for text in texts if text != "–"]


def test_the_first_screen_shows_figures_classes_and_the_widest_cracks(show: Any, drawn: Path):
    page = show(drawn)
    for words in ("Photographs", "Cracks found", "Total length", "Widest", "Width classes", "Widest cracks"):
        box = page.get_by_text(words, exact=True).first.bounding_box()
        assert box["y"] + box["height"] < 900, words
    assert page.locator(".worst img").first.evaluate("image => image.naturalWidth") == 160
    assert page.get_by_text("truncated: the JPEG has no end marker").is_visible()


def test_a_heading_sorts_by_its_column_and_again_the_other_way(show: Any, large: Path):
    page = show(large)
    widest = column(page, "cracks", 3)
    assert len(widest) == 200
    assert numbers(widest) == sorted(numbers(widest), reverse=True)
    head = page.locator("#cracks th", has_text="Length, mm")
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    lengths = numbers(column(page, "cracks", 6))
    assert lengths == sorted(lengths, reverse=True)
    head.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    shortest = numbers(column(page, "cracks", 6))
    assert shortest == sorted(shortest)
    assert shortest[-1] < lengths[-1]
    page.get_by_role("button", name="Show all").first.click()
    assert column(page, "cracks", 6)[-50:] == ["–"] * 50  # without a scale; last whichever way
    head.get_by_role("button").click()
    assert column(page, "cracks", 6)[-50:] == ["–"] * 50


def test_classes_are_sorted_by_width_and_names_by_their_numbers(show: Any, large: Path):
    page = show(large)
    page.get_by_role("button", name="Class").first.click()
    names = ["over 3.2 mm", "1.6 to 3.2 mm", "up to 1.6 mm", "–"]
    order = [names.index(text) for text in column(page, "cracks", 8)]
    assert order == sorted(order)
    page.locator("#cracks th").first.get_by_role("button").click()
    photos = column(page, "cracks", 1)
    assert photos == sorted(photos)


def test_rows_are_filtered_by_width_class_and_name(show: Any, large: Path):
    page = show(large)
    fields = page.locator('.filters[data-for="cracks"]')
    fields.get_by_label("Widest, mm, at least").fill("2")
    assert min(numbers(column(page, "cracks", 3))) >= 2
    fields.get_by_label("Class").select_option("1.6 to 3.2 mm")
    assert set(column(page, "cracks", 8)) == {"1.6 to 3.2 mm"}
    fields.get_by_label("Photograph").fill("img_000")
    assert {name[:7] for name in column(page, "cracks", 1)} == {"IMG_000"}
    shown = len(column(page, "cracks", 1))
    assert fields.locator("output").text_content() == f"{shown} of 500 rows"
    fields.get_by_label("Photograph").fill("nowhere")
    assert column(page, "cracks", 1) == []


def test_two_hundred_rows_are_shown_until_all_are_asked_for(show: Any, large: Path):
    page = show(large)
    assert page.get_by_text("200 of 500 shown.").is_visible()
    page.get_by_role("button", name="Show all").first.click()
    assert len(column(page, "cracks", 1)) == 500
    assert not page.get_by_text("500 shown.").is_visible()


def test_the_slider_follows_the_keyboard(show: Any, drawn: Path):
    page = show(drawn)
    slider = page.get_by_role("slider").first
    before = page.locator(".compare .before").first
    assert "50%" in before.evaluate("image => getComputedStyle(image).clipPath")
    slider.focus()
    for _ in range(10):
        slider.press("ArrowRight")
    assert "40%" in before.evaluate("image => getComputedStyle(image).clipPath")
    slider.press("Home")
    assert "100%" in before.evaluate("image => getComputedStyle(image).clipPath")
    names = page.locator(".compare img").evaluate_all("images => images.map(image => image.naturalWidth)")
    assert set(names) == {400}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_need_not_scroll_sideways(show: Any, drawn: Path, large: Path, scheme: str):
    for path in (drawn, large):
        page = show(path, width=390, scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
        assert dark == (scheme == "dark")
        png = page.screenshot()
        assert png[:4] == b"\x89PNG"


def test_it_prints_to_pages_with_both_pictures_and_no_controls(show: Any, drawn: Path, tmp_path: Path):
    page = show(drawn)
    pdf = page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) >= 2
    page.emulate_media(media="print")
    assert not page.get_by_role("slider").first.is_visible()
    assert not page.locator(".filters").first.is_visible()
    heading = page.locator("#cracks th button").first  # else it is missing on a table's second page
    assert heading.evaluate("button => getComputedStyle(button).display") == "contents"
    left, right = (page.locator(f".compare {image}").first.bounding_box() for image in (".before", "img:not(.before)"))
    assert left["x"] + left["width"] <= right["x"]
    assert left["y"] == right["y"]
