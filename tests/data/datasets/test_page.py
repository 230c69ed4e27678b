"""The catalogue as a page."""

from crackpipe.data.datasets import catalogue, page


def test_every_dataset_has_a_row_and_a_chapter_with_its_layout_and_terms() -> None:
    text = page.page()
    for name, dataset in catalogue.CATALOGUE.items():
        assert f"| [`{name}`](#{name}) | " in text
        chapter = text.split(f"\n## {name}\n")[1].split("\n## ")[0]
        assert dataset.layout.strip("\n") in chapter
        assert f"- Licence: {dataset.licence}." in chapter
    assert "| `demo` | " in text


def test_addresses_can_be_followed() -> None:
    assert "page <https://github.com/yhlleo/DeepCrack>." in page.page()
