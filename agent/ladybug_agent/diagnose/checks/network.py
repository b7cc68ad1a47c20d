"""The checks `time` and `network`: the clock, names, and an answer of each endpoint."""

from __future__ import annotations

from collections.abc import Mapping

from ladybug_agent.diagnose.check import Check, Found
from ladybug_agent.diagnose.endpoints import addresses, answers, endpoints
from ladybug_agent.diagnose.scene import Scene
from ladybug_agent.errors import AgentError, ExternalFailure
from ladybug_agent.model.standing import Answered
from ladybug_agent.reader import SKEW_S

MOST_SKEW_S = 300.0
"""AWS rejects a signature that is older, or newer, than five minutes (AWS IAM User Guide)."""
REGION = ("metadata.token", "metadata.identity")
"""Who tells where the endpoints are, unless the configuration or a boot has."""
CLOCK_HINT = "set the clock: `chronyc tracking`, then `systemctl restart chronyd`"


def look_at_skew(scene: Scene) -> Found:
    """Compare the instance's clock with AWS's, by the `Date` of unsigned answers."""
    told = answers(scene)
    untimely = (one for one in told.values() if isinstance(one, AgentError))
    for error in untimely:
        if error.code == "clock_skewed":
            raise error
    known = (one.ahead_s for one in told.values() if isinstance(one, Answered))
    aheads = sorted(ahead_s for ahead_s in known if ahead_s is not None)
    if not aheads:
        return Found(message="nobody told the time: no endpoint answered", is_asked=False)
    return judge_skew(aheads[len(aheads) // 2], scene.world.reach.is_clock_synchronized())


def judge_skew(ahead_s: float, synchronized: bool | None) -> Found:  # noqa: FBT001 - a fact
    """Judge how far AWS's clock is ahead of ours. Raises ExternalFailure for too far."""
    evidence = {"aws_ahead_s": round(ahead_s, 1), "synchronized": synchronized}
    found = f"{abs(ahead_s):.0f} s {'behind' if ahead_s > 0 else 'ahead of'} AWS's"
    if abs(ahead_s) > MOST_SKEW_S:
        raise ExternalFailure(
            "clock_skewed",
            f"wanted a clock within {MOST_SKEW_S:.0f} s of AWS's, found it {found}",
            hint=CLOCK_HINT,
            **evidence,
        )
    if abs(ahead_s) > SKEW_S:
        message = f"the clock is {found}, more than readers of the registry allow for"
        return Found(message=message, code="clock_drifts", evidence=evidence)
    if synchronized is False:
        message = "the clock is right, but follows no time server"
        return Found(message=message, code="clock_not_synchronized", evidence=evidence)
    return Found(message="the clock agrees with AWS's", evidence=evidence)


def look_at_names(scene: Scene) -> Found:
    told = addresses(scene)
    lost = {host: one for host, one in told.items() if isinstance(one, AgentError)}
    if lost:
        first = next(iter(lost.values()))
        raise ExternalFailure(
            "name_not_resolved",
            f"wanted the addresses of {len(told)} endpoints, found none for {_names(lost)}",
            hint=first.hint,
            hosts=sorted(lost),
        ) from first
    return Found(message=f"{len(told)} names resolve", evidence={"addresses": dict(told)})


def look_at_endpoints(scene: Scene) -> Found:
    told, meant = answers(scene), endpoints(scene)
    lost = {url: one for url, one in told.items() if isinstance(one, AgentError)}
    if lost:
        first = next(iter(lost.values()))
        for_what = sorted(f"{meant[url]}: {one}" for url, one in lost.items())
        raise ExternalFailure(
            "aws_unreachable",
            f"{len(lost)} of {len(told)} endpoints do not answer: {'; '.join(for_what)}",
            hint=first.hint,
            endpoints=sorted(lost),
        ) from first
    times = {url: one.took_ms for url, one in told.items() if isinstance(one, Answered)}
    slowest = max(times.values(), default=0.0)
    return Found(
        message=f"{len(told)} endpoints answer, the slowest in {slowest:.0f} ms",
        evidence={"answer_ms": times},
    )


def _names(lost: Mapping[str, AgentError]) -> str:
    return ", ".join(sorted(lost))


CHECKS: tuple[Check, ...] = (
    Check(
        id="time.skew",
        asks="is the clock right, by AWS's answers?",
        look=look_at_skew,
        follows=REGION,
        is_quick=False,
    ),
    Check(
        id="network.resolve",
        asks="do the names of all endpoints resolve?",
        look=look_at_names,
        follows=REGION,
        is_quick=False,
    ),
    Check(
        id="network.endpoints",
        asks="does each endpoint answer?",
        look=look_at_endpoints,
        needs=("network.resolve",),
        follows=("time.skew",),
        is_quick=False,
    ),
)
