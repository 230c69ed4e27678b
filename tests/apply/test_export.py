"""ONNX files give what PyTorch gives, at any size; what cannot be exported says so."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import plain_inference
import pytest
import torch
from torch import nn
from typer.testing import CliRunner

from crackpipe.apply import export
from crackpipe.classify import classifier
from crackpipe.classify.calibrator import Calibrator
from crackpipe.cli.app import commands
from crackpipe.compute import hardware
from crackpipe.compute.runtime import Runtime
from crackpipe.errors import CrackpipeError, ModelError
from crackpipe.models import onnx_session
from crackpipe.segment.inference import onnx_engine, segmenter, torch_engine
from crackpipe.segment.networks import pixel_network

SIZES = [(1, 32, 32), (2, 96, 64), (1, 192, 320)]


def pixels(count: int, height: int, width: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(height)
    return torch.randint(0, 256, (count, 3, height, width), dtype=torch.uint8, generator=generator)


def settled(network: nn.Module) -> None:
    """Give batch normalisations statistics as after a training, which random weights have not."""
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_running_stats()
            layer.momentum = None
    network.train()
    with torch.no_grad():
        network(torch.randn(4, 3, 96, 96))
    network.eval()


def saved_segmenter(folder: Path, name: str, *, encoder: str, refine_px: int = 0) -> Path:
    torch.manual_seed(0)
    found = pixel_network.create(name, encoder=encoder, weights="none", width=0.125, trunk=None, refine_px=refine_px)
    settled(found.network)
    pixel_network.save(folder, found, labels="truth")
    return folder


@pytest.fixture(scope="module")
def unet(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Folder of a small U-Net, and its ONNX file."""
    folder = saved_segmenter(tmp_path_factory.mktemp("unet"), "unet", encoder="tf_efficientnet_lite0")
    export.export_segmenter(folder, out=folder / "unet.onnx")
    return folder, folder / "unet.onnx"


@pytest.fixture(autouse=True)
def _single_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "multiplies_bf16", lambda: False)


def check_parity(folder: Path, file: Path, runtime: Runtime) -> None:
    torch_network = pixel_network.load(folder, runtime)
    for openvino in (False, True):
        onnx_network = onnx_engine.load(file, threads=1, openvino=openvino)
        assert onnx_network.multiple_px == torch_network.multiple_px
        for size in SIZES:
            expected = torch_network.predict(pixels(*size), runtime)
            assert float(expected.std()) > 0.01  # maps, not constants
            found = torch.from_numpy(onnx_network.predict(pixels(*size).permute(0, 2, 3, 1).numpy()))
            torch.testing.assert_close(found, expected, atol=1e-3, rtol=0)


@pytest.mark.slow
def test_a_u_net_gives_the_same_maps_at_three_sizes(unet: tuple[Path, Path], runtime: Runtime) -> None:
    check_parity(*unet, runtime)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "encoder", "refine_px"),
    [
        ("oed", "tf_efficientnet_lite0", 0),
        ("deepcrack_liu", "vgg16_bn", 5),
        ("deepcrack_zou", "vgg16", 0),
        ("unet", "resnet18", 0),
    ],
)
def test_the_other_networks_give_the_same_maps_too(
    name: str, encoder: str, refine_px: int, tmp_path: Path, runtime: Runtime
) -> None:
    folder = saved_segmenter(tmp_path, name, encoder=encoder, refine_px=refine_px)
    export.export_segmenter(folder, out=tmp_path / "out.onnx")
    check_parity(folder, tmp_path / "out.onnx", runtime)


@pytest.mark.slow
def test_a_photograph_is_segmented_alike_in_tiles(unet: tuple[Path, Path], runtime: Runtime) -> None:
    folder, file = unet
    image = np.random.default_rng(0).integers(0, 256, (150, 203, 3), dtype=np.uint8)
    settings = replace(plain_inference.PLAIN, tile_px=96, overlap_px=20, flips=2)
    maps = [
        segmenter.segment(image, one, settings, what=None)
        for one in (onnx_engine.load(file, threads=1), torch_engine.load(folder, runtime, clip=Path()))
    ]
    assert np.abs(maps[0].astype(int) - maps[1]).max() <= 1


@pytest.mark.slow
def test_sides_that_are_no_multiple_are_refused(unet: tuple[Path, Path]) -> None:
    with pytest.raises(ModelError, match=r"got photographs of 32×40 px .*, but both must be multiples of 32"):
        onnx_engine.load(unet[1]).predict(pixels(1, 32, 40).permute(0, 2, 3, 1).numpy())


@pytest.mark.slow
def test_the_file_tells_nothing_of_the_machine_that_wrote_it(unet: tuple[Path, Path]) -> None:
    written = unet[1].read_bytes()
    assert b"site-packages" not in written
    assert str(Path(__file__).parents[2]).encode() not in written


