"""What DVC runs again after a change of one setting: its stages, parameters and graph, without a run."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from dvc.repo import Repo
from dvc.repo.index import Index
from generators import repeats

from crackpipe.params import compose

ROOT = Path(__file__).parents[2]
BACKBONES = compose.values(ROOT / "conf", dataset="demo", scale="cpu", overrides=[])["calibrate"]["backbones"]
CHOSEN = [
    "pseudo_label.methods=[soft_location,cam_location,truth]",
    "train_segmenter.networks=[unet]",
    "train_segmenter.adapters=[text_adapters]",
    "train_segmenter.labels=[soft_location,self_soft_location,truth]",
    "self_label.labels=[soft_location]",
    "self_label.segmenter=unet",
    "ablate_adapters.labels=cam_location",
    "ablate_adapters.variants=[normal,crack]",
    "few_shot.heads=[linear,logistic]",
    "bench.segmenters=[unet-soft_location]",
]

pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")  # DVC's own use


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """The project's dvc.yaml with two methods beside ground truth."""
    folder = tmp_path_factory.mktemp("graph")
    (folder / "dvc.yaml").write_text((ROOT / "dvc.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    text = compose.compose(ROOT / "conf", dataset="demo", scale="cpu", overrides=CHOSEN)
    (folder / "params.yaml").write_text(text, encoding="utf-8")
    with Repo.init(str(folder), no_scm=True) as repo:
        yield repo.index


def repeated(index: Index, key: str) -> set[str]:
    """Names of the stages that read a parameter, and of all that follow them."""
    readers = repeats.readers_of_parameter(index, key)
    assert readers, key
    return set(repeats.following(index, readers))


def cells(segmenter: str, *kinds: str) -> set[str]:
    """Training and inference of a segmenter on some kinds of labels."""
    stages = ("train_segmenter", "segment") if segmenter == "unet" else ("train_adapters", "segment_adapters")
    return {f"{stage}@{segmenter}-{kind}" for stage in stages for kind in kinds}


SOFT, ALL = ("soft_location", "self_soft_location"), ("soft_location", "self_soft_location", "truth")
SCORED, BENCHED = {"evaluate", "summarise"}, {"bench@unet-soft_location"}
WORDINGS = {"ablate_adapters@normal", "ablate_adapters@crack", "gather_adapters"}


def test_a_setting_of_one_method_repeats_only_what_follows_it(index: Index) -> None:
    """Neither other methods' labels nor what is trained on ground truth."""
    labels = {"pseudo_label@soft_location", "ablate", "self_label@soft_location"}
    taught = cells("unet", *SOFT) | cells("text_adapters", *SOFT)
    assert repeated(index, "pseudo_label.soft_location.softness") == labels | taught | SCORED | BENCHED


def test_a_setting_of_one_segmenter_repeats_its_own_cells(index: Index) -> None:
    """Self-training, which labels by the other's masks, is not repeated."""
    assert repeated(index, "train_segmenter.text_adapters.epochs") == cells("text_adapters", *ALL) | WORDINGS | SCORED


def test_the_encoder_repeats_no_network_of_pixels(index: Index) -> None:
    """U-Net is the teacher here: self-training does not read the encoder."""
    spared = {*cells("unet", *ALL), "train_classifier", "self_label", *BENCHED}
    assert not repeated(index, "align_clip.epochs") & spared


def test_what_the_bench_asks_repeats_the_bench_alone(index: Index) -> None:
    assert repeated(index, "bench.gap_px") == BENCHED


def test_the_number_of_patches_that_are_scored_trains_no_classifier(index: Index) -> None:
    assert repeated(index, "score_classifier.patches") == {"score_classifier", "summarise"}


@pytest.mark.parametrize("key", ["calibrate.test_patches", "calibrate.attack.steps"])
def test_how_the_comparison_of_losses_is_scored_trains_nothing(index: Index, key: str) -> None:
    scored = {f"score_calibration@{backbone}" for backbone in BACKBONES}
    assert repeated(index, key) == scored | {"gather_calibration", "summarise"}


def test_prompts_repeat_no_network_of_pixels(index: Index) -> None:
    assert not repeated(index, "train_segmenter.text_adapters.lr") & cells("unet", *ALL)


def test_a_setting_of_one_head_repeats_it_and_the_scores(index: Index) -> None:
    wanted = {"few_shot@logistic", "score_few_shot", "summarise"}
    assert repeated(index, "few_shot.logistic.inverse_penalty") == wanted


def test_whatever_the_photographs_change_everything_but_the_code_follows(index: Index) -> None:
    every = {stage.name for stage in index.stages}
    assert repeated(index, "ingest.demo.photos") == every - {"code", "check_params"}
