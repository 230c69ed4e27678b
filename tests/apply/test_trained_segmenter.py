"""A trained segmenter from Python: the masks of the command, the settings of its project, or of none."""

import importlib.util
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch

from crackpipe import params
from crackpipe.apply import export, segmenter_files
from crackpipe.apply.trained_segmenter import load_segmenter
from crackpipe.clip.encoders import encoder_files
from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.compute import hardware
from crackpipe.errors import CrackpipeError, ModelError, ParamsError
from crackpipe.imaging import images
from crackpipe.models import shared_weights
from crackpipe.params.project import Project
from crackpipe.segment.adapters import text_guided
from crackpipe.segment.adapters.text_guided import TextGuided
from crackpipe.segment.networks import pixel_network

ROOT = Path(__file__).parents[2]
PICTURE = np.random.default_rng(0).integers(0, 256, (48, 70, 3), dtype=np.uint8)
SPEC: dict[str, Any] = {"backbone": "test_efficientnet", "joint_width": 16, "text_width": 32, "text_layers": 1}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with a small network in models/segmenter, and no parameters."""
    torch.manual_seed(0)
    network = pixel_network.create(
        "deepcrack_liu", encoder="vgg16_bn", weights="none", width=0.05, trunk=None, refine_px=0
    )
    pixel_network.save(tmp_path / "models/segmenter/small-truth", network, labels="truth")
    return tmp_path


def configure(root: Path, **segment: str) -> None:
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    start = text.index("\nsegment:")
    for key, value in segment.items():
        line = next(line for line in text[start:].splitlines() if line.startswith(f"  {key}: "))
        text = text[:start] + text[start:].replace(line, f"  {key}: {value}", 1)
    (root / "params.yaml").write_text(text.replace("threads: 2", "threads: 1", 1), encoding="utf-8")


def text_guided_segmenter() -> tuple[DualEncoder, TextGuided]:
    torch.manual_seed(0)
    encoder = DualEncoder(**SPEC).eval()
    text = torch.nn.functional.normalize(torch.randn(2, encoder.joint_width), dim=1)
    return encoder, text_guided.create(encoder, stages=(1, 2), combine="mean", text=text)


def test_a_photograph_may_be_a_path_or_its_pixels(root: Path):
    configure(root)
    (root / "wall.png").write_bytes(images.encode_rgb(PICTURE))
    segmenter = load_segmenter(str(root / "models/segmenter/small-truth"))
    for photo in (root / "wall.png", str(root / "wall.png")):
        assert np.array_equal(segmenter.segment(photo).confidence, segmenter(PICTURE).confidence)


def test_what_decides_a_mask_decides_its_digest(root: Path):
    configure(root)
    model = root / "models/segmenter/small-truth"
    digests = [segmenter_files.find(model).digest()]
    for changed in ({"erosions": "1"}, {"tile_px": "256"}):
        configure(root, **changed)
        digests.append(segmenter_files.find(model).digest())
    configure(root)
    assert segmenter_files.find(model).digest() == digests[0]
    digests.append(segmenter_files.find(model).with_geometry(level=0.4).digest())
    digests.append(segmenter_files.find(model).with_inference(octaves_px=64).digest())
    params = (root / "params.yaml").read_text(encoding="utf-8")
    (root / "params.yaml").write_text(params.replace("precision: auto #", "precision: bf16 #", 1), encoding="utf-8")
    digests.append(segmenter_files.find(model).digest())
    (model / "model.safetensors").write_bytes(b"other weights")
    digests.append(segmenter_files.find(model).digest())
    assert len(set(digests)) == 7


def test_a_name_is_looked_up_in_the_project_and_one_that_is_unknown_is_told(root: Path):
    configure(root)
    project = Project.open(root)
    assert segmenter_files.find("small-truth", project=project).folder == root / "models/segmenter/small-truth"
    with pytest.raises(
        ModelError, match=r"no segmenter 'smal-truth'; known are small-truth.* did you mean small-truth\?"
    ):
        segmenter_files.find("smal-truth", project=project)


def test_a_packed_segmenter_says_what_counts_as_a_crack_and_may_be_of_half_precision(root: Path):
    configure(root)
    whole = load_segmenter("small-truth", project=Project.open(root)).with_geometry(level=0.35, certain=0.6)
    whole.pack(root / "half", half=True)
    half = load_segmenter(root / "half", device="cpu")
    assert half.files.geometry == whole.files.geometry
    assert half(PICTURE).threshold == 0.35
    sizes = [(folder / "model.safetensors").stat().st_size for folder in (root / "half", whole.files.folder)]
    assert sizes[0] < 0.6 * sizes[1]
    difference = half(PICTURE).confidence.astype(int) - whole(PICTURE).confidence
    assert np.abs(difference).max() <= 2


def test_a_packed_segmenter_gives_the_confidences_that_its_card_has_made_hold(root: Path):
    configure(root)
    whole = load_segmenter("small-truth", project=Project.open(root))
    whole.pack(root / "packed", told={"confidence": {"slope": 0.5, "offset": -1.0}})
    plain, held = whole(PICTURE).confidence, load_segmenter(root / "packed", device="cpu")(PICTURE).confidence
    odds = np.log((plain + 0.5) / (255.5 - plain))
    assert np.abs(held - 255 / (1 + np.exp(1 - 0.5 * odds))).max() < 3


def test_a_risk_is_a_level_that_promises_it_and_what_a_crack_must_reach_falls_with_it(root: Path):
    configure(root)
    files = segmenter_files.find("small-truth", project=Project.open(root)).with_geometry(level=0.4, certain=0.6)
    missed = {"structures": 19, "levels": [0.1, 0.2, 0.5], "missed": [0.0, 0.05, 0.4]}
    told = replace(files, card=files.card | {"missed": missed})
    assert told.with_risk(None) == told
    assert told.with_risk(0.1).geometry == replace(files.geometry, level=0.2, certain=0.3)
    assert told.with_risk(0.5).geometry == replace(files.geometry, level=0.5, certain=0.6)
    with pytest.raises(ModelError, match=r"--risk 0.04: small-truth can promise 0.05 at the least; ask for that"):
        told.with_risk(0.04)
    with pytest.raises(ModelError, match=r"its card does not tell what it misses, so that no risk can be chosen"):
        files.with_risk(0.1)


@pytest.mark.slow
@pytest.mark.parametrize("half", [False, True])
def test_a_segmenter_packed_with_its_graph_gives_the_same_maps_without_torch(half: bool, root: Path):
    configure(root)
    load_segmenter("small-truth", project=Project.open(root), device="cpu").pack(root / "packed", half=half, graph=True)
    assert sorted(path.name for path in (root / "packed").iterdir()) == [
        "model.json",
        "model.onnx",
        "model.safetensors",
    ]
    graph = onnx.load(str(root / "packed/model.onnx"), load_external_data=False).graph
    own = [tensor for tensor in graph.initializer if tensor.data_location != onnx.TensorProto.EXTERNAL]
    assert len(own) < len(graph.initializer)
    assert max(len(tensor.raw_data) for tensor in own) < 2048
    maps = [load_segmenter(root / "packed", device="cpu", engine=engine)(PICTURE) for engine in ("torch", "onnx")]
    assert maps[0].confidence.std() > 1
    assert np.abs(maps[0].confidence.astype(int) - maps[1].confidence).max() <= 1
    digests = {segmenter_files.find(root / "packed", engine=engine).digest() for engine in ("torch", "onnx")}
    assert len(digests) == 2
    written = (root / "packed/model.onnx").read_bytes()
    export.export_graph(root / "packed")
    assert (root / "packed/model.onnx").read_bytes() == written


@pytest.mark.slow
def test_another_graph_decides_the_digest_and_other_weights_are_refused(root: Path):
    configure(root)
    load_segmenter("small-truth", project=Project.open(root), device="cpu").pack(root / "packed", graph=True)
    files = segmenter_files.find(root / "packed", engine="onnx")
    digest = files.digest()
    export.export_segmenter(root / "packed", out=root / "packed/model.onnx")
    assert files.digest() != digest
    export.export_graph(root / "packed")
    (root / "packed/model.safetensors").write_bytes((root / "packed/model.safetensors").read_bytes()[:-1] + b"\0")
    with pytest.raises(ModelError, match=r"its weights in model\.safetensors are others than it was written for; pack"):
        load_segmenter(root / "packed", engine="onnx")
    (root / "packed/model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"model\.onnx: cannot be read as ONNX: .*model\.safetensors"):
        load_segmenter(root / "packed", engine="onnx")


@pytest.mark.slow
@pytest.mark.parametrize("bf16", [False, True])
def test_the_packages_own_segmenter_gives_the_same_map_by_all_engines(bf16: bool, monkeypatch: pytest.MonkeyPatch):
    """In single precision to a level; where OpenVINO multiplies in bf16, to a fifteenth of the confidence."""
    monkeypatch.setattr(hardware, "multiplies_bf16", lambda: bf16)
    photo = np.random.default_rng(0).integers(90, 200, (96, 140, 3), dtype=np.uint8)
    photo[46:50, 20:120] = 30
    whole = params.defaults()
    runtime = whole.runtime.model_copy(update={"precision": "fp32"})
    project = Project(Path(), whole.model_copy(update={"runtime": runtime}))
    torch_map, onnx_map, openvino_map, again = (
        load_segmenter(project=project, engine=engine, device="cpu")(photo).confidence.astype(int)
        for engine in ("torch", "onnx", "openvino", "openvino")
    )
    assert torch_map.max() > 100
    assert np.abs(torch_map - onnx_map).max() <= 1
    assert np.abs(torch_map - openvino_map).max() <= (17 if bf16 else 1)
    assert np.array_equal(openvino_map, again)


def test_the_engine_follows_the_device_the_card_and_what_the_segmenter_has(root: Path, monkeypatch: pytest.MonkeyPatch):
    def engine(name: Path | None = None, **chosen: Any) -> str:
        return segmenter_files.find(name, **chosen).engine

    monkeypatch.setattr(hardware, "GRAPHICS_CARDS", (root / "nvidiactl",))
    monkeypatch.setattr(hardware, "multiplies_bf16", lambda: True)
    assert engine() == "openvino"
    assert segmenter_files.find(None).precision == "bf16"
    monkeypatch.setattr(hardware, "multiplies_bf16", lambda: False)
    assert engine() == "onnx"
    assert segmenter_files.find(None, engine="openvino").precision == "fp32"
    assert engine(root / "models/segmenter/small-truth") == "torch"
    assert engine(device="cuda") == "torch"
    (root / "nvidiactl").touch()
    assert engine() == "torch"
    assert engine(device="cpu") == "onnx"
    assert engine(engine="onnx") == "onnx"
    with pytest.raises(ParamsError, match=r"runtime\.device: got cuda, which PyTorch alone runs on; take the engine"):
        engine(engine="onnx", device="cuda")
    with pytest.raises(ParamsError, match="got cuda, which PyTorch alone runs on"):
        engine(engine="openvino", device="cuda")


@pytest.mark.slow
def test_a_graph_is_refused_for_weights_of_another_model(root: Path):
    configure(root)
    load_segmenter("small-truth", project=Project.open(root), device="cpu").pack(root / "packed")
    export.export_segmenter(root / "packed", out=root / "packed/whole.onnx")
    network = pixel_network.create("unet", encoder="test_resnet", weights="none", width=0.125, trunk=None, refine_px=0)
    pixel_network.save(root / "other", network, labels="truth")
    with pytest.raises(ModelError, match=r"other/model\.safetensors: has no .*; these weights are of another model"):
        shared_weights.refer(root / "packed/whole.onnx", root / "other/model.safetensors")


@pytest.mark.parametrize("missing", ["torch", "timm"])
def test_where_pytorch_or_what_it_needs_is_missing_onnx_runs_what_has_a_graph(
    missing: str, root: Path, monkeypatch: pytest.MonkeyPatch
):
    configure(root)
    monkeypatch.setattr(hardware, "GRAPHICS_CARDS", (root,))
    monkeypatch.setattr(hardware, "multiplies_bf16", lambda: False)
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == missing else find_spec(name))
    assert segmenter_files.find(None).engine == "onnx"
    with pytest.raises(
        CrackpipeError, match=rf"needs {missing}, not installed here; run pip install 'crackpipe\[pipeline\]'"
    ):
        segmenter_files.find(None, engine="torch")
    with pytest.raises(
        ModelError, match=r"small-truth: has no model\.onnx .*pack NEW_FOLDER --model .*small-truth --onnx"
    ):
        segmenter_files.find(root / "models/segmenter/small-truth", engine="onnx")


def test_openvino_is_taken_where_it_is_installed_alone(root: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hardware, "GRAPHICS_CARDS", ())
    monkeypatch.setattr(hardware, "multiplies_bf16", lambda: True)
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "openvino" else find_spec(name))
    assert segmenter_files.find(None).engine == "onnx"
    with pytest.raises(
        CrackpipeError, match=r"to run it by openvino needs that .* pip install 'crackpipe\[openvino\]'"
    ):
        segmenter_files.find(None, engine="openvino")


def test_a_text_guided_segmenter_says_that_pytorch_alone_runs_it(root: Path):
    _, guided = text_guided_segmenter()
    text_guided.save(root / "models/segmenter/text_adapters-truth", guided, labels="truth", encoder="")
    with pytest.raises(
        ModelError, match=r"has no model\.onnx for onnxruntime; texts guide it, so PyTorch alone can run"
    ):
        segmenter_files.find(root / "models/segmenter/text_adapters-truth", engine="onnx")


def test_a_segmenter_that_another_version_packed_is_told_by_what_differs(root: Path):
    load_segmenter(root / "models/segmenter/small-truth", device="cpu").pack(root / "packed")
    card = json.loads((root / "packed/model.json").read_text(encoding="utf-8"))
    del card["inference"]["octaves_px"], card["max_megapixels"]
    card["inference"]["zoom"] = card["geometry"]["depth"] = 1
    (root / "packed/model.json").write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(
        ModelError,
        match=r"packed/model\.json: inference\.octaves_px, max_megapixels missing and inference\.zoom, geometry\.depth "
        "unknown: packed by another version of crackpipe; pack the segmenter again",
    ):
        segmenter_files.find(root / "packed")


def test_the_settings_are_those_of_the_project_that_the_model_lies_in(root: Path):
    configure(root, erosions="0", dark_share="0.0")
    plain = load_segmenter(root / "models/segmenter/small-truth").segment(PICTURE)
    configure(root, erosions="1", dark_share="0.0")
    eroded = load_segmenter(root / "models/segmenter/small-truth").segment(PICTURE)
    assert np.array_equal(eroded.confidence, images.erode(plain.confidence, times=1))
    assert not np.array_equal(eroded.confidence, plain.confidence)


def test_a_project_that_is_named_comes_before_that_of_the_folder(root: Path, tmp_path: Path):
    configure(root, erosions="2")
    (tmp_path / "other").mkdir()
    configure(tmp_path / "other", erosions="1")
    project = Project.open(tmp_path / "other")
    segmenter = load_segmenter(root / "models/segmenter/small-truth", project=project)
    assert segmenter.settings.erosions == 1


def test_outside_a_project_the_settings_are_those_of_conf(root: Path):
    segmenter = load_segmenter(root / "models/segmenter/small-truth", device="cpu")
    assert asdict(segmenter.settings) == params.defaults().segment.model_dump(exclude={"splits"})
    assert segmenter.segment(PICTURE).crack().shape == (48, 70)


def test_a_text_guided_segmenter_finds_its_encoder_beside_it_or_is_given_it(root: Path):
    encoder, guided = text_guided_segmenter()
    encoder_files.save(root / "models/clip", encoder, {"architecture": "dual", **SPEC})
    folder = root / "models/segmenter/text_adapters-truth"
    text_guided.save(folder, guided, labels="truth", encoder=encoder_files.digest(root / "models/clip"))
    beside = load_segmenter(folder, device="cpu")
    (root / "models/clip").rename(root / "elsewhere")
    with pytest.raises(ModelError, match=r"models/clip: no model\.json here"):
        load_segmenter(folder, device="cpu")
    named = load_segmenter(folder, encoder=root / "elsewhere", device="cpu")
    assert np.array_equal(beside.segment(PICTURE).confidence, named.segment(PICTURE).confidence)


def test_a_packed_segmenter_needs_no_project_and_keeps_its_settings(
    root: Path, tmp_path_factory: pytest.TempPathFactory
):
    configure(root, erosions="2", tile_px="96", overlap_px="32")
    segmenter = load_segmenter("small-truth", project=Project.open(root))
    away = tmp_path_factory.mktemp("away") / "packed"
    segmenter.pack(away)
    assert sorted(path.name for path in away.iterdir()) == ["model.json", "model.safetensors"]
    packed = load_segmenter(away, device="cpu")
    assert packed.settings == segmenter.settings
    assert np.array_equal(packed(PICTURE).confidence, segmenter(PICTURE).confidence)
    configure(away.parent, erosions="0")  # a project around it changes nothing
    assert load_segmenter(away).settings.erosions == 2
    with pytest.raises(CrackpipeError, match=r"packed: is there already; name a folder that is new or empty"):
        segmenter.pack(away)


def test_a_packed_text_guided_segmenter_brings_its_encoder_along(root: Path):
    encoder, guided = text_guided_segmenter()
    encoder_files.save(root / "models/clip", encoder, {"architecture": "dual", **SPEC})
    text_guided.save(
        root / "models/segmenter/text_adapters-truth",
        guided,
        labels="truth",
        encoder=encoder_files.digest(root / "models/clip"),
    )
    beside = load_segmenter(root / "models/segmenter/text_adapters-truth", device="cpu")
    beside.pack(root / "packed")
    (root / "models").rename(root / "gone")
    assert np.array_equal(load_segmenter(root / "packed")(PICTURE).confidence, beside(PICTURE).confidence)


def test_a_folder_without_a_segmenter_is_named(root: Path):
    with pytest.raises(ModelError, match=r"segmenter/gone: no model\.json here; .*there are small-truth"):
        load_segmenter(root / "models/segmenter/gone")
