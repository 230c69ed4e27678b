"""Wall time of each stage, read from what ``dvc repro`` prints, and kept over interrupted runs.

The rule: an attempt that is interrupted or fails is added to, because its checkpoints are gone on with; a stage that
runs again after it had finished starts from zero; a stage that DVC skips keeps what it had.
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from crackpipe.files import atomic

_RUNNING = re.compile(r"^Running stage '(?P<stage>[^']+)':")
_SKIPPED = re.compile(r"^Stage '(?P<stage>[^']+)' (didn't change|is cached)")
_ENDED = re.compile(r"^(Updating lock file|Generating lock file|Restored stage)")


@dataclass(slots=True)
class StageClock:
    """Seconds of each stage so far, whether it has finished, and the one that runs now.

    Attributes:
        seconds: by stage.
        finished: by stage; ``False`` for one that runs, or was interrupted or failed.
        running: the stage that runs.
        since: time from which its seconds are not yet counted.
        needed: stages that this run has come to, whether it ran or skipped them; :meth:`save` leaves them out.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    finished: dict[str, bool] = field(default_factory=dict)
    running: str | None = None
    since: float = 0.0
    needed: set[str] = field(default_factory=set)

    def read(self, line: str, *, now: float) -> None:
        """Take one line of DVC's output, printed at time ``now`` (seconds of a monotonic clock)."""
        if started := _RUNNING.match(line):
            self.stop(now=now, finished=True)
            self.running, self.since = started["stage"], now
            self.needed.add(self.running)
            if self.finished.get(self.running, True):
                self.seconds[self.running] = 0.0
            self.finished[self.running] = False
        elif skipped := _SKIPPED.match(line):
            self.stop(now=now, finished=True)
            self.needed.add(skipped["stage"])
        elif _ENDED.match(line):
            self.stop(now=now, finished=True)
        else:
            self.tick(now=now)

    def tick(self, *, now: float) -> None:
        """Count the time up to ``now`` for the stage that runs."""
        if self.running is not None:
            self.seconds[self.running] += now - self.since
            self.since = now

    def stop(self, *, now: float, finished: bool) -> None:
        """End the stage that runs; ``finished=False`` says that it was interrupted or failed."""
        self.tick(now=now)
        if self.running is not None:
            self.finished[self.running] = finished
        self.running = None

    def save(self, path: Path) -> None:
        """Write the times as JSON, atomically."""
        atomic.write_text(path, json.dumps({"seconds": self.seconds, "finished": self.finished}))


def load(path: Path) -> StageClock:
    """Read what :meth:`StageClock.save` wrote; a fresh clock where there is no file."""
    if not path.is_file():
        return StageClock()
    times = json.loads(path.read_text(encoding="utf-8"))
    return StageClock(seconds=times["seconds"], finished=times["finished"])
