"""Root causes first: what failed by itself, and what only follows."""

from __future__ import annotations

from datetime import UTC, datetime

from ladybug_agent.diagnose.causes import find_causes
from ladybug_agent.diagnose.check import CRASHED, Check, Found, Result, Status
from ladybug_agent.diagnose.diagnosis import Diagnosis


def check(check_id: str, *, needs: tuple[str, ...] = (), follows: tuple[str, ...] = ()) -> Check:
    look = lambda _: Found(message="good")  # noqa: E731
    return Check(id=check_id, asks="?", look=look, needs=needs, follows=follows)


def ended(check_id: str, status: Status, *, code: str = "", blocked_by: str = "") -> Result:
    return Result(id=check_id, status=status, message="", code=code, blocked_by=blocked_by)


def judged(checks: list[Check], *results: Result) -> dict[str, Result]:
    found = find_causes(checks, {result.id: result for result in results})
    assert [result.id for result in found] == [check.id for check in checks]
    return {result.id: result for result in found}


def diagnosis(*results: Result) -> Diagnosis:
    moment = datetime(2026, 2, 6, tzinfo=UTC)
    return Diagnosis(host={}, taken_at=moment, duration_s=0.1, results=results)


CHAIN = [
    check("a.disk"),
    check("b.mount", follows=("a.disk",)),
    check("c.container", follows=("b.mount",)),
]


def test_a_failure_that_follows_a_failure_is_no_cause() -> None:
    found = judged(CHAIN, *(ended(one.id, "fail") for one in CHAIN))
    assert [found[one.id].caused_by for one in CHAIN] == ["", "a.disk", "a.disk"]


def test_a_failure_whose_causes_passed_is_a_cause() -> None:
    found = judged(CHAIN, *(ended(name, "pass") for name in ("a.disk", "b.mount")),
                   ended("c.container", "fail"))  # fmt: skip
    assert found["c.container"].caused_by == ""


def test_what_passed_passes_no_cause_on() -> None:
    found = judged(
        CHAIN, ended("a.disk", "fail"), ended("b.mount", "pass"), ended("c.container", "fail")
    )
    assert found["c.container"].caused_by == ""


def test_what_was_not_asked_explains_nothing_that_could_be() -> None:
    """Nobody knows how it is: a paused container does not follow from silent metadata."""
    found = judged(
        CHAIN,
        ended("a.disk", "fail"),
        ended("b.mount", "skip", blocked_by="a.disk"),
        ended("c.container", "fail"),
    )
    assert found["c.container"].caused_by == ""


def test_what_could_not_be_asked_is_blocked_by_the_root() -> None:
    checks = [*CHAIN[:2], check("c.container", needs=("b.mount",))]
    found = judged(
        checks,
        ended("a.disk", "fail"),
        ended("b.mount", "fail"),
        ended("c.container", "skip", blocked_by="b.mount"),
    )
    assert found["c.container"].blocked_by == "a.disk"


def test_what_does_not_apply_here_explains_nothing() -> None:
    found = judged(
        CHAIN, ended("a.disk", "fail"), ended("b.mount", "skip"), ended("c.container", "fail")
    )
    assert found["c.container"].caused_by == ""


def test_of_two_causes_the_one_farther_up_is_named() -> None:
    checks = [check("a.one"), check("b.two"), check("c.three", follows=("b.two", "a.one"))]
    found = judged(checks, *(ended(one.id, "fail") for one in checks))
    assert found["c.three"].caused_by == "a.one"


def test_a_check_that_crashed_explains_nothing() -> None:
    found = judged(
        CHAIN[:2], ended("a.disk", "error", code=CRASHED), ended("b.mount", "fail")
    )  # fmt: skip
    assert found["b.mount"].caused_by == ""


def test_a_check_that_hung_does() -> None:
    found = judged(CHAIN[:2], ended("a.disk", "error", code="check_timed_out"),
                   ended("b.mount", "fail"))  # fmt: skip
    assert found["b.mount"].caused_by == "a.disk"


def test_the_first_root_cause_is_no_check_that_crashed() -> None:
    found = diagnosis(ended("a.disk", "error", code=CRASHED), ended("b.mount", "fail"))
    assert [root.id for root in found.root_causes] == ["b.mount", "a.disk"]


def test_warnings_are_neither_causes_nor_bad() -> None:
    found = diagnosis(ended("a.disk", "warn", code="snapshot_stale"), ended("b.mount", "pass"))
    assert (found.root_causes, found.is_good) == ((), True)


def test_consequences_are_told_with_their_root() -> None:
    found = tuple(judged(CHAIN, *(ended(one.id, "fail") for one in CHAIN)).values())
    (root,) = diagnosis(*found).root_causes
    consequences = diagnosis(*found).consequences_of(root)
    assert [one.id for one in consequences] == ["b.mount", "c.container"]


def test_a_warning_may_follow_too() -> None:
    ends = (ended("a.disk", "fail"), ended("b.mount", "warn"), ended("c.container", "pass"))
    assert judged(CHAIN, *ends)["b.mount"].caused_by == "a.disk"
