"""A segmenter that the pipeline has trained, with all that it needs to segment photographs of any size."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from crackpipe.apply import photograph, segmenter_files
from crackpipe.apply.engines import GRAPH, Engine
from crackpipe.apply.photograph import Photograph
from crackpipe.apply.segmenter_files import SegmenterFiles
from crackpipe.imaging.crack_mask import Mask
from crackpipe.params.project import Project
from crackpipe.segment.inference import segmenter
from crackpipe.segment.inference.segmenter import Inference, Segmenter


@dataclass(frozen=True, slots=True, eq=False)
class TrainedSegmenter:
    """A segmenter and its settings of inference; :func:`load_segmenter` makes one.

    Attributes:
        files: on disk, with settings.
        settings: of inference.
        network: the segmenter itself.
    """

    files: SegmenterFiles
    settings: Inference
    network: Segmenter

    def __call__(self, photo: Photograph) -> Mask:
        """Segment one photograph; see :meth:`segment`."""
        return self.segment(photo)

    def segment(self, photo: Photograph, *, name: str | None = None) -> Mask:
        """Segment one photograph.

        Args:
            photo: path of a picture, or an array (h, w, 3), uint8, RGB, 0–255.
            name: of the photograph on a progress bar, which large ones show; ``None`` shows none.

        Returns:
            The mask, (h, w) like the photograph.

        Raises:
            PhotoError: the file cannot be read or is too large, or the array is of another shape or type.
        """
        image = photograph.pixels(photo, max_megapixels=self.files.max_megapixels)
        levels = self.files.confidences()[segmenter.segment(image, self.network, self.settings, what=name)]
        return Mask(levels, threshold=self.files.geometry.level)

    def with_geometry(self, **changes: float) -> "TrainedSegmenter":
        """The same segmenter with other settings of what counts as a crack."""
        return replace(self, files=self.files.with_geometry(**changes))

    def pack(
        self,
        folder: str | os.PathLike[str],
        *,
        half: bool = False,
        graph: bool = False,
        told: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        """Write the segmenter with all that it needs, to be used where there is no project.

        Args:
            folder: gets ``model.safetensors``, and ``model.json`` with the settings of inference and of what counts as
                a crack; of a text-guided segmenter also ``encoder/``. It must not be there, or be empty.
            half: weights in float16, in half the room.
            graph: also ``model.onnx``, by which it runs where there is no PyTorch; packages of ``crackpipe[export]``
                write it.
            told: what its card tells beside that: what it was trained on, figures.

        Raises:
            CrackpipeError: the folder holds something, the network is an extension, or a package is missing.
            ModelError: the network has no form in ONNX.
        """
        from crackpipe.apply import packing  # loads torch

        packing.pack(self.files, Path(folder), half=half, graph=graph, told=told)


def load_segmenter(
    folder: str | os.PathLike[str] | None = None,
    *,
    encoder: str | os.PathLike[str] | None = None,
    project: Project | None = None,
    device: str | None = None,
    engine: Engine | None = None,
) -> TrainedSegmenter:
    """Read a trained segmenter.

    Settings of inference (tiles, scales, darkness …) are its own where it comes with the package or was packed
    (:meth:`TrainedSegmenter.pack`), else those of the project that the folder lies in, from the section ``segment`` of
    its ``params.yaml``. A folder outside any project gets those of ``conf/config.yaml``.

    Args:
        folder: of the segmenter; its name in ``models/segmenter`` of the project in the working directory, or that of
            one that comes with the package. Without it the package's own.
        encoder: folder of the image-text encoder that a text-guided segmenter was trained with; by default the one
            that is packed with it, ``models/clip`` of the project, or ``clip`` beside the folder of segmenters.
        project: whose settings to take, in place of all these.
        device: of PyTorch: ``auto`` (CUDA where there is one), ``cpu`` or ``cuda``, in place of what
            ``runtime.device`` says.
        engine: ``torch``, ``onnx`` or ``openvino``; by default see :func:`crackpipe.apply.engines.choose`.

    Raises:
        CrackpipeError: a package that the engine needs is not installed.
        ModelError: the folder holds no segmenter, one that belongs to another encoder, or none for the engine.
        ParamsError: something is wrong in ``params.yaml``, or ``cuda`` is asked for on a machine without it, or
            by another engine than PyTorch.

    Examples:
        >>> import crackpipe
        >>> segmenter = crackpipe.load_segmenter("unet-cam_location")
        >>> mask = segmenter("photo.jpg")
        >>> mask.save("photo.mask.png")
        >>> mask.crack(threshold=0.5).dtype
        dtype('bool')
    """
    files = segmenter_files.find(folder, encoder=encoder, project=project, engine=engine, device=device)
    return load(files, device=device)


def load(files: SegmenterFiles, *, device: str | None = None) -> TrainedSegmenter:
    """Read a segmenter whose files are known; see :func:`load_segmenter`."""
    settings = Inference(**files.inference)
    if files.engine != "torch":
        from crackpipe.segment.inference import onnx_engine

        threads = files.project.params.runtime.threads
        openvino = files.engine == "openvino"
        network = onnx_engine.load(files.folder / GRAPH, threads=threads, openvino=openvino)
        return TrainedSegmenter(files, settings, network)
    from crackpipe.segment.inference import torch_engine  # loads torch: 2 s

    runtime = files.project.start_runtime(device=device)
    return TrainedSegmenter(files, settings, torch_engine.load(files.folder, runtime, clip=files.encoder))
