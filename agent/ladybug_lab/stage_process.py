"""Start, keep and end the process that holds the surroundings of a rehearsal (`stage`)."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ladybug_lab.errors import LabError
from ladybug_lab.instance import remove_container, unmount_all
from ladybug_lab.registry import LabRegistry
from ladybug_lab.stage import KEEP, Standing
from ladybug_lab.volumes.image import LoopDevice, detach

_END_TIMEOUT_S = 60.0


class StageProcess:
    """A stage started by this process. It falls with us, unless it is told to be kept."""

    def __init__(self, directory: Path, process: subprocess.Popen[str]) -> None:
        self._directory = directory
        self._process = process

    def await_ready(self, say: Callable[[str], None]) -> Standing:
        """Block until the surroundings stand; up to a minute when the image must be built first."""
        for line in self._process.stdout or ():
            message = json.loads(line)
            if "say" in message:
                say(message["say"])
            elif "error" in message:
                raise LabError(message["error"], message["hint"])
            else:
                _standing_file(self._directory).write_text(line, encoding="utf-8")
                return Standing(**message["ready"])
        log = _log_file(self._directory).read_text(encoding="utf-8").strip()
        raise LabError(f"the surroundings could not be made: {log[-2000:]}")

    def keep(self) -> None:
        """Let the surroundings outlive us."""
        if self._process.stdin:
            self._process.stdin.write(KEEP)
            self._process.stdin.close()
            self._process.returncode = 0  # no longer ours to wait for

    def let_go(self) -> None:
        """Close its standard input, on which it takes everything down; wait for its end."""
        if self._process.stdin and not self._process.stdin.closed:
            self._process.stdin.close()
            self._process.wait(_END_TIMEOUT_S)
            _standing_file(self._directory).unlink(missing_ok=True)
        if self._process.stdout:
            self._process.stdout.close()


@contextmanager
def start_stage(
    directory: Path, port: int, *, image: str | None, data_dir: Path | None
) -> Iterator[StageProcess]:
    """Start a stage; what a crashed one left behind is cleared first."""
    if standing := _read_standing(directory):
        if _is_alive(standing.pid):
            raise LabError(
                "a rehearsal is already up", "take it down: `ladybug-agent rehearse --down`"
            )
        _clear(standing)
    argv = [sys.executable, "-m", "ladybug_lab.stage"]
    argv += ["--directory", str(directory), "--port", str(port)]
    argv += ["--image", image] if image else []
    argv += ["--data-dir", str(data_dir.resolve())] if data_dir else []
    directory.mkdir(parents=True, exist_ok=True)
    with _log_file(directory).open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            # Ctrl-C is for the rehearsal, which then ends the stage in good order.
            start_new_session=True,
        )
    stage = StageProcess(directory, process)
    try:
        yield stage
    finally:
        stage.let_go()


def take_down(directory: Path) -> str:
    """End a kept stage, or clear what a crashed one left; return what was done."""
    standing = _read_standing(directory)
    if standing is None:
        return "nothing is up"
    if _is_alive(standing.pid):
        _end(standing.pid, directory)
    _clear(standing)
    _standing_file(directory).unlink(missing_ok=True)
    return "taken down"


def _clear(standing: Standing) -> None:
    """Take away what still stands; each act is without effect where nothing does."""
    remove_container(standing.container)
    unmount_all(Path(standing.mount_point))
    detach(LoopDevice(node=Path(standing.loop_node), image=Path(standing.loop_image)))
    LabRegistry(
        directory=Path(standing.registry_directory),
        port=standing.registry_port,
        pid=standing.registry_pid,
    ).stop()


def _end(pid: int, directory: Path) -> None:
    handle = os.pidfd_open(pid)
    try:
        signal.pidfd_send_signal(handle, signal.SIGTERM)
        if not select.select([handle], [], [], _END_TIMEOUT_S)[0]:
            raise LabError(
                "the surroundings do not come down", f"see {_log_file(directory)}; process {pid}"
            )
    finally:
        os.close(handle)


def _is_alive(pid: int) -> bool:
    """Tell whether `pid` is a stage; a number alone may be another process by now."""
    try:
        return b"ladybug_lab.stage" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _read_standing(directory: Path) -> Standing | None:
    try:
        text = _standing_file(directory).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    return Standing(**json.loads(text)["ready"])


def _standing_file(directory: Path) -> Path:
    return directory / "standing.json"


def _log_file(directory: Path) -> Path:
    return directory / "stage.log"
