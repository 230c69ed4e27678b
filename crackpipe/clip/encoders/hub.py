"""The hub that pretrained weights come from: whether it answers, found out in seconds."""

import contextlib
import socket
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator

from huggingface_hub import constants

PATIENCE_S = 5.0
PORTS = {"http": 80, "https": 443}


@contextlib.contextmanager
def quick_to_fail() -> Iterator[None]:
    """Within it, downloads from a hub that does not answer fail at once; files in its cache are still found.

    Its own client tries each file again and again for the better part of a minute.
    """
    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = before or not answers(constants.ENDPOINT, seconds=PATIENCE_S)
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before


def answers(url: str, *, seconds: float) -> bool:
    """Whether the host of ``url``, or the proxy that leads to it, takes a connection within ``seconds``."""
    parts = urllib.parse.urlsplit(url)
    proxy = None if urllib.request.proxy_bypass(parts.netloc) else urllib.request.getproxies().get(parts.scheme)
    if proxy:
        parts = urllib.parse.urlsplit(proxy if "//" in proxy else f"//{proxy}", scheme="http")
    port = parts.port or PORTS.get(parts.scheme, 80)
    found = threading.Event()

    def connect() -> None:
        with contextlib.suppress(OSError), socket.create_connection((parts.hostname or "", port), timeout=seconds):
            found.set()

    # a thread: looking up a name has no time limit of its own
    asking = threading.Thread(target=connect, daemon=True)
    asking.start()
    asking.join(seconds)
    return found.is_set()
