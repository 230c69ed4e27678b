"""Parameters with their comments, as a page."""

from pathlib import Path

import pytest

from crackpipe.errors import ParamsError
from crackpipe.params import Params, reference

ROOT = Path(__file__).parents[2]
TEXT = """\
defaults:
  - _self_
# ── patches ──────
slice:
  side_px: 128 # height | width
  augment: # of them
    sides: # one is drawn
      - 1
      - 2
  maps: # several
    - side: 8 # of <each>
      kind: "a: b" # its kind
  none: {} # nothing

rest: # the remainder
  flag: null # off
"""


@pytest.fixture
def commented(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_a_page_has_a_table_for_each_section(commented: Path) -> None:
    assert reference.page(commented) == (
        "## slice\n\nPatches.\n\n"
        "| key | default | meaning |\n| --- | --- | --- |\n"
        "| `side_px` | `128` | height \\| width |\n"
        "| `augment` |  | of them |\n"
        "| `augment.sides` | `[1, 2]` | one is drawn |\n"
        '| `maps` | `[{side: 8, kind: "a: b"}]` | several |\n'
        "| `maps[].side` |  | of &lt;each> |\n"
        "| `maps[].kind` |  | its kind |\n"
        "| `none` | `{}` | nothing |\n\n"
        "## rest\n\nRest.\n\nThe remainder.\n\n"
        "| key | default | meaning |\n| --- | --- | --- |\n"
        "| `flag` | `null` | off |\n"
    )


def test_a_parameter_without_a_comment_is_refused(commented: Path) -> None:
    commented.write_text(TEXT.replace(" # height | width", ""), encoding="utf-8")
    with pytest.raises(ParamsError, match=r"config.yaml: slice.side_px: has no comment; say behind it what it means"):
        reference.page(commented)


def test_every_parameter_of_the_schema_has_a_row() -> None:
    by_name = {section.name: section for section in reference.sections(ROOT / "conf/config.yaml")}
    assert set(by_name) == set(Params.model_fields)
    for name, field in Params.model_fields.items():
        keys = {parameter.key.split(".")[0] for parameter in by_name[name].parameters}
        assert set(getattr(field.annotation, "model_fields", {})) <= keys
