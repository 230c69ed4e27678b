"""Rows of our runs: which of a run's figures a published table takes (its ``ours`` in ``published.json``)."""

from collections.abc import Iterator, Sequence
from typing import Any

from crackpipe.errors import CrackpipeError
from crackpipe.results import basis, mask_rows
from crackpipe.results.cells import Row, TableCell
from crackpipe.results.mask_rows import SPEED
from crackpipe.results.record import Run, at


def rows(run: Run, *, ours: dict[str, Any], columns: Sequence[dict[str, Any]]) -> Iterator[Row]:
    """Rows of one run that a table takes and that have a figure in its columns.

    Args:
        run: one folder of results.
        ours: ``metrics``, the file that they are read from, and what that file's rows are chosen by.
        columns: ``key``, the path of a column's figures in a row.

    Raises:
        CrackpipeError: the metrics are not those of this version.
    """
    read = READERS.get(ours["metrics"], mask_rows.read)
    yield from (row for row in read(run, ours, columns) if any(scores(row, columns)))


def scores(row: Row, columns: Sequence[dict[str, Any]]) -> tuple[TableCell | None, ...]:
    """Cells of a row that tell how good it is, not how fast it was.

    Args:
        row: of a table.
        columns: of the same table, see :func:`rows`.
    """
    return tuple(cell for cell, column in zip(row.cells, columns, strict=True) if not column["key"].startswith(SPEED))


def _captions(run: Run, ours: dict[str, Any], columns: Sequence[dict[str, Any]]) -> Iterator[Row]:
    """The rows that ``ours`` lists by name, and by ``path``: the keys from ``bridge.json``, the first one the model's.

    A column's ``count`` is the key of its number of photographs, of which earlier runs tell nothing.
    """
    tree = run.metrics.get("bridge", {})
    for row in ours["rows"]:
        model, name = row["path"].split(".")[0], row["name"]
        figures, counts = at(tree, row["path"]), at(tree, f"{model}.n") or {}
        where = f"{run.name}: {name}"
        cells = [_share(figures, column["key"], n=counts.get(column["count"]), where=where) for column in columns]
        yield Row(run.name, name, tuple(cells), basis.captions(run), seeds=1)


def _caption_scaling(run: Run, ours: dict[str, Any], columns: Sequence[dict[str, Any]]) -> Iterator[Row]:
    """A row for each share of the captions; earlier runs tell no epochs and losses."""
    points = run.metrics.get("caption_scaling", [])
    for count in sorted({point["n"] for point in points}):
        series = {point["series"]: point for point in points if point["n"] == count}
        any_of = next(iter(series.values()))
        cells: list[TableCell | None] = []
        for column in columns:
            value = 100 * series[key]["r10"] if (key := column["key"]) in series else any_of.get(key)
            cells.append(None if value is None else TableCell((float(value),)))
        yield Row(run.name, f"{count} pairs", tuple(cells), basis.captions(run), seeds=1)


def _few_labels(run: Run, ours: dict[str, Any], columns: Sequence[dict[str, Any]]) -> Iterator[Row]:
    """The ``heads`` on the ``subsets`` that ``ours`` lists; a cell's ``n`` is the number of test patches."""
    tree, seeds = run.metrics.get("few_shot", {}), int(at(run.params, "few_shot.seeds") or 0)
    for subset in ours["subsets"]:
        for head in ours["heads"]:
            figures = at(tree, f"{subset}.{head}")
            if figures is None:
                continue
            name = f"{head}, {subset} ({figures['n_train']})"
            where = f"{run.name}: {name}"
            cells = [_share(figures, column["key"], n=figures["n_test"], where=where) for column in columns]
            yield Row(run.name, name, tuple(cells), basis.heads(run), seeds=seeds)


def _calibrated(run: Run, ours: dict[str, Any], columns: Sequence[dict[str, Any]]) -> Iterator[Row]:
    """Rows of ``calibration.json`` by backbone, loss, sources trained on and calibration after the fact.

    ``losses`` and ``posthoc`` choose them (``None`` takes all), ``figures`` the parts of a cell; a column is a source.
    """
    seeds = len(at(run.params, "calibrate.seeds") or [])
    for backbone, sources in run.metrics.get("calibration", {}).items():
        for train_on, tested in sources.items():
            for loss in sorted({loss for by_loss in tested.values() for loss in by_loss}):
                shown = loss_name(run, loss)
                for kind in ours["posthoc"]:
                    if ours["losses"] is None or shown in ours["losses"]:
                        name = f"{backbone}, {shown}, trained on {train_on}{'' if kind == 'none' else f', {kind}'}"
                        cells = [_measured(tested, f"{column['key']}.{loss}.{kind}", ours) for column in columns]
                        yield Row(run.name, name, tuple(cells), basis.calibrated(run), seeds=seeds)


def loss_name(run: Run, loss: str) -> str:
    """Name of a loss. In earlier runs ``aicl`` was today's ``aicl_hybrid``, and ``aicl_label`` today's ``aicl``."""
    aicl = run.params.get("losses", {}).get("aicl", {})
    earlier = {"aicl": "aicl_hybrid", "aicl_label": "aicl"} if aicl.get("against") == "decision" else {}
    return earlier.get(loss, loss)


def _measured(tested: dict[str, Any], key: str, ours: dict[str, Any]) -> TableCell | None:
    figures: dict[str, Any] = at(tested, key) or {}
    values = [100 * figures[name] for name in ours["figures"] if figures.get(name) is not None]
    return TableCell(tuple(values)) if len(values) == len(ours["figures"]) else None


def _share(figures: Any, key: str, *, n: int | None, where: str) -> TableCell | None:
    """The cell of a single figure, a share."""
    share = at(figures, key)
    if share is None:
        return None
    if not isinstance(share, (int, float)):
        raise CrackpipeError(f"{where}: {key} is {share!r}; expected a number from 0 to 1, or null; run it again")
    return TableCell((100 * share,), n)


def _classified(run: Run, ours: dict[str, Any], columns: Sequence[dict[str, Any]]) -> Iterator[Row]:
    """The patch classifier by its backbone; a cell's ``n`` is the number of patches. Earlier runs tell no sources."""
    tree, cells = run.metrics.get("classifier", {}), []
    for column in columns:
        figures: dict[str, Any] = at(tree, column["key"]) or {}
        values = [100 * figures[name] for name in ("f1", "precision", "recall") if figures.get(name) is not None]
        cells.append(TableCell(tuple(values), figures["n"]) if len(values) == 3 else None)
    if any(cells):
        yield Row(
            run.name, str(run.params["train_classifier"]["backbone"]), tuple(cells), basis.classifier(run), seeds=1
        )


READERS = {
    "bridge": _captions,
    "caption_scaling": _caption_scaling,
    "classifier": _classified,
    "few_shot": _few_labels,
    "calibration": _calibrated,
}
"""Readers by metrics file; the other files hold scores against masks."""
