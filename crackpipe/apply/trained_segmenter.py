"""A segmenter that the pipeline has trained, with all that it needs to segment photographs of any size."""

import os
from dataclasses import asdict, dataclass
from pathlib import Path

from crackpipe import params
from crackpipe.apply import mask_cache, photograph
from crackpipe.apply.packed import is_packed
from crackpipe.apply.photograph import Photograph
from crackpipe.compute.runtime import Runtime
from crackpipe.errors import CrackpipeError
from crackpipe.imaging.crack_mask import Mask
from crackpipe.models import model_files
from crackpipe.params import extensions
from crackpipe.params.project import Project
from crackpipe.segment.inference import segmenter
from crackpipe.segment.inference.segmenter import Inference, Segmenter
from crackpipe.segment.networks import catalogue

ENCODER = "encoder"  # folder of a packed segmenter's encoder, below its own


@dataclass(frozen=True, slots=True, eq=False)
class TrainedSegmenter:
    """A segmenter, its settings of inference, and the device that it runs on; :func:`load_segmenter` makes one.

    Attributes:
        folder: of the segmenter.
        encoder: folder of the image-text encoder, which a text-guided segmenter alone needs.
        settings: of inference.
        max_megapixels: of a photograph.
        runtime: device and precision.
        network: the segmenter itself.
    """

    folder: Path
    encoder: Path
    settings: Inference
    max_megapixels: float
    runtime: Runtime
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
        image = photograph.pixels(photo, max_megapixels=self.max_megapixels)
        return Mask(segmenter.segment(image, self.network, self.settings, what=name))

    def digest(self) -> str:
        """Digest of all that decides a mask besides its photograph: files, settings, precision."""
        dtype = str(self.runtime.autocast_dtype)
        return mask_cache.maker(self.folder, clip=self.encoder, settings=asdict(self.settings), dtype=dtype)

    def pack(self, folder: str | os.PathLike[str]) -> None:
        """Write the segmenter with all that it needs, to be used where there is no project.

        Args:
            folder: gets ``model.safetensors``, and ``model.json`` with the settings of inference; of a text-guided
                segmenter also ``encoder/``. It must not be there, or be empty.

        Raises:
            CrackpipeError: the folder holds something, or the network is an extension.
        """
        target = Path(folder)
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise CrackpipeError(f"{target}: is there already; name a folder that is new or empty")
        card = model_files.card(self.folder, kind="segmenter")
        card |= {"inference": asdict(self.settings), "max_megapixels": self.max_megapixels}
        if card["architecture"] in extensions.found(extensions.Network):
            raise CrackpipeError(
                f"{self.folder}: a network of extensions/ cannot be packed, as its code would be missing"
            )
        if not catalogue.has(card["architecture"]):
            model_files.copy(self.encoder, target / ENCODER, model_files.card(self.encoder, kind="clip"))
        model_files.copy(self.folder, target, card)


def load_segmenter(
    folder: str | os.PathLike[str],
    *,
    encoder: str | os.PathLike[str] | None = None,
    project: Project | None = None,
    device: str | None = None,
) -> TrainedSegmenter:
    """Read a trained segmenter.

    Settings of inference (tiles, scales, darkness …) are its own where it was packed (:meth:`TrainedSegmenter.pack`),
    else those of the project that the folder lies in, from the section ``segment`` of its ``params.yaml``. A folder
    outside any project gets those of ``conf/config.yaml``.

    Args:
        folder: of the segmenter, or its name in ``models/segmenter`` of the project in the working directory.
        encoder: folder of the image-text encoder that a text-guided segmenter was trained with; by default the one
            that is packed with it, ``models/clip`` of the project, or ``clip`` beside the folder of segmenters.
        project: whose settings to take, in place of all these.
        device: ``auto`` (CUDA where there is one), ``cpu`` or ``cuda``, in place of what ``runtime.device`` says.

    Raises:
        ModelError: the folder holds no segmenter, or one that belongs to another encoder.
        ParamsError: something is wrong in ``params.yaml``, or ``cuda`` is asked for on a machine without it.

    Examples:
        >>> import crackpipe
        >>> segmenter = crackpipe.load_segmenter("unet-cam_location")
        >>> mask = segmenter("photo.jpg")
        >>> mask.save("photo.mask.png")
        >>> mask.crack(threshold=0.5).dtype
        dtype('bool')
    """
    model = Path(folder)
    if not model.is_dir() and len(model.parts) == 1:
        model = (project.root if project else Path()) / "models/segmenter" / model
    card, alone = model_files.card(model, kind="segmenter"), project is None and is_packed(model)
    project = project or (None if alone else Project.above(model))
    if project is None:
        beside = model.resolve().parent.parent
        project, clip = Project(beside, params.defaults()), beside / "clip"
    else:
        clip = project.path("models/clip")
    clip = Path(encoder) if encoder is not None else model / ENCODER if (model / ENCODER).is_dir() else clip
    settings, max_megapixels = (
        project.params.segment.model_dump(exclude={"splits"}),
        project.params.ingest.max_megapixels,
    )
    if alone:
        settings, max_megapixels = card["inference"], card["max_megapixels"]
    runtime = project.start_runtime(device=device)
    network = segmenter.load(model, runtime, clip=clip)
    return TrainedSegmenter(model, clip, Inference(**settings), max_megapixels, runtime, network)
