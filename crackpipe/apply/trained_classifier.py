"""A patch classifier that the pipeline has trained: probabilities of patches, pseudo-labels of photographs."""

import os
from dataclasses import dataclass
from pathlib import Path

import torch

from crackpipe import params
from crackpipe.apply import photograph
from crackpipe.apply.photograph import Photograph
from crackpipe.classify import classifier
from crackpipe.classify.classifier import Classifier
from crackpipe.compute.runtime import Runtime
from crackpipe.errors import CrackpipeError, did_you_mean
from crackpipe.imaging import images
from crackpipe.imaging.crack_mask import Mask
from crackpipe.models import shipped
from crackpipe.params import Params, labels
from crackpipe.params.project import Project
from crackpipe.pseudo import labelling, localisation_maps
from crackpipe.pseudo.map_predictors import map_predictors

TRUTH = "truth"  # the one kind of labels that a classifier cannot give


@dataclass(frozen=True, slots=True, eq=False)
class TrainedClassifier:
    """A patch classifier, the settings of its maps, and the device that it runs on; :func:`load_classifier` makes one.

    Attributes:
        folder: of the classifier.
        params: of the project; ``params.localisation_maps`` and ``params.pseudo_label`` hold the settings.
        runtime: device and precision.
        network: the classifier itself.
    """

    folder: Path
    params: Params
    runtime: Runtime
    network: Classifier

    def crack_probability(self, patch: Photograph) -> float:
        """Calibrated probability, in [0, 1], that a patch shows a crack.

        Args:
            patch: path of a picture, or an array (h, w, 3), uint8, RGB, 0–255; it is resized to a square of the side
                that the classifier was trained on.

        Raises:
            PhotoError: the file cannot be read or is too large, or the array is of another shape or type.
        """
        image = photograph.pixels(patch, max_megapixels=self.params.ingest.max_megapixels)
        square = torch.from_numpy(images.squeezed(image, side_px=self.network.side_px)).permute(2, 0, 1)[None]
        return float(self.network.crack_probability(square, self.runtime)[0])

    def pseudo_label(self, photo: Photograph, *, method: str = "soft_location") -> Mask:
        """Label the pixels of a photograph, by the classifier's localisation maps alone.

        It is the label that the pipeline gives a photograph without patch labels of its own.

        Args:
            photo: path of a picture, or an array (h, w, 3), uint8, RGB, 0–255.
            method: one of :func:`crackpipe.params.labels.methods` but ``truth``; its settings are those of
                ``pseudo_label.<method>``.

        Returns:
            The label, (h, w) like the photograph; its threshold is ``pseudo_label.<method>.binarise``.

        Raises:
            CrackpipeError: there is no such method, or ``localisation_maps.patch_maps`` lacks a patch size of its.
            PhotoError: the file cannot be read or is too large, or the array is of another shape or type.
        """
        known = [name for name in labels.methods() if name != TRUTH]
        if method not in known:
            hint = did_you_mean(method, known)
            raise CrackpipeError(f"method: got {method!r}, expected one of {', '.join(known)}{hint}")
        settings = getattr(self.params.pseudo_label, method)
        labeller = labelling.create_method(method, settings.model_dump())
        image = photograph.pixels(photo, max_megapixels=self.params.ingest.max_megapixels)
        predictors = map_predictors(self.network, self.runtime, self.params.localisation_maps, kinds=labeller.kinds)
        rows = tuple(localisation_maps.gather([("photograph", image)], predictors))
        levels = labelling.soft_mask(labelling.Item(None, image, rows, crack_possible=None), method=labeller)
        return Mask(levels, threshold=settings.binarise)


def load_classifier(
    folder: str | os.PathLike[str] | None = None, *, project: Project | None = None, device: str | None = None
) -> TrainedClassifier:
    """Read a trained patch classifier.

    Settings of localisation maps and pseudo-labels are those of the project that the folder lies in, from its
    ``params.yaml``. A folder outside any project, and the package's own, gets those of ``conf/config.yaml``.

    Args:
        folder: of the classifier, e.g. ``models/classifier``, or the name of one that comes with the package; without
            it the package's own.
        project: whose settings to take, in place of the one that the folder lies in.
        device: ``auto`` (CUDA where there is one), ``cpu`` or ``cuda``, in place of what ``runtime.device`` says.

    Raises:
        ModelError: the folder holds no classifier, or its weights do not fit its card.
        ParamsError: something is wrong in ``params.yaml``, or ``cuda`` is asked for on a machine without it.

    Examples:
        >>> import crackpipe
        >>> classifier = crackpipe.load_classifier("models/classifier")
        >>> label = classifier.pseudo_label("photo.jpg", method="soft_location")
        >>> label.save("photo.label.png")
        >>> 0 <= classifier.crack_probability("photo.jpg") <= 1
        True
    """
    inside = (project.root if project else Path()) / "models"
    model = (
        shipped.FOLDER / shipped.CLASSIFIER if folder is None else shipped.named(folder, kind="classifier", own=inside)
    )
    above = None if model.resolve().is_relative_to(shipped.FOLDER) else Project.above(model)
    project = project or above or Project(model.resolve().parent, params.defaults())
    runtime = project.start_runtime(device=device)
    network = classifier.for_inference(classifier.load(model, runtime), runtime)
    return TrainedClassifier(model, project.params, runtime, network)
