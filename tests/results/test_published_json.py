"""The figures in ``published.json`` are those that the papers and the model card print."""

import numpy as np
import pytest

from crackpipe.results import published_tables
from crackpipe.results.cells import TableCell
from crackpipe.results.published_tables import Table

ONE, TWO, THREE, PATCHES, QUALITY, NETWORKS, ABLATION, SEMI, MIXED, HEADS, RETRIEVAL, MATCHES = range(12)
SCALING, FEW, BAYES, CLASSIFIERS, LOSSES, SCALED, LEVELS = range(12, 19)


def published(table: Table) -> dict[str, tuple[TableCell | None, ...]]:
    return {row.name: row.cells for row in table.rows if not row.run}


def test_published_figures_are_those_of_the_papers() -> None:
    tables = published_tables.tables([])
    assert [len(table.rows) for table in tables] == [5, 3, 5, 3, 6, 12, 4, 2, 12, 3, 2, 2, 5, 6, 4, 7, 7, 2, 2, 0]
    assert published(tables[ONE])["GPLL"][3] == TableCell((65.97, 73.19, 72.28))
    assert published(tables[ONE])["PWSC (CRF)"][0] == TableCell((56.64, 63.73, 65.13))
    assert published(tables[TWO])["CrackCLIP, ground truth (FSV)"][1] == TableCell((43.38, 45.19, 35.36))
    assert published(tables[THREE])["U-Net, CAM-CRF labels"][1] == TableCell((9.09, 16.74, 9.58))
    assert published(tables[PATCHES])["ResNet-50"][0] == TableCell((90.45, 88.24, 92.78))
    assert published(tables[QUALITY])["GPLL (ResNet-50)"] == (
        TableCell((53.59, 58.39, 43.71)),
        TableCell((0.1868,)),
        None,
    )
    assert published(tables[NETWORKS])["OED, ground truth (FSV)"][2] == TableCell((29.42, 35.19, 24.32))
    assert published(tables[ABLATION])["GPLL, two-class Otsu"] == (TableCell((53.75, 61.28, 50.41)),)
    assert published(tables[SEMI])["OED, GPLL labels, train + test"][3] == TableCell((67.81, 75.82, 74.42))
    assert published(tables[MIXED])["OED, GPLL labels"] == (TableCell((72.33, 78.05, 81.79)), None, None, None)
    assert published(tables[MIXED])["U-Net, CRF labels"][0] == TableCell((65.23, 73.45, 81.75))
    assert published(tables[HEADS])["CLIP-FT + linear classifier"][2] == TableCell((50.27,))
    assert published(tables[RETRIEVAL])["base CLIP"] == tuple(TableCell((share,)) for share in (0.07, 1.98, 0.19, 1.23))
    assert published(tables[RETRIEVAL])["CLIP-FT (epoch 5)"][3] == TableCell((28.11,))
    assert published(tables[MATCHES])["CLIP-FT"][1] == TableCell((64.51,))
    assert published(tables[SCALING])["50 000 pairs"] == tuple(TableCell((it,)) for it in (5, 2.6969, 19.78, 22.43))
    assert published(tables[FEW])["T0 (0)"] == tuple(TableCell((share,)) for share in (90.98, 37.61, 53.22, 84.77))
    assert published(tables[FEW])["T3 (1 000)"][2] == TableCell((99.80,))
    assert published(tables[BAYES])["T1-B"] == (TableCell((100.0,)),) * 4
    assert published(tables[BAYES])["T5"] == published(tables[FEW])["T5 (10 000)"]
    assert published(tables[CLASSIFIERS])["VGG16 + AICL"][0] == TableCell((92.96, 92.40, 87.70, 77.23, 84.61, 6.79))
    assert published(tables[LOSSES])["DualFocalLoss"][1] == TableCell((99.01, 97.73, 95.69, 93.61, 95.47, 2.44))
    assert published(tables[LOSSES])["AICL"] == published(tables[CLASSIFIERS])["ResNet50 + AICL"]
    assert published(tables[SCALED])["AICL + temperature scaling"][0] == TableCell((1.90,))
    assert published(tables[LEVELS])["sample-level guidance"][0] == TableCell((96.54, 4.19))


def test_the_two_papers_agree_where_they_print_the_same_figures() -> None:
    """A slip of the pen in one of them would show: CrackCLIP took König et al.'s figures over."""
    tables = published_tables.tables([])
    for ours_name, theirs in [
        ("U-Net", "U-Net"),
        ("DeepCrack1 (Liu)", "DeepCrack (Liu)"),
        ("DeepCrack2 (Zou)", "DeepCrack (Zou)"),
    ]:
        crack500, cfd, deepcrack = published(tables[THREE])[f"{ours_name}, CAM-CRF labels"]
        assert published(tables[NETWORKS])[f"{theirs}, CRF labels"][:2] == (crack500, cfd)
        assert published(tables[NETWORKS])[f"{theirs}, CRF labels"][3] == deepcrack
    for name, labels in [("GPLL", "GPLL"), ("PWSC (CRF)", "CRF")]:
        crack500, cfd, _, deepcrack = published(tables[ONE])[name]
        liu = published(tables[NETWORKS])[f"DeepCrack (Liu), {labels} labels"]
        assert (liu[0], liu[1], liu[3]) == (crack500, cfd, deepcrack)
    train = published(tables[SEMI])["OED, GPLL labels, train"]
    assert train == published(tables[NETWORKS])["OED, GPLL labels"]
    assert published(tables[ABLATION])["GPLL"] == published(tables[QUALITY])["GPLL (ResNet-50)"][:1]


def test_oeds_gap_between_labels_in_table_nine_is_the_one_of_the_text() -> None:
    rows = published(published_tables.tables([])[MIXED])
    truth, labels = (rows[f"OED, {kind}"][0] for kind in ("ground truth (FSV)", "GPLL labels"))
    assert truth is not None
    assert labels is not None
    assert np.subtract(truth.values, labels.values).round(2).tolist() == [3.48, 3.14, 7.86]


def test_the_cards_means_and_gains_are_those_of_its_figures() -> None:
    """It rounds to four places, and gains to two."""
    tables = published_tables.tables([])
    for cells in published(tables[HEADS]).values():
        *parts, mean = (cell.values[0] for cell in cells if cell)
        assert mean == pytest.approx(np.mean(parts), abs=0.0051)
    base, tuned = ([cell.values[0] for cell in cells if cell] for cells in published(tables[MATCHES]).values())
    assert np.divide(tuned, base).round(2).tolist() == [1.33, 1.48, 2.69, 2.79]
