"""What DVC runs again after a change of one setting: its stages, parameters and graph, without a run."""

from collections.abc import Iterator
from pathlib import Path

import networkx
import pytest
from dvc.repo import Repo
from dvc.repo.index import Index

from crackpipe.params import compose

ROOT = Path(__file__).parents[2]
CHOSEN = [
    "pseudo_label.methods=[soft_location,cam_location,truth]",
    "train_segmenter.segmenters=[unet,text_adapters]",
    "train_segmenter.labels=[soft_location,self_soft_location,truth]",
    "self_label.labels=[soft_location]",
    "self_label.segmenter=unet",
    "ablate_prompts.labels=cam_location",
    "ablate_prompts.wordings=[normal,crack]",
    "few_shot.heads=[linear,logistic]",
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
    readers = [
        stage
        for stage in index.stages
        for dep in stage.params
        if any(key == listed or key.startswith(f"{listed}.") for listed in dep.params)
    ]
    assert readers, key
    return {stage.name for reader in readers for stage in {reader, *networkx.ancestors(index.graph, reader)}}


def test_a_setting_of_one_method_repeats_only_what_follows_it(index: Index) -> None:
    """Neither other methods' labels nor what is trained on ground truth."""
    cells = {f"{name}-{kind}" for name in ("unet", "text_adapters") for kind in ("soft_location", "self_soft_location")}
    assert repeated(index, "pseudo_label.soft_location.softness") == {
        *("pseudo_label@soft_location", "ablate", "self_label@soft_location", "evaluate"),
        *(f"{stage}@{cell}" for stage in ("train_segmenter", "segment") for cell in cells),
    }


def test_a_setting_of_one_segmenter_repeats_its_own_cells(index: Index) -> None:
    """Self-training, which labels by the other's masks, is not repeated."""
    kinds = ("soft_location", "self_soft_location", "truth")
    cells = {f"{stage}@text_adapters-{kind}" for stage in ("train_segmenter", "segment") for kind in kinds}
    wordings = {"ablate_prompts@normal", "ablate_prompts@crack", "gather_prompts"}
    assert repeated(index, "train_segmenter.text_adapters.epochs") == {*cells, *wordings, "evaluate"}


def test_a_setting_of_one_head_repeats_it_and_the_scores(index: Index) -> None:
    assert repeated(index, "few_shot.logistic.inverse_penalty") == {"few_shot@logistic", "score_few_shot"}


def test_whatever_the_photographs_change_everything_but_the_code_follows(index: Index) -> None:
    assert repeated(index, "ingest.demo.photos") == {stage.name for stage in index.stages} - {"code"}
