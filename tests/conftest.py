"""Settings of all tests: how long each may take and which come first; the state that they leave of torch; a browser."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import chromium
import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from crackpipe.compute.runtime import Runtime

# a busy machine is no fault of the code, and the same commit must give the same verdict twice
settings.register_profile("crackpipe", deadline=None, derandomize=True)
settings.load_profile("crackpipe")

SLOW_S, NIGHTLY_S = 300, 3600  # limits of tests so marked; those of others are in pyproject.toml
SHOWN = 80  # letters of an address: a picture in a page is one of thousands
LONG_S = 2  # a test of one unit takes less


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give slow tests more time, and put the files that hold them first, so that no worker ends long after the others.

    ``make test`` passes ``--no-loadscope-reorder``, which keeps this order.
    """
    slow_files = set()
    for item in items:
        marks = {mark.name for mark in item.iter_markers()}
        if marks & {"slow", "nightly"}:
            slow_files.add(item.path)
            if "timeout" not in marks:
                item.add_marker(pytest.mark.timeout(NIGHTLY_S if "nightly" in marks else SLOW_S))
    items.sort(key=lambda item: item.path not in slow_files)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the tests of units that took long, for whoever mends them."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)]
    long = [
        (report.duration, report.nodeid)
        for report in reports
        if report.when == "call" and report.duration > LONG_S and not {"slow", "nightly"} & set(report.keywords)
    ]
    if long:
        terminalreporter.section(f"{len(long)} tests of units over {LONG_S} s: make them smaller, or mark them slow")
        for seconds, name in sorted(long, reverse=True):
            terminalreporter.line(f"{seconds:.1f}s {name}")


@pytest.fixture(autouse=True)
def _torch_as_it_was() -> Iterator[None]:
    """A run sets these for its whole process; hypothesis draws denormals, and references are not all deterministic."""
    yield
    if "torch" in sys.modules:
        sys.modules["torch"].set_flush_denormal(False)
        sys.modules["torch"].set_deterministic_debug_mode("default")  # use_deterministic_algorithms loads a compiler


@pytest.fixture(scope="session")
def runtime() -> "Iterator[Runtime]":
    """The processor, one thread: two would wait for each other longer than the small networks of tests take."""
    import torch

    from crackpipe.compute.runtime import Runtime

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield Runtime(torch.device("cpu"), None)
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A Chromium of the system; tests that need one are skipped where there is none."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if chromium.PATH is None:
        pytest.skip(f"no {', '.join(chromium.NAMES)} on PATH")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium.PATH, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def show(browser: Any) -> Iterator[Any]:
    """Open a page of a width; at the end nothing was said on its console, and nothing was asked of the network."""
    said: list[str] = []
    context = browser.new_context()

    def opened(path: Path, *, width: int = 1280, scheme: str = "light") -> Any:
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: said.append(request.url[:SHOWN]))
        page.goto(path.as_uri())
        assert said.pop(0) == path.as_uri()[:SHOWN]
        return page

    yield opened
    context.close()
    assert [line for line in said if not line.startswith("data:")] == []
