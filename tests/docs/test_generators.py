"""What pages and drawings are made of: marks, commands, rooms, stages, boxes and arrows."""

import itertools
from pathlib import Path
from typing import Annotated, Any

import pytest
import results_folder
import typer
from generators import api, command_line, drawing, layered, parts, reliability, rooms, stages


def test_a_part_is_replaced_and_the_rest_kept() -> None:
    text = "before\n<!-- a -->\nold \\1\n<!-- /a -->\nafter\n"
    assert parts.replaced(text, "a", "new \\1", where="x.md") == "before\n<!-- a -->\n\nnew \\1\n\n<!-- /a -->\nafter\n"
    with pytest.raises(
        ValueError, match=r"x.md: expected one part between <!-- b --> and <!-- /b -->; add the two lines"
    ):
        parts.replaced(text, "b", "new", where="x.md")


def test_a_commands_page_tells_arguments_options_defaults_and_bounds() -> None:
    app = typer.Typer()

    @app.command("few-shot")
    def few_shot(
        folder: Annotated[Path, typer.Argument(help="holds crack/")],
        seed: Annotated[int, typer.Option(min=0, help="of folds")] = 3,
        share: Annotated[float | None, typer.Option(min=0.1, max=0.9, help="a | b")] = None,
        again: Annotated[bool, typer.Option(help="once more")] = False,
    ) -> None:
        """Train a head."""

    assert command_line.page(app, program="cp") == (
        "## cp few-shot\n\nTrain a head.\n\n```text\ncp few-shot FOLDER [options]\n```\n\n"
        "| argument or option | default | meaning |\n| --- | --- | --- |\n"
        "| `FOLDER` |  | holds crack/ |\n"
        "| `--seed N` | `3` | of folds (at least 0) |\n"
        "| `--share X` |  | a \\| b (0.1 to 0.9) |\n"
        "| `--again` |  | once more |\n"
    )


def test_depth_is_the_longest_way_and_a_circle_is_refused() -> None:
    edges = [("a", "b"), ("b", "c"), ("a", "c")]
    assert layered.depths(["c", "a", "b"], edges) == {"c": 2, "a": 0, "b": 1}
    with pytest.raises(ValueError, match="arrows run in a circle: "):
        layered.depths(["a", "b"], [("a", "b"), ("b", "a")])


def test_an_arrow_that_follows_from_others_is_left_out() -> None:
    assert layered.reduced([("a", "b"), ("b", "c"), ("a", "c"), ("a", "d")]) == [("a", "b"), ("b", "c"), ("a", "d")]


def test_boxes_of_a_row_do_not_overlap_and_twice_the_same_lies_alike() -> None:
    widths = dict.fromkeys("abcdefg", 50.0)
    edges = [("a", "c"), ("a", "d"), ("b", "d"), ("b", "e"), ("a", "f"), ("c", "f"), ("d", "g"), ("b", "g")]
    found = layered.arranged(widths, edges)
    for row in found.rows:
        centres = sorted(found.centres[name] for name in row)
        assert all(right - left >= 50 + layered.GAP for left, right in itertools.pairwise(centres))
    assert found == layered.arranged(widths, edges)
    assert len(found.bends["a", "f"]) == 3  # it passes the row of c, d and e


def test_a_drawing_names_its_boxes_and_escapes_them() -> None:
    found = drawing.svg({"a": "x < y", "b": ""}, [("a", "b")], title="one & two")
    assert "<title>one &amp; two</title>" in found
    assert ">x &lt; y</text>" in found
    assert found.count('class="arrow"') == 1
    assert found.count('class="box"') == 2


def test_rooms_are_folders_and_files_with_what_they_say_of_themselves(tmp_path: Path) -> None:
    (tmp_path / "data/demo").mkdir(parents=True)
    (tmp_path / "data/__init__.py").write_text('"""Photographs in. And more."""\n', encoding="utf-8")
    (tmp_path / "data/demo/crack.py").write_text("", encoding="utf-8")
    (tmp_path / "errors.py").write_text('"""Errors; see :func:`refuse`."""\n', encoding="utf-8")
    (tmp_path / "__main__.py").write_text("", encoding="utf-8")
    (tmp_path / "notes").mkdir()
    assert rooms.rooms(tmp_path) == [
        rooms.Room("data", "Photographs in", ("demo.crack",)),
        rooms.Room("errors", "Errors; see `refuse`", ()),
    ]


