"""Camera RAW, read by LibRaw where the extra ``raw`` is installed; the only file that knows rawpy."""

import io

from crackpipe.errors import PhotoError
from crackpipe.imaging.picture_files.other import refusing
from crackpipe.imaging.picture_files.picture import Samples, check_size

MEND = "install it with `pip install 'crackpipe[raw]'`, or develop the photograph to JPEG or TIFF"


def installed() -> bool:
    """Tell whether rawpy is there."""
    try:
        import rawpy  # noqa: F401 - only whether
    except ImportError:
        return False
    return True


def samples(data: bytes, *, max_megapixels: float) -> Samples:
    """Develop a RAW photograph with LibRaw's defaults and the camera's white balance; it comes upright.

    Raises:
        PhotoError: rawpy is not installed; the file is damaged, too large, or of a camera that LibRaw does not know.
    """
    if not installed():
        raise PhotoError(f"camera RAW, which needs rawpy; {MEND}")
    import rawpy

    with refusing("camera RAW"), rawpy.imread(io.BytesIO(data)) as raw:
        check_size(raw.sizes.iheight, raw.sizes.iwidth, max_megapixels=max_megapixels)
        developed = raw.postprocess(use_camera_wb=True)
    return Samples(developed, notes=("camera RAW, developed with the camera's white balance",), upright=True)
