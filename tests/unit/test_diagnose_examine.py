"""The examination: side by side, each in its time, and none takes another with it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from fakes.clock import RealClock
from fakes.diagnosis import Patient
from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.diagnose.check import Check, Found, not_asked
from ladybug_agent.diagnose.examine import examine
from ladybug_agent.diagnose.scene import Scene
from ladybug_agent.errors import AgentError, DeadlineExceeded, NotYet, Refused

HELD_S = 20.0
Look = Callable[[Scene], Found]


def check(check_id: str, look: Look, *needs: str) -> Check:
    return Check(id=check_id, asks="?", look=look, needs=needs)


def good(scene: Scene) -> Found:
    del scene
    return Found(message="good")


def raises(error: BaseException) -> Look:
    def look(scene: Scene) -> Found:
        del scene
        raise error

    return look


BAD = raises(Refused("mount_missing", "nothing is mounted", hint="mount it", where="/data"))


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Patient:
    """One for all, because no look here looks at it."""
    return Patient(tmp_path_factory.mktemp("patient"))


@pytest.fixture
def scene(patient: Patient) -> Scene:
    clock = RealClock()
    return replace(patient.scene(), clock=clock, deadline=Deadline.after(10.0, clock))


def within(scene: Scene, seconds: float) -> Scene:
    return replace(scene, deadline=Deadline.after(seconds, scene.clock))


def test_a_look_that_sees_nothing_wrong_passes(scene: Scene) -> None:
    result = examine(scene, [check("a.one", good)])["a.one"]
    assert (result.status, result.message, result.code) == ("pass", "good", "")


def test_a_look_with_a_code_is_a_warning(scene: Scene) -> None:
    look = lambda _: Found(message="old", code="snapshot_stale")  # noqa: E731
    result = examine(scene, [check("a.one", look)])["a.one"]
    assert (result.status, result.code) == ("warn", "snapshot_stale")
    assert result.remedy is not None


def test_what_a_look_raises_is_the_result(scene: Scene) -> None:
    result = examine(scene, [check("a.one", BAD)])["a.one"]
    assert (result.status, result.code, result.message, result.evidence) == (
        "fail",
        "mount_missing",
        "nothing is mounted",
        {"where": "/data"},
    )
    assert result.remedy is not None
    assert result.remedy.text == "mount it"


def test_of_a_wait_in_vain_the_reason_is_told(scene: Scene) -> None:
    error = DeadlineExceeded("deadline_exceeded", "ran out of time")
    error.__cause__ = NotYet("imds_unreachable", "no answer")
    assert examine(scene, [check("a.one", raises(error))])["a.one"].code == "imds_unreachable"


def test_a_check_that_crashes_is_an_error_with_type_and_place_alone(scene: Scene) -> None:
    checks = [check("a.one", raises(ValueError("AKIASECRET"))), check("b.two", good)]
    results = examine(scene, checks)
    one = results["a.one"]
    assert (one.status, one.code, one.is_bad) == ("error", "check_crashed", True)
    assert "ValueError at test_diagnose_examine.py:" in one.message
    assert "AKIASECRET" not in one.message
    assert results["b.two"].status == "pass"


def test_even_an_exit_takes_no_other_check_with_it(scene: Scene) -> None:
    results = examine(scene, [check("a.one", raises(SystemExit(3))), check("b.two", good)])
    assert (results["a.one"].status, results["b.two"].status) == ("error", "pass")


def test_what_a_failed_check_was_needed_for_is_not_asked(scene: Scene) -> None:
    never = raises(AssertionError("asked"))
    checks = [check("a.one", BAD), check("b.two", never, "a.one"), check("c.three", never, "b.two")]
    results = examine(scene, checks)
    told = [(results[name].status, results[name].blocked_by) for name in ("b.two", "c.three")]
    assert told == [("skip", "a.one"), ("skip", "a.one")]
    assert results["b.two"].message == "not asked: a.one failed"


def test_what_a_skipped_check_was_needed_for_is_not_asked(scene: Scene) -> None:
    checks = [check("a.one", lambda _: not_asked("no right")), check("b.two", good, "a.one")]
    results = examine(scene, checks)
    assert (results["a.one"].status, results["a.one"].message) == ("skip", "no right")
    assert (results["b.two"].status, results["b.two"].blocked_by) == ("skip", "a.one")


def test_a_warning_blocks_nothing(scene: Scene) -> None:
    checks = [
        check("a.one", lambda _: Found(message="so so", code="memory_short")),
        check("b.two", good, "a.one"),
    ]
    assert examine(scene, checks)["b.two"].status == "pass"


def test_a_need_that_is_left_out_blocks_nothing(scene: Scene) -> None:
    assert examine(scene, [check("b.two", good, "a.one")])["b.two"].status == "pass"


def test_looks_go_on_side_by_side(scene: Scene) -> None:
    together = threading.Barrier(8, timeout=5)

    def look(scene: Scene) -> Found:
        del scene
        together.wait()
        return Found(message="met the others")

    results = examine(scene, [check(f"a.{number}", look) for number in range(8)])
    assert {result.status for result in results.values()} == {"pass"}


def test_more_looks_than_go_on_at_once_are_all_asked(scene: Scene) -> None:
    results = examine(scene, [check(f"a.{number}", good) for number in range(60)])
    assert [result.status for result in results.values()] == ["pass"] * 60


def test_a_look_that_hangs_is_given_up_and_the_others_are_told(scene: Scene) -> None:
    held, began = threading.Event(), SystemClock().monotonic()
    checks = [
        check("a.one", lambda _: Found(message=str(held.wait(HELD_S)))),
        check("b.two", good),
        check("c.three", good, "a.one"),
    ]
    results = examine(within(scene, 0.3), checks)
    took_s = SystemClock().monotonic() - began
    held.set()
    one = results["a.one"]
    assert (one.status, one.code) == ("error", "check_timed_out")
    assert one.message.startswith("wanted an answer within the time, found none after 0.")
    assert (results["b.two"].status, results["c.three"].blocked_by) == ("pass", "a.one")
    assert took_s < 2.0


def test_what_is_not_reached_before_the_deadline_is_an_error_too(scene: Scene) -> None:
    result = examine(within(scene, 1e-9), [check("a.one", good)])["a.one"]
    assert (result.status, result.message) == ("error", "the time was up before it could be asked")


def test_two_checks_that_look_at_the_same_thing_look_once(scene: Scene) -> None:
    looks = []

    def see() -> str:
        looks.append("seen")
        raise NotYet("imds_unreachable", "no answer")

    def look(scene: Scene) -> Found:
        return Found(message=scene.sights.once("thing", see))

    results = examine(scene, [check(f"a.{number}", look) for number in range(6)])
    assert looks == ["seen"]
    assert {result.code for result in results.values()} == {"imds_unreachable"}


def test_the_time_of_each_look_is_told(scene: Scene) -> None:
    def look(scene: Scene) -> Found:
        scene.deadline.pause(0.05)
        return Found(message="at last")

    assert 50 <= examine(scene, [check("a.one", look)])["a.one"].duration_ms < 2000


def test_an_error_without_a_remedy_of_its_own_keeps_its_hint(scene: Scene) -> None:
    error: AgentError = NotYet("zebra_missing", "no zebra", hint="look in the zoo")
    remedy = examine(scene, [check("a.one", raises(error))])["a.one"].remedy
    assert remedy is not None
    assert (remedy.text, remedy.commands) == ("look in the zoo", ())
