"""A hub that does not answer is detected in seconds, not after its client's many tries."""

import socket
import threading
from typing import Any

import pytest
from huggingface_hub import constants

from crackpipe.clip.encoders import hub

NOBODY = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def test_a_listening_host_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert hub.answers(f"http://127.0.0.1:{server.getsockname()[1]}/models", seconds=5)


def test_a_closed_port_does_not_answer() -> None:
    assert not hub.answers(NOBODY, seconds=5)


def test_a_lookup_that_never_ends_counts_as_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    for_ever = threading.Event()

    def never(*_: Any, **__: Any) -> None:
        for_ever.wait()
        raise OSError

    monkeypatch.setattr(socket, "create_connection", never)
    assert not hub.answers("https://hub.example", seconds=0.01)
    for_ever.set()


def test_behind_a_proxy_the_proxy_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = []

    def connect(address: tuple[str, int], **_: Any) -> socket.socket:
        addresses.append(address)
        return socket.socket()

    monkeypatch.setattr(socket, "create_connection", connect)
    monkeypatch.setenv("https_proxy", "http://gate.example:3128")
    assert hub.answers("https://hub.example", seconds=5)
    assert addresses == [("gate.example", 3128)]


def test_downloads_are_off_only_while_the_hub_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", NOBODY)
    with hub.failing_fast():
        assert constants.is_offline_mode()
    assert not constants.is_offline_mode()
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.getsockname()[1]}")
        with hub.failing_fast():
            assert not constants.is_offline_mode()


def test_downloads_that_are_off_stay_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with hub.failing_fast():
        assert constants.is_offline_mode()
    assert constants.is_offline_mode()
