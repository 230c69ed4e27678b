"""The table of differences between kinds of labels."""

from pathlib import Path

import pytest
import results_folder

from crackpipe.results import better_labels

PARAMS = "train_segmenter: {{seed: {seed}}}\n"


def row(ods: float, ap: float, *, half: float) -> dict[str, dict[str, float]]:
    ends = {"ods_low": ods - half, "ods_high": ods + half, "ap_low": ap - half, "ap_high": ap + half}
    return {"test": {"ods": ods, "ap": ap, **ends}}


def folder(place: Path) -> Path:
    tested = {"crack500": row(0.05, -0.02, half=0.03), "crack500_without_1": row(0.9, 0.9, half=0.1)}
    tree = {"unet": {"cam_crf_less_cam_location": tested}, "oed": {"cam_less_truth": {"cfd": row(-0.2, 0.0, half=0.1)}}}
    return results_folder.write(place / "equal", label_comparison=tree)


def test_a_difference_stands_with_its_interval_and_is_bold_where_that_leaves_out_0(tmp_path: Path) -> None:
    lines = better_labels.table([folder(tmp_path)], markdown=True).splitlines()
    assert lines[2] == "| run | segmenter | labels | seeds | cfd | crack500 |"
    crack500 = "**+5.0 [+2.0, +8.0]** / -2.0 [-5.0, +1.0]"
    assert f"| equal | unet | cam_crf less cam_location | 1 | – | {crack500} |" in lines
    cfd = "**-20.0 [-30.0, -10.0]** / +0.0 [-10.0, +10.0]"
    assert f"| equal | oed | cam less truth | 1 | {cfd} | – |" in lines


def test_a_terminal_gets_a_star_in_place_of_bold_letters(tmp_path: Path) -> None:
    text = better_labels.table([folder(tmp_path)], markdown=False)
    assert "equal; unet; cam_crf less cam_location; 1; –; +5.0 [+2.0, +8.0] * / -2.0 [-5.0, +1.0]" in text


def test_runs_without_a_comparison_have_no_table(tmp_path: Path) -> None:
    assert better_labels.table([results_folder.write(tmp_path / "other")], markdown=True) == ""


def test_over_seeds_the_mean_stands_with_an_interval_that_holds_both_structures_and_seeds(tmp_path: Path) -> None:
    gaps = {"equal": 0.05, "equal_seed4": 0.07, "equal_seed5": 0.09}
    runs = []
    for name, gap in gaps.items():
        tree = {"unet": {"cam_crf_less_cam_location": {"cfd": row(gap, 0.0, half=0.03)}}}
        params = PARAMS.format(seed=name[-1] if name[-1].isdigit() else 3)
        runs.append(results_folder.write(tmp_path / name, params=params, label_comparison=tree))
    line = better_labels.table(runs, markdown=True).splitlines()[4]
    # t of 2 degrees of freedom at .975 is 4.3027; standard deviation .02, so 4.969 points; with 3.0: 5.804
    assert line == "| equal | unet | cam_crf less cam_location | 3 | **+7.0 [+1.2, +12.8]** / +0.0 [-3.0, +3.0] |"


def test_one_seed_has_the_interval_of_its_structures() -> None:
    ends = better_labels.interval([{"ods": 0.05, "ods_low": 0.01, "ods_high": 0.11}], "ods")
    assert ends == pytest.approx((0.05, 0.01, 0.11))


def test_an_end_never_lies_on_the_other_side_of_the_mean() -> None:
    rows = [{"ods": 0.05, "ods_low": 0.01, "ods_high": 0.04}]  # of a skewed bootstrap
    assert better_labels.interval(rows, "ods") == pytest.approx((0.05, 0.01, 0.05))


def test_a_pair_that_was_tested_nowhere_has_no_row_and_seeds_are_told_where_they_differ(tmp_path: Path) -> None:
    tested = {"cfd": row(0.05, 0.0, half=0.01), "crack500": row(0.05, 0.0, half=0.01)}
    trees = {
        "equal": {"unet": {"a_less_b": tested, "a_less_c": {"cfd": {"train": {}}}}},
        "equal_seed4": {"unet": {"a_less_b": {"cfd": tested["cfd"]}}},
    }
    runs = [
        results_folder.write(tmp_path / name, params=PARAMS.format(seed=seed), label_comparison=trees[name])
        for name, seed in (("equal", 3), ("equal_seed4", 4))
    ]
    lines = better_labels.table(runs, markdown=True).splitlines()
    assert [line[:34] for line in lines if line.startswith("| equal")] == ["| equal | unet | a less b | 1 or 2"]
