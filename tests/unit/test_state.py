"""The state directory: one lock, and one registration id for each boot of the machine."""

from __future__ import annotations

import threading
import uuid
from pathlib import Path

import pytest

from ladybug_agent.errors import Busy, ExternalFailure
from ladybug_agent.exit_status import exit_status
from ladybug_agent.state import StateDirectory


@pytest.fixture
def state(tmp_path: Path) -> StateDirectory:
    return StateDirectory(tmp_path / "state")


def test_a_registration_id_is_a_uuid(state: StateDirectory) -> None:
    assert str(uuid.UUID(state.registration_id())) == state.registration_id()


def test_a_rerun_keeps_the_registration_id(tmp_path: Path) -> None:
    first = StateDirectory(tmp_path).registration_id()
    assert StateDirectory(tmp_path).registration_id() == first


def test_a_reboot_makes_a_new_registration_id(tmp_path: Path) -> None:
    first = StateDirectory(tmp_path / "before").registration_id()
    assert StateDirectory(tmp_path / "after").registration_id() != first


def test_an_empty_registration_id_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "registration_id").write_text("\n")
    assert uuid.UUID(StateDirectory(tmp_path).registration_id())


def test_the_lock_is_there_only_as_long_as_it_is_held(state: StateDirectory) -> None:
    before = state.is_locked()
    with state.locked():
        during = state.is_locked()
    assert (before, during, state.is_locked()) == (False, True, False)


def test_asking_for_the_lock_leaves_no_file_open(state: StateDirectory) -> None:
    with state.locked():
        before = len(list(Path("/proc/self/fd").iterdir()))
        for _ in range(5):
            state.is_locked()
        assert len(list(Path("/proc/self/fd").iterdir())) <= before


def test_a_second_boot_finds_the_lock_busy(tmp_path: Path) -> None:
    with (
        StateDirectory(tmp_path).locked(),
        pytest.raises(Busy, match="another bootstrap holds the lock") as caught,
        StateDirectory(tmp_path).locked(),
    ):
        raise AssertionError("two hold the lock")
    assert (caught.value.code, exit_status(caught.value)) == ("boot_already_running", 75)


def test_a_refused_second_boot_leaves_the_first_its_lock(state: StateDirectory) -> None:
    with state.locked():
        with pytest.raises(Busy), state.locked():
            raise AssertionError("two hold the lock")
        assert state.is_locked()


def test_the_lock_is_free_again_after_a_failure(state: StateDirectory) -> None:
    with pytest.raises(ZeroDivisionError), state.locked():
        raise ZeroDivisionError
    assert not state.is_locked()


def test_a_state_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    state = StateDirectory(tmp_path / "file" / "state")
    with pytest.raises(ExternalFailure, match="file/state") as caught, state.locked():
        raise AssertionError("it has been locked")
    assert caught.value.code == "state_directory_unusable"


def test_looking_at_the_lock_never_takes_it(state: StateDirectory) -> None:
    """Else a boot that starts while someone asks for the status would find it busy."""
    with state.locked():
        pass
    ended = threading.Event()

    def look() -> None:
        while not ended.is_set():
            state.is_locked()

    looking = threading.Thread(target=look)
    looking.start()
    try:
        for _ in range(200):
            with state.locked():
                pass
    finally:
        ended.set()
        looking.join()
