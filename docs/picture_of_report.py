"""Write docs/report.jpg, README's picture of a report: `python docs/picture_of_report.py`, where Chromium is installed.

Photographs are drawn, as real ones may not be copied here: bare surfaces, without the shadows, joints and stains of the
demo. The package's model looks at them as at any others.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from playwright import sync_api

from crackpipe.data.demo import picture
from crackpipe.data.demo.scene import MM_PER_PX, Scene
from crackpipe.imaging import images

PICTURE = Path(__file__).parent / "report.jpg"
SURFACES = ("concrete", "asphalt", "plaster")
CRACKS = (("single", 2.5), ("branching", 6.0), ("map", 3.0), ("single", 9.0))
SIDE_PX, SEED = 960, 5
WIDE, HIGH, QUALITY = 1200, 1500, 82


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        photographs, out = Path(place) / "photographs", Path(place) / "survey"
        photographs.mkdir()
        for group, surface in enumerate(SURFACES):
            for index, (topology, width_px) in enumerate(CRACKS):
                scene = Scene(SEED, group, index, SIDE_PX, surface, topology, width_px, hazards=())
                (photographs / f"{surface}-{index + 1}.jpg").write_bytes(picture.read_image(scene))
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
