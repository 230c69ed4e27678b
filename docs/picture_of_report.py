"""Write docs/report.jpg, README's picture of a report: `python docs/picture_of_report.py`, where Chromium is installed.

Photographs are drawn, as real ones may not be copied here; the package's model looks at them as at any others.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from playwright import sync_api

from crackpipe.data.demo import survey
from crackpipe.data.demo.scene import MM_PER_PX
from crackpipe.imaging import images

PICTURE = Path(__file__).parent / "report.jpg"
PHOTOS, SIDE_PX, SEED = 12, 960, 5
WIDE, HIGH, QUALITY = 1200, 1500, 82


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        photographs, out = Path(place) / "photographs", Path(place) / "survey"
        photographs.mkdir()
        for photo in survey.photographs(photos=PHOTOS, side_px=SIDE_PX, seed=SEED):
            (photographs / f"{photo.name}.jpg").write_bytes(photo.read_image())
        options = [str(photographs), "--mm-per-px", str(MM_PER_PX), "--out", str(out)]
        subprocess.run([sys.executable, "-m", "crackpipe", "inspect", *options], check=True)
        PICTURE.write_bytes(images.encode_jpeg(_shot(out / "report.html"), quality=QUALITY))


def _shot(page_file: Path) -> np.ndarray:
    """The page's first screens, RGB."""
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDE, "height": HIGH})
        page.goto(page_file.as_uri())
        return images.decode_rgb(page.screenshot())


if __name__ == "__main__":
    main()