@pytest.mark.slow
@pytest.mark.parametrize("side_px", [64, 50])
@pytest.mark.parametrize(
    "calibrator",
    [
        Calibrator("platt", slope=0.7, offset=-0.2),
        Calibrator("isotonic", margins=(-0.4, 0.0, 0.1, 0.5), probabilities=(0.1, 0.1, 0.6, 0.9)),
    ],
    ids=lambda calibrator: calibrator.kind,
)
def test_a_classifier_gives_the_same_calibrated_probabilities(
    calibrator: Calibrator, side_px: int, tmp_path: Path, runtime: Runtime
) -> None:
    torch.manual_seed(0)
    made = classifier.create(backbone="tf_efficientnet_lite0", weights="none", side_px=side_px)
    settled(made.network)
    classifier.save(tmp_path, replace(made, calibrator=calibrator))
    export.export_classifier(tmp_path, out=tmp_path / "out.onnx")
    network = onnx_session.load(tmp_path / "out.onnx", kind="classifier", threads=1)
    loaded = classifier.load(tmp_path, runtime)
    sizes = SIZES if side_px == 64 else [(1, 50, 50), (3, 50, 50)]
    for size in sizes:
        (found,) = network.run(pixels(*size).numpy())
        np.testing.assert_allclose(found, loaded.crack_probability(pixels(*size), runtime).numpy(), atol=1e-3)


def test_a_text_guided_segmenter_and_another_model_are_refused(tmp_path: Path) -> None:
    for name, kind in (("guided", "segmenter"), ("clip", "clip")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.json").write_text(json.dumps({"kind": kind, "architecture": "text_adapters"}))
    with pytest.raises(ModelError) as error:
        export.export(tmp_path / "guided", out=tmp_path / "out.onnx")
    assert str(error.value) == (
        f"{tmp_path}/guided: text_adapters is guided by texts and needs their encoder, which has no form in ONNX; name "
        "a segmenter of another kind: unet, deepcrack_liu, deepcrack_zou, oed"
    )
    with pytest.raises(ModelError, match="clip: holds a model of the kind 'encoder', but 'segmenter' is needed here"):
        export.export(tmp_path / "clip", out=tmp_path / "out.onnx")
    with pytest.raises(ModelError, match=r"no segmenter 'nowhere'; known are .*unet-crack500"):
        export.export(Path("nowhere"), out=tmp_path / "out.onnx")
    (tmp_path / "guided/model.json").write_text('{"kind": ')
    with pytest.raises(ModelError, match=r"model\.json: damaged .*; write the model anew"):
        export.export(tmp_path / "guided", out=tmp_path / "out.onnx")
    assert not (tmp_path / "out.onnx").exists()


@pytest.mark.slow
def test_the_command_writes_a_file_whole_with_its_card(unet: tuple[Path, Path], tmp_path: Path) -> None:
    done = CliRunner().invoke(commands, ["export", "onnx", str(unet[0]), "--out", str(tmp_path / "a.onnx")])
    assert done.output == f"wrote {tmp_path / 'a.onnx'}: a segmenter\n"
    card = onnx_session.load(tmp_path / "a.onnx", kind="segmenter", threads=None).card
    assert (card["architecture"], card["labels"], card["multiple_px"]) == ("unet", "truth", 32)
    with pytest.raises(ModelError, match="holds a model of the kind 'segmenter', but 'classifier' is needed here"):
        onnx_session.load(tmp_path / "a.onnx", kind="classifier", threads=None)


@pytest.mark.slow
def test_a_segmenter_that_comes_with_the_package_is_exported_by_its_name(tmp_path: Path) -> None:
    assert export.export(Path("unet-crack500"), out=tmp_path / "a.onnx") == "segmenter"
    assert onnx_engine.load(tmp_path / "a.onnx", threads=1).multiple_px == 32


@pytest.mark.parametrize("openvino", [False, True])
def test_a_file_that_is_missing_or_no_onnx_is_told(openvino: bool, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"a\.onnx: no such file; write it by `crackpipe export onnx MODEL --out"):
        onnx_engine.load(tmp_path / "a.onnx", openvino=openvino)
    (tmp_path / "a.onnx").write_bytes(b"no network")
    with pytest.raises(ModelError, match=r"a\.onnx: cannot be read as ONNX: "):
        onnx_engine.load(tmp_path / "a.onnx", openvino=openvino)


def test_an_onnx_file_of_another_program_is_refused(tmp_path: Path) -> None:
    from onnx import TensorProto, helper, save

    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    same = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "same", [value], [same])
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), tmp_path / "a.onnx")
    with pytest.raises(ModelError, match="an ONNX file of another program; write one by `crackpipe export onnx MODEL`"):
        onnx_engine.load(tmp_path / "a.onnx")


def test_missing_packages_are_told_by_the_extra_that_brings_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(CrackpipeError, match=r"OpenVINO .* not installed; run pip install 'crackpipe\[openvino\]'"):
        onnx_engine.load(tmp_path / "a.onnx", openvino=True)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(CrackpipeError, match=r"onnxruntime, which is not installed; run pip install onnxruntime"):
        onnx_engine.load(tmp_path / "a.onnx")
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(CrackpipeError, match=r"onnx, which is not installed; run pip install 'crackpipe\[export\]'"):
        export.export_segmenter(tmp_path, out=tmp_path / "a.onnx")