def test_arrows_of_another_folder_than_the_imported_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"crackpipe is imported from \S+, not from \S+; put its parent on PYTHON"):
        rooms.arrows(tmp_path)


def test_a_stage_follows_those_whose_files_it_reads() -> None:
    found = {
        "code": {"outs": ["data/code"]},
        "photos": {"deps": ["data/code/photos"], "outs": ["data/photos"]},
        "labels": {"deps": ["data/photos", "data/code/labels"], "outs": ["data/labels/${item.kind}"]},
        "train": {"deps": ["data/labels/${item.labels}"], "outs": ["models/net/${item.labels}"]},
        "again": {
            "deps": ["models/net/${x}"],
            "outs": ["data/labels/self_${item.labels}"],
            "metrics": [{"m/a.json": {}}],
        },
        "score": {"deps": ["m/a.json", "models/network"]},
    }
    assert stages.arrows(found) == [
        ("photos", "labels"),
        ("labels", "train"),
        ("train", "again"),
        ("again", "train"),
        ("again", "score"),
    ]


def test_cells_of_two_lists_are_apart_and_a_reader_of_the_folder_follows_both() -> None:
    found = {
        name: {"matrix": {"net": f"${{{name}s}}"}, "outs": ["models/${item.net}-${item.labels}"]} for name in ("a", "b")
    }
    reader = {"matrix": {"net": "${as}"}, "deps": ["models/${item.net}-${item.labels}"]}
    assert stages.arrows({**found, "reads": reader, "all": {"deps": ["models"]}}) == [
        ("a", "reads"),
        ("a", "all"),
        ("b", "all"),
    ]


def test_every_module_has_a_place_in_the_interface(tmp_path: Path) -> None:
    package = tmp_path / "lib"
    (package / "data").mkdir(parents=True)
    for name in ("__init__", "errors", "data/__init__", "data/ingest"):
        (package / f"{name}.py").write_text(f'"""About {name}."""\n', encoding="utf-8")
    api.write(tmp_path / "api", package=package)
    text = "".join(path.read_text(encoding="utf-8") for path in sorted((tmp_path / "api").iterdir()))
    for module in ("lib", "lib.errors", "lib.data", "lib.data.ingest"):
        assert f".. automodule:: {module}\n" in text
    assert "| [`lib.data`](data.rst) | About data/__init__ |" in text


def test_a_short_name_stands_for_the_nearest_object_that_ends_so() -> None:
    pytest.importorskip("sphinx", reason="sphinx is installed for Python 3.11 and later")
    from generators.short_names import nearest

    names = ["p.segment.tiles.predict", "p.retrieval.knn.predict", "p.retrieval.linear.predict", "p.knn.predict"]
    assert nearest("tiles.predict", names, module="p.cli") == "p.segment.tiles.predict"
    assert nearest("knn.predict", names, module="p.retrieval.tasks") == "p.retrieval.knn.predict"
    assert nearest("predict", names, module="p.retrieval.tasks") is None
    assert nearest("nothing", names, module="p") is None


def test_reliability_has_a_panel_for_each_pair_of_sources_and_a_line_for_each_loss_with_enough_decisions(
    tmp_path: Path,
) -> None:
    def row(loss: str, confidence: float, accuracy: float, count: int, *, tested_on: str = "cfd") -> dict[str, Any]:
        where = {"backbone": "lite", "train_on": "all", "tested_on": tested_on, "loss": loss}
        return {**where, "confidence": confidence, "accuracy": accuracy, "count": count}

    rows = [row("aicl", 0.75, 0.5, 10), row("aicl", 1.0, 1.0, 9), row("flsd", 0.9, 0.9, 2)]
    folder = results_folder.write(
        tmp_path / "calibration", reliability=[*rows, row("aicl", 0.5, 0, 5, tested_on="ael")]
    )
    drawn = reliability.picture(folder, losses=["flsd", "aicl"])
    assert drawn.count('class="frame"') == 2
    assert [text for text in ("all → ael", "all → cfd") if f">{text}<" in drawn] == ["all → ael", "all → cfd"]
    x, y, side = reliability.LEFT_PX + reliability.SIDE_PX + reliability.GAP_PX, reliability.TOP_PX, reliability.SIDE_PX
    assert f'points="{x + side / 2},{y + side / 2} {float(x + side)},{float(y)}"><title>aicl</title>' in drawn
    assert "<title>flsd</title>" not in drawn  # two decisions are too few
    assert drawn == reliability.picture(folder, losses=["flsd", "aicl"])
