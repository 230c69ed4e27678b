"""The hub that pretrained weights come from: a check, within seconds, whether it answers."""

import contextlib
import socket
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator

PATIENCE_S = 5.0
PORTS = {"http": 80, "https": 443}


@contextlib.contextmanager
def failing_fast() -> Iterator[None]:
    """Context in which downloads from a hub that does not answer fail at once; files in its cache are still found.

    Its own client tries each file again and again for the better part of a minute.
    """
    from huggingface_hub import constants

    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = before or not answers(constants.ENDPOINT, seconds=PATIENCE_S)
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before


def answers(url: str, *, seconds: float) -> bool:
    """Try if the host of ``url``, or the proxy that leads to it, takes a connection within ``seconds``.

    Args:
        url: address with its scheme, http or https.
        seconds: time limit, the look-up of the name included.
    """
    parts = urllib.parse.urlsplit(url)
    proxy = None if urllib.request.proxy_bypass(parts.netloc) else urllib.request.getproxies().get(parts.scheme)
    if proxy:
        parts = urllib.parse.urlsplit(proxy if "//" in proxy else f"//{proxy}", scheme="http")
    port = parts.port or PORTS.get(parts.scheme, 80)
    connected = threading.Event()

    def connect() -> None:
        with contextlib.suppress(OSError), socket.create_connection((parts.hostname or "", port), timeout=seconds):
            connected.set()

    # a thread: looking up a name has no time limit of its own
    attempt = threading.Thread(target=connect, daemon=True)
    attempt.start()
    attempt.join(seconds)
    return connected.is_set()
