"""Sources of ingest: datasets by name, and several folders of a user's own."""

import pytest
from pydantic import ValidationError

from crackpipe.params.photographs import Source


@pytest.mark.parametrize(
    ("name", "folder"),
    [("crack500", "crack500"), ("folder", "folder"), ("folder:bridge_12", "bridge_12"), ("captioned:a-1", "a-1")],
)
def test_a_source_tells_its_folder(name: str, folder: str) -> None:
    assert Source(name=name, split="own", limit=None).folder == folder


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("crack50", "expected one of demo, crack500, .*; did you mean crack500"),
        ("crack500:mine", "expected folder:NAME or captioned:NAME"),
        ("folder:", "expected folder:NAME"),
        ("folder:../elsewhere", "expected folder:NAME"),
        ("folder:cfd", "that is no dataset's"),
    ],
)
def test_another_name_is_refused(name: str, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Source(name=name, split="own", limit=None)
