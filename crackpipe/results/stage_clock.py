"""Wall time of each stage, read from what ``crackpipe repro`` prints, and kept over interrupted runs.

The rule: an attempt that is interrupted or fails is added to, because its checkpoints are gone on with; a stage that
runs again after it had finished starts from zero; a stage that DVC skips keeps what it had.
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from crackpipe.files import atomic

MARK, BEGINS, TOOK, FAILED = " · ", "begins", "took", "failed after"
"""Of the lines that ``crackpipe repro`` prints itself; what stages print stands behind their name and a bar."""

_LINE = re.compile(rf"(?P<stage>\S+){MARK}(?P<what>{BEGINS}|{TOOK}|{FAILED})")


@dataclass(slots=True)
class StageClock:
    """Seconds of each stage so far, whether it has finished, and those that run now.

    Attributes:
        seconds: by stage.
        finished: by stage; ``False`` for one that runs, or was interrupted or failed.
        beside: stages that another ran beside, so that they took longer.
        running: the stages that run, each with the time from which its seconds are not yet counted.
        failed: the stages that have failed, of this clock's life; :meth:`save` leaves them out.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    finished: dict[str, bool] = field(default_factory=dict)
    beside: set[str] = field(default_factory=set)
    running: dict[str, float] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def read(self, line: str, *, now: float) -> None:
        """Take one line that ``crackpipe repro`` prints, at time ``now`` (seconds of a monotonic clock)."""
        self.tick(now=now)
        if not (found := _LINE.match(line)):
            return
        stage, what = found["stage"], found["what"]
        if what == BEGINS:
            self._begin(stage, now=now)
        elif stage in self.running:
            self.finished[stage] = what == TOOK
            del self.running[stage]
            if what == FAILED:
                self.failed.append(stage)

    def _begin(self, stage: str, *, now: float) -> None:
        if self.finished.get(stage, True):
            self.seconds[stage] = 0.0
            self.beside.discard(stage)
        if self.running:
            self.beside |= {stage, *self.running}
        self.finished[stage], self.running[stage] = False, now

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
        atomic.write_text(
            path, json.dumps({"seconds": self.seconds, "finished": self.finished, "beside": sorted(self.beside)})
        )


def load(path: Path) -> StageClock:
    """Read what :meth:`StageClock.save` wrote; a fresh clock where there is no file."""
    if not path.is_file():
        return StageClock()
    times = json.loads(path.read_text(encoding="utf-8"))
    return StageClock(times["seconds"], times["finished"], set(times.get("beside", [])))
