"""Wall time of each stage, read from what ``crackpipe repro`` prints, and kept over interrupted runs.

The rule: an attempt that is interrupted or fails is added to, because its checkpoints are gone on with; a stage that
runs again after it had finished starts from zero; a stage that DVC skips keeps what it had.
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from crackpipe.files import atomic

_BEGUN = re.compile(r"^(?P<stage>\S+) \| > ")  # DVC tells the command before it runs it
_ENDED = re.compile(r"^(?P<stage>\S+) \| (?P<how>took|failed after) [\d.]+ s$")


@dataclass(slots=True)
class StageClock:
    """Seconds of each stage so far, whether it has finished, and those that run now.

    Attributes:
        seconds: by stage.
        finished: by stage; ``False`` for one that runs, or was interrupted or failed.
        running: the stages that run, each with the time from which its seconds are not yet counted.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    finished: dict[str, bool] = field(default_factory=dict)
    running: dict[str, float] = field(default_factory=dict)

    def read(self, line: str, *, now: float) -> None:
        """Take one line that ``crackpipe repro`` prints, at time ``now`` (seconds of a monotonic clock)."""
        self.tick(now=now)
        if begun := _BEGUN.match(line):
            stage = begun["stage"]
            if self.finished.get(stage, True):
                self.seconds[stage] = 0.0
            self.finished[stage], self.running[stage] = False, now
        elif (ended := _ENDED.match(line)) and ended["stage"] in self.running:
            self.finished[ended["stage"]] = ended["how"] == "took"
            del self.running[ended["stage"]]

    def tick(self, *, now: float) -> None:
        """Count the time up to ``now`` for the stages that run."""
        for stage, since in self.running.items():
            self.seconds[stage] += now - since
            self.running[stage] = now

    def interrupt(self, *, now: float) -> None:
        """End the stages that run; they have not finished."""
        self.tick(now=now)
        self.running = {}

    def save(self, path: Path) -> None:
        """Write the times as JSON, atomically."""
        atomic.write_text(path, json.dumps({"seconds": self.seconds, "finished": self.finished}))


def load(path: Path) -> StageClock:
    """Read what :meth:`StageClock.save` wrote; a fresh clock where there is no file."""
    if not path.is_file():
        return StageClock()
    times = json.loads(path.read_text(encoding="utf-8"))
    return StageClock(seconds=times["seconds"], finished=times["finished"])
