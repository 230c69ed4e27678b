"""How a stage ends."""

import pytest

from crackpipe import stage
from crackpipe.errors import CrackpipeError, DatasetError


def test_a_users_error_is_shown_without_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    def main() -> None:
        stage.say("started")
        raise DatasetError("raw/cfd: not here")

    with pytest.raises(SystemExit) as caught:
        stage.run(main)
    assert caught.value.code == 1
    assert capsys.readouterr() == ("started\n", "error: raw/cfd: not here\n")


def test_a_fault_of_the_program_keeps_its_traceback() -> None:
    def main() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stage.run(main)


def test_a_missing_argument_shows_the_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["segment.py", "text_adapters"])
    with pytest.raises(CrackpipeError, match=r"got 1 argument.* usage: python -m pipeline.STAGE SEGMENTER LABELS"):
        stage.arguments("segmenter", "labels")
