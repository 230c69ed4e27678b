"""Commands on a project: configure, datasets, run, compare."""

import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

from ruamel.yaml import YAML

from crackpipe.params import compose

ROOT = Path(__file__).parents[2]
Crackpipe = Callable[..., subprocess.CompletedProcess[str]]


def test_configure_writes_params_that_the_check_accepts(project: Path, crackpipe: Crackpipe):
    written = crackpipe(project, "configure", "dataset=demo", "slice.stride_px=32")
    assert written.stdout == "wrote params.yaml: dataset=demo scale=cpu slice.stride_px=32\n"
    checked = crackpipe(project, "configure", "--check")
    assert (checked.returncode, checked.stdout) == (0, "params.yaml is valid\n")
    composed = crackpipe(project, "configure", "--check", "--composed")
    assert composed.returncode == 1
    assert "slice.stride_px: got 32; expected 64" in composed.stderr
    alone = crackpipe(project, "configure", "--composed")
    assert (alone.returncode, alone.stdout) == (1, "")
    assert "--composed checks, and writes nothing: pass --check with it" in alone.stderr


def test_a_fault_in_params_is_told_without_a_traceback(project: Path, crackpipe: Crackpipe):
    crackpipe(project, "configure")
    path = project / "params.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("stride_px: 64", "strid_px: 64", 1), encoding="utf-8")
    done = crackpipe(project, "configure", "--check")
    assert done.returncode == 1
    assert done.stderr.startswith("error: params.yaml: 2 fault(s)\n")
    assert "slice.strid_px: unknown key; did you mean stride_px?" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_list_is_set_from_the_command_line(project: Path, crackpipe: Crackpipe):
    labels = "train_segmenter.labels=[soft_location]"
    written = crackpipe(
        project, "configure", labels, "self_label.labels=[]", "prompts.objects.road=[pavement, road surface]"
    )
    assert written.stderr == ""
    tree = YAML(typ="safe").load((project / "params.yaml").read_text(encoding="utf-8"))
    assert tree["train_segmenter"]["labels"] == ["soft_location"]
    assert tree["prompts"]["objects"]["road"] == ["pavement", "road surface"]


def test_datasets_are_listed_with_what_lies_in_the_folder(project: Path, crackpipe: Crackpipe):
    done = crackpipe(project, "datasets")
    assert done.returncode == 0
    assert "\ncrack500\n" in done.stdout
    assert "  found: not here\n" in done.stdout


def test_compare_without_a_run_prints_the_papers_tables(project: Path, crackpipe: Crackpipe):
    done = crackpipe(project, "compare")
    assert "results/ holds no run, so these are the papers' rows alone" in done.stderr
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    crackclip = "CrackCLIP 61.31 / 68.58 / 59.33 40.80 / 41.74 / 31.81 – 68.26 / 73.29 / 68.82 "
    assert any(line.startswith(crackclip) for line in lines)
    assert any(line.startswith("OED, GPLL labels, train + test 45.62 / 55.67 / 45.07 ") for line in lines)


def test_compare_with_a_folder_that_holds_no_run_says_how_to_write_one(project: Path, crackpipe: Crackpipe):
    done = crackpipe(project, "compare", "conf")
    assert done.returncode == 1
    assert done.stderr == (
        "error: conf: holds no run (run.json is missing); write one with `crackpipe run DATASET --results conf`\n"
    )


def test_a_run_takes_lists_and_a_name_for_its_results_and_without_its_data_fails_before_any_work(
    project: Path, crackpipe: Crackpipe
):
    labels = ["train_segmenter.labels=[truth]", "self_label.labels=[]"]
    done = crackpipe(project, "run", "crack500", "--results", "crack500_truth", "--data", "nowhere", *labels)
    assert done.returncode == 1
    assert "nowhere/crack500: dataset crack500 is not here" in done.stderr
    assert not (project / ".runs").exists()
    done = crackpipe(project, "run", "crack500", "--data", "nowhere", "train_segmenter.labels=[thruth]")
    assert "train_segmenter.labels.0: got 'thruth'" in done.stderr
    done = crackpipe(project, "run", "crack500", "--results", "../x", "--data", "nowhere", *labels)
    assert done.stderr.startswith("error: --results: got '../x'; expected a plain name such as crack500_labels")


def test_every_run_of_make_papers_is_a_valid_composition():
    done = subprocess.run(["make", "-n", "papers", "DATA=nowhere"], cwd=ROOT, capture_output=True, text=True)
    runs = [shlex.split(line) for line in done.stdout.replace("\\\n", " ").splitlines() if "crackpipe run" in line]
    names = [run[run.index("--results") + 1] if "--results" in run else run[run.index("run") + 1] for run in runs]
    seeds = ["seed4", "semi_seed4", "seed5", "semi_seed5"]
    equal = ["equal_terms", *(f"equal_terms_{name}" for name in ["semi", *seeds, "patches_32", "adapters", "all"])]
    assert names == ["crack500", *equal, "captioned", "few_shot_matched", "few_shot", "calibration"]
    for run in runs:
        overrides = [part for part in run if "=" in part]
        compose.values(ROOT / "conf", dataset=run[run.index("run") + 1], scale="cpu", overrides=overrides)
