"""A segmenter that the pipeline has trained, with all that it needs to segment photographs of any size."""

import os
from dataclasses import dataclass
from pathlib import Path

from crackpipe import params
from crackpipe.apply import mask_cache, photograph
from crackpipe.apply.photograph import Photograph
from crackpipe.compute.runtime import Runtime
from crackpipe.imaging.crack_mask import Mask
from crackpipe.params import Params
from crackpipe.params.project import Project
from crackpipe.segment.inference import segmenter
from crackpipe.segment.inference.segmenter import Inference, Segmenter


@dataclass(frozen=True, slots=True, eq=False)
class TrainedSegmenter:
    """A segmenter, its settings of inference, and the device that it runs on; :func:`load_segmenter` makes one.

    Attributes:
        folder: of the segmenter.
        encoder: folder of the image-text encoder, which a text-guided segmenter alone needs.
        params: of the project; ``params.segment`` holds the settings of inference.
        runtime: device and precision.
        network: the segmenter itself.
    """

    folder: Path
    encoder: Path
    params: Params
    runtime: Runtime
    network: Segmenter

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
        image = photograph.pixels(photo, max_megapixels=self.params.ingest.max_megapixels)
        settings = Inference(**self.params.segment.model_dump(exclude={"splits"}))
        return Mask(segmenter.segment(image, self.network, settings, what=name))

    def digest(self) -> str:
        """Digest of all that decides a mask besides its photograph: files, settings, precision."""
        settings = self.params.segment.model_dump(exclude={"splits"})
        dtype = str(self.runtime.autocast_dtype)
        return mask_cache.maker(self.folder, clip=self.encoder, settings=settings, dtype=dtype)


def load_segmenter(
    folder: str | os.PathLike[str],
    *,
    encoder: str | os.PathLike[str] | None = None,
    project: Project | None = None,
    device: str | None = None,
) -> TrainedSegmenter:
    """Read a trained segmenter.

    Settings of inference (tiles, scales, darkness …) are those of the project that the folder lies in, from the
    section ``segment`` of its ``params.yaml``. A folder outside any project gets those of ``conf/config.yaml``.

    Args:
        folder: of the segmenter, e.g. ``models/segmenter/unet-cam_location``.
        encoder: folder of the image-text encoder that a text-guided segmenter was trained with; by default
            ``models/clip`` of the project, or ``clip`` beside the folder of segmenters.
        project: whose settings to take, in place of the one that the folder lies in.
        device: ``auto`` (CUDA where there is one), ``cpu`` or ``cuda``, in place of what ``runtime.device`` says.

    Raises:
        ModelError: the folder holds no segmenter, or one that belongs to another encoder.
        ParamsError: something is wrong in ``params.yaml``, or ``cuda`` is asked for on a machine without it.

    Examples:
        >>> import crackpipe
        >>> segmenter = crackpipe.load_segmenter("models/segmenter/unet-cam_location")
        >>> mask = segmenter.segment("photo.jpg")
        >>> mask.save("photo.mask.png")
        >>> mask.crack(threshold=0.5).dtype
        dtype('bool')
    """
    model = Path(folder)
    project = project or Project.above(model)
    if project is None:
        beside = model.resolve().parent.parent
        project, clip = Project(beside, params.defaults()), beside / "clip"
    else:
        clip = project.path("models/clip")
    clip = clip if encoder is None else Path(encoder)
    runtime = project.start_runtime(device=device)
    return TrainedSegmenter(model, clip, project.params, runtime, segmenter.load(model, runtime, clip=clip))
