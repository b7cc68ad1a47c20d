"""How a lazily loaded volume comes about and what it leaves behind: nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ladybug_lab.errors import LabError
from ladybug_lab.shell import run
from ladybug_lab.volumes.lazy import build
from ladybug_lab.volumes.lazy.volume import BLOCK_BYTES, LazyRules, lazy_volume
from support.direct_reads import read

pytestmark = pytest.mark.integration

PROMPT = LazyRules(first_touch_s=0.0, base_s=0.0)
WAIT_S = 10.0
USER = """
import pathlib, sys, time
from ladybug_lab.volumes.lazy.volume import LazyRules, lazy_volume
with lazy_volume(pathlib.Path(sys.argv[1]), LazyRules(first_touch_s=0.0)) as volume:
    volume.hang_reads(0, 4096)
    print(volume.node, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / f"image-{os.getpid()}"
    path.write_bytes(b"x" * (4 * BLOCK_BYTES))
    return path


@pytest.fixture(autouse=True)
def views(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the directory in which the views of this test are."""
    directory = tmp_path / "views"
    directory.mkdir()
    monkeypatch.setenv("TMPDIR", str(directory))
    monkeypatch.setattr("tempfile.tempdir", None)
    return directory


def server_of(image: Path) -> list[int]:
    argv = ["pgrep", "--full", f"lazy-view/.* {image} "]
    found = subprocess.run(argv, check=False, capture_output=True, text=True)
    return [int(pid) for pid in found.stdout.split()]


def left_behind(image: Path, views: Path) -> dict[str, object]:
    attached = subprocess.run(["losetup", "--list"], check=True, capture_output=True, text=True)
    return {
        "loop device": image.name in attached.stdout,
        "mount": str(views) in Path("/proc/self/mounts").read_text(encoding="utf-8"),
        "directory": list(views.iterdir()),
        "process": server_of(image),
    }


NOTHING = {"loop device": False, "mount": False, "directory": [], "process": []}


def test_the_end_frees_a_hung_read_and_leaves_nothing(image: Path, views: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        with lazy_volume(image, PROMPT) as volume:
            volume.hang_reads(0, 4096)
            hung = pool.submit(read, volume.node, 0)
            volume.await_blocked(WAIT_S)
        assert hung.result(WAIT_S) == b"x" * 4096
    assert left_behind(image, views) == NOTHING


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_user_that_dies_leaves_nothing(image: Path, views: Path, number: int) -> None:
    argv = [sys.executable, "-c", USER, str(image)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as user:
        assert user.stdout
        node = user.stdout.readline().strip()
        with subprocess.Popen(["dd", f"if={node}", "of=/dev/null", "status=none"]) as hung:
            user.send_signal(number)
            user.wait(WAIT_S)
            hung.wait(WAIT_S)  # goes on or fails, but ends
    give_up = time.monotonic() + WAIT_S
    while left_behind(image, views) != NOTHING and time.monotonic() < give_up:
        time.sleep(0.02)
    assert left_behind(image, views) == NOTHING


def test_a_server_that_is_killed_is_cleaned_up_after(image: Path, views: Path) -> None:
    with lazy_volume(image, PROMPT) as volume:
        (server,) = server_of(image)
        os.kill(server, signal.SIGKILL)
        with pytest.raises(OSError, match="Input/output error"):
            read(volume.node, 0)
    assert left_behind(image, views) == NOTHING


def test_a_volume_that_stays_in_use_is_reported_and_goes_with_its_last_user(
    image: Path, views: Path
) -> None:
    with pytest.raises(LabError, match="is still in use"), lazy_volume(image, PROMPT) as volume:
        holder = os.open(volume.node, os.O_RDONLY)
    os.close(holder)
    assert left_behind(image, views) == NOTHING


def test_an_image_that_is_not_there_is_reported(tmp_path: Path, views: Path) -> None:
    with (
        pytest.raises(LabError, match="missing: No such file or directory"),
        lazy_volume(tmp_path / "missing", PROMPT),
    ):
        pass
    assert list(views.iterdir()) == []


def test_the_program_is_built_without_a_warning(tmp_path: Path) -> None:
    assert build.compile_view(tmp_path / "view", "-Werror").exists()


def test_the_program_is_built_once_by_all_who_need_it_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with ThreadPoolExecutor(4) as pool:
        built = {pool.submit(build.ensure_view_program) for _ in range(4)}
    (program,) = {one.result() for one in built}
    made_at = program.stat().st_mtime_ns
    assert build.ensure_view_program().stat().st_mtime_ns == made_at
    assert list(program.parent.iterdir()) == [program]
    with pytest.raises(LabError, match="usage: view"):
        run([str(program)], timeout_s=WAIT_S)


def test_a_machine_that_cannot_build_it_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PKG_CONFIG_LIBDIR", "/nowhere")
    with pytest.raises(LabError, match="cannot build the program") as refused:
        build.ensure_view_program()
    assert "libfuse3-dev" in refused.value.hint
