"""Write the generated pages, or check that they are up to date: `python docs/generate.py [--check]`.

Reads results/, conf/, dvc.yaml and the library; writes whole pages and drawings of docs/, and the parts between
marks of README.md and docs/architecture.md. Costs some seconds.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "docs")]  # this folder's library, wherever the command is run

from generators import command_line, model_card, parts, reliability, repeats, rooms, stages  # noqa: E402

from crackpipe.cli import app  # noqa: E402
from crackpipe.data.datasets import page  # noqa: E402
from crackpipe.models import shipped  # noqa: E402
from crackpipe.params import reference  # noqa: E402
from crackpipe.results import published_tables, report, summary  # noqa: E402

RUNS = report.folders(ROOT / "results")
PICTURES = """
## Pictures

Of photographs that may be shown: the demo's drawn ones. `dvc repro` draws the same of any other photographs, into
`metrics/plots/images`, where `dvc plots show` finds them.

![All labels and all segmenters on the same photographs, thresholds beside them](../metrics/plots/images/demo-all.jpg)

[Calibration](calibration.md) shows the reliability of all losses in one figure.
"""
CARD = """Written by `make docs` from the models' own cards, which `crackpipe models` lists. `make pretrained` writes
the models.

What they miss, on photographs of their own kind: hairlines of less than about three pixels come as dashes or
not at all; bright cracks, filled with sand or lime, are missed, and the dark texture beside them may be
taken; so are edges of shadows and stains, joints and the gaps between paving stones. They have seen asphalt
and concrete pavements from above, in daylight. Masks are two or three pixels wider than hairlines, so
`width_by` is photometric there. Where there is no crack, edges of shadows, stains and joints of drawn
surfaces are mostly claimed, though the like of them was drawn into its training. On anything else look at the
pictures before you believe the figures.

Their data: Crack500 (Yang et al. 2020), whose authors state no licence, by patch labels alone: whether a
square of a photograph holds a crack, derived here from its masks. No mask taught a pixel. Masks of validation
photographs chose what counts as a crack; masks of test photographs gave the figures. Two looks at them
changed how settings are chosen: validation alone had darkness left out and CFD fell, so cracks drawn on
surfaces were asked, too, and it stayed; a level chosen by all pixels together found nothing on CFD, so it is
chosen by the mean over photographs. A third look changed nothing in the end: a rule that gave up four points of
F1 for quiet surfaces, in place of one, halved what is found on CFD, and was given up. Weights of the encoder
began as EfficientNet-Lite0's on ImageNet, as its package carries them."""
LIBRARY, DVC = ROOT / "crackpipe", ROOT / "dvc.yaml"

WHOLE: dict[str, Callable[[], str]] = {
    "docs/results.md": lambda: report.page(RUNS) + PICTURES,
    "docs/datasets.md": lambda: _headed(
        "Datasets",
        "Written by `make docs` from the catalogue. `crackpipe datasets` lists the same, and what of it lies here.\n\n"
        "Put each dataset into a folder of its name below `data/raw/` (or another folder: `ingest.raw`). Name it in\n"
        "`params.yaml` under `ingest.sources`. Datasets belong to their authors.",
        page.page(),
    ),
    "docs/configuration.md": lambda: _headed(
        "Configuration",
        "Written by `make docs` from `conf/config.yaml`. `crackpipe configure` writes `params.yaml` from it.\n\n"
        "Keys are relative to their section: `side_px` of `slice` is `slice.side_px`. Defaults are those of\n"
        "`conf/config.yaml`; a dataset (the demo, too) and a scale change some. A wrong key, type or range fails\n"
        "before any work, and the error says what is allowed.",
        reference.page(ROOT / "conf/config.yaml"),
    ),
    "docs/command-line.md": lambda: _headed(
        "Command line",
        "Written by `make docs` from the commands themselves. `crackpipe COMMAND --help` prints the same.",
        command_line.page(app.commands, program="crackpipe"),
    ),
    "docs/what-runs-again.md": lambda: _headed(
        "What runs again",
        "Written by `make docs` from DVC's graph of the demo: the stages that `dvc repro` runs after an edit of one\n"
        "value or one statement. Where a stage writes the same as before, what follows is skipped. After a parameter\n"
        "`check_params` runs, too, and after an edit of code `code`: a second each.",
        f"{repeats.table(ROOT)}\n",
    ),
    "docs/model-card.md": lambda: _headed("Models that come with the package", CARD, model_card.page(shipped.FOLDER)),
    "docs/drawings/rooms.svg": lambda: rooms.picture(LIBRARY),
    "docs/drawings/stages.svg": lambda: stages.picture(DVC),
    "docs/drawings/reliability.svg": lambda: reliability.picture(
        ROOT / "results/calibration", losses=[loss["name"] for loss in published_tables.published()["losses"]]
    ),
}
PARTS: dict[str, dict[str, Callable[[], str]]] = {
    "README.md": {"results": lambda: summary.table(RUNS)},
    "docs/architecture.md": {"rooms": lambda: rooms.table(LIBRARY), "stages": lambda: stages.table(DVC)},
}


def pages() -> Iterator[tuple[Path, str]]:
    """Each generated file and what it ought to hold."""
    for name, make in WHOLE.items():
        yield ROOT / name, make()
    for name, contents in PARTS.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        for part, content in contents.items():
            text = parts.replaced(text, part, content(), where=name)
        yield ROOT / name, text


def main() -> None:
    stale = {path: text for path, text in pages() if not path.is_file() or path.read_text(encoding="utf-8") != text}
    names = ", ".join(str(path.relative_to(ROOT)) for path in stale)
    if "--check" in sys.argv[1:]:
        sys.exit(f"generated pages are out of date: {names}; run `make docs`, and commit them" if stale else 0)
    for path, text in stale.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    sys.stdout.write(f"wrote {names}\n" if stale else "the generated pages are up to date\n")


def _headed(title: str, intro: str, body: str) -> str:
    return f"# {title}\n\n{intro}\n\n{body}"


if __name__ == "__main__":
    main()
