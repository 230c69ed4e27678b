"""A project: the folder where the pipeline runs or has run, and its parameters."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crackpipe.params.loading import load
from crackpipe.params.whole import Params

if TYPE_CHECKING:
    from crackpipe.compute.runtime import Precision, Runtime

PARAMS = Path("params.yaml")


@dataclass(frozen=True, slots=True)
class Project:
    """Folder of the pipeline's tables and models, and the parameters that they are made with.

    Attributes:
        root: folder that holds ``params.yaml``, ``data/`` and ``models/``.
        params: what ``params.yaml`` says.
    """

    root: Path
    params: Params

    @classmethod
    def open(cls, root: Path = Path()) -> "Project":
        """Read and check the parameters of the project in ``root``, by default the working directory.

        Args:
            root: folder that holds ``params.yaml``.

        Raises:
            ParamsError: there is no ``params.yaml``, or something in it is wrong; see :func:`.loading.load`.
        """
        return cls(root, load(root / PARAMS))

    @classmethod
    def at(cls, root: Path) -> "Project | None":
        """Open the project in a folder, ``None`` where it holds none; see :meth:`above`.

        Args:
            root: folder.

        Raises:
            ParamsError: something in its ``params.yaml`` is wrong; see :func:`.loading.load`.
        """
        return cls.open(root) if _is_ours(root / PARAMS) else None

    @classmethod
    def above(cls, path: Path) -> "Project | None":
        """Open the project that a file or folder lies in: the nearest folder above it that holds its ``params.yaml``.

        Other programs have files of that name; the project's has the sections of the first and the last network.

        Args:
            path: of a model, for instance; it need not exist.

        Returns:
            The project, or ``None`` where ``path`` lies in none.

        Raises:
            ParamsError: something in its ``params.yaml`` is wrong; see :func:`.loading.load`.
        """
        roots = (folder for folder in path.resolve().parents if _is_ours(folder / PARAMS))
        root = next(roots, None)
        return None if root is None else cls.open(root)

    def path(self, name: str) -> Path:
        """Path of a table, model or figure by its name under the root, e.g. ``data/photos``."""
        return self.root / name

    def start_runtime(
        self, *, device: str | None = None, precision: "Precision | None" = None, keep_memory: bool = False
    ) -> "Runtime":
        """Start computing as the section ``runtime`` says; see :func:`crackpipe.compute.runtime.start_runtime`.

        Args:
            device, precision: in place of the section's.
            keep_memory: for training: freed memory stays with the process.

        Raises:
            ParamsError: ``cuda`` is asked for on a machine without it.
        """
        from crackpipe.compute.runtime import start_runtime  # loads torch: 2 s

        section = self.params.runtime
        return start_runtime(
            device=device or section.device,
            precision=precision or section.precision,
            threads=section.threads,
            keep_memory=keep_memory,
        )


def _is_ours(path: Path) -> bool:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
    return {"train_classifier:", "train_segmenter:"} <= {line.partition("#")[0].rstrip() for line in lines}
