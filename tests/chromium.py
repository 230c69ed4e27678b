"""The Chromium of the system, which opens pages in tests."""

import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATH = next(filter(None, map(shutil.which, NAMES)), None)
