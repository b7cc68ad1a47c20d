"""Which library needs which, on every Python that the agent runs on; and that none is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ladybug_agent.errors import Refused
from ladybug_fleet.bundle.wheel import Wheel

NEWEST_PYTHON = "3.14"
MACHINES = ("aarch64", "x86_64")
Graph = Mapping[str, tuple[str, ...]]
"""Of each library the names of those that it needs, sorted."""


def require_closed(needs: Sequence[str], wheels: Sequence[Wheel], oldest_python: str) -> None:
    """Raise Refused unless the wheels are all that `needs` comes to, in versions that agree."""
    there = {wheel.name: wheel for wheel in wheels}
    every = [("the agent", needs), *((wheel.name, wheel.requires) for wheel in wheels)]
    needed = {
        requirement.name: _require(who, requirement, there)
        for who, texts in every
        for requirement in _requirements(texts, oldest_python)
    }
    unneeded = sorted(set(there) - {canonicalize_name(name) for name in needed})
    if unneeded:
        raise Refused(
            "lock_disagrees",
            f"wanted only what the agent needs in the lock, found {', '.join(unneeded)}",
            hint="./dev lock",
        )


def graph(needs: Sequence[str], wheels: Sequence[Wheel], own: str, oldest_python: str) -> Graph:
    """Return who needs what; `own` is the agent's own name."""
    every = [(own, needs), *((wheel.name, wheel.requires) for wheel in wheels)]
    return {
        who: tuple(
            sorted({canonicalize_name(one.name) for one in _requirements(texts, oldest_python)})
        )
        for who, texts in every
    }


def _require(who: str, requirement: Requirement, there: Mapping[str, Wheel]) -> Wheel:
    found = there.get(canonicalize_name(requirement.name))
    if found is None or not requirement.specifier.contains(found.version, prereleases=True):
        version = f"{found.name} {found.version}" if found else "none"
        raise Refused(
            "lock_disagrees",
            f"wanted `{requirement}` for {who} in the lock, found {version}",
            hint="./dev lock",
        )
    return found


def _requirements(texts: Sequence[str], oldest_python: str) -> Iterator[Requirement]:
    """Yield those that hold on some Linux that the agent runs on, without extras."""
    for text in texts:
        requirement = Requirement(text)
        marker = requirement.marker
        if marker is None or any(
            marker.evaluate(environment) for environment in _environments(oldest_python)
        ):
            yield requirement


def _environments(oldest_python: str) -> Iterator[dict[str, str]]:
    oldest, newest = (int(text.partition(".")[2]) for text in (oldest_python, NEWEST_PYTHON))
    for minor in range(oldest, newest + 1):
        for machine in MACHINES:
            yield {
                "extra": "",
                "implementation_name": "cpython",
                "os_name": "posix",
                "platform_machine": machine,
                "platform_python_implementation": "CPython",
                "platform_system": "Linux",
                "python_full_version": f"3.{minor}.0",
                "python_version": f"3.{minor}",
                "sys_platform": "linux",
            }
