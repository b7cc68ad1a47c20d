"""The libraries of a bundle: exactly those of the lock, pure, and only together."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from ladybug_agent.errors import AgentError, ConfigError, ExternalFailure, Refused
from ladybug_fleet.bundle.checkout import Checkout
from ladybug_fleet.bundle.closure import graph, require_closed
from ladybug_fleet.bundle.lock import Pin, lock_text, read_lock
from ladybug_fleet.bundle.lock_file import renew_lock
from ladybug_fleet.bundle.wheel import Wheel, read_wheel
from ladybug_fleet.bundle.wheelhouse import gather
from support.bundles import LOCK, ROOT
from support.wheels import make_wheel


def code_of(caught: pytest.ExceptionInfo[AgentError]) -> str:
    return caught.value.code


def wheel(folder: Path, name: str, version: str = "1.0", *, requires: Sequence[str] = ()) -> Wheel:
    make_wheel(folder, name, version, requires=requires)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    return read_wheel(path.name, path.read_bytes())


def test_the_wheels_of_the_lock_are_found_by_name_and_version(tmp_path: Path) -> None:
    pins = [make_wheel(tmp_path, "one"), make_wheel(tmp_path, "two-words", "2.0.post1")]
    make_wheel(tmp_path, "one", "0.9")
    found = gather(pins, tmp_path, None)
    assert [(one.name, one.version, one.sha256) for one in found] == [
        (pin.name, pin.version, pin.sha256) for pin in pins
    ]


def test_only_what_is_missing_is_fetched(tmp_path: Path) -> None:
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    pins = [make_wheel(here, "one"), make_wheel(elsewhere, "two")]
    asked: list[Pin] = []

    def fetch(missing: Sequence[Pin], folder: Path) -> None:
        asked.extend(missing)
        for pin in missing:
            make_wheel(folder, pin.name)

    assert [one.name for one in gather(pins, here, fetch)] == ["one", "two"]
    assert asked == pins[1:]


def test_without_an_index_a_missing_wheel_is_named(tmp_path: Path) -> None:
    pin = make_wheel(tmp_path / "elsewhere", "one")
    with pytest.raises(ExternalFailure, match=r"one 1\.0, found none in") as caught:
        gather([pin], tmp_path, None)
    assert code_of(caught) == "wheel_missing"


def test_a_wheel_with_other_bytes_is_refused(tmp_path: Path) -> None:
    pin = make_wheel(tmp_path, "one")
    make_wheel(tmp_path, "one", files={"one.py": b"import os"})
    with pytest.raises(Refused, match=f"SHA-256 {pin.sha256}, found") as caught:
        gather([pin], tmp_path, None)
    assert code_of(caught) == "wheel_hash_mismatch"


def test_a_wheel_for_one_machine_is_refused(tmp_path: Path) -> None:
    pin = make_wheel(tmp_path, "one", tag="cp311-cp311-manylinux_2_28_x86_64")
    with pytest.raises(Refused, match=r"found one-1\.0-cp311-cp311-manylinux") as caught:
        gather([pin], tmp_path, None)
    assert code_of(caught) == "wheel_compiled"


def test_of_two_wheels_the_pure_one_is_taken(tmp_path: Path) -> None:
    make_wheel(tmp_path, "one", tag="cp311-cp311-manylinux_2_28_x86_64")
    pin = make_wheel(tmp_path, "one")
    assert [one.filename for one in gather([pin], tmp_path, None)] == ["one-1.0-py3-none-any.whl"]


@pytest.mark.parametrize("inner", ["one/_speedups.cpython-311-x86_64-linux-gnu.so", "one/x.pyd"])
def test_a_wheel_with_anything_compiled_in_it_is_refused(inner: str, tmp_path: Path) -> None:
    pin = make_wheel(tmp_path, "one", files={inner: b"\x7fELF"})
    with pytest.raises(Refused, match=f"with {inner} in it") as caught:
        gather([pin], tmp_path, None)
    assert code_of(caught) == "wheel_compiled"


def test_a_wheel_that_says_it_is_not_pure_is_refused(tmp_path: Path) -> None:
    pin = make_wheel(tmp_path, "one", pure=False)
    with pytest.raises(Refused) as caught:
        gather([pin], tmp_path, None)
    assert code_of(caught) == "wheel_compiled"


@pytest.mark.parametrize("data", [b"", b"<html>no such page</html>", b"PK\x03\x04 cut off"])
def test_what_is_no_wheel_is_refused(data: bytes) -> None:
    with pytest.raises(Refused, match=r"one-1\.0") as caught:
        read_wheel("one-1.0-py3-none-any.whl", data)
    assert code_of(caught) == "wheel_unreadable"


def test_a_lock_is_read_as_it_was_written(tmp_path: Path) -> None:
    pins = [
        Pin(name=name, version="1.0", sha256=digit * 64) for name, digit in (("b", "0"), ("a", "1"))
    ]
    path = tmp_path / "requirements.lock"
    path.write_text(lock_text(pins))
    assert read_lock(path) == sorted(pins)


@pytest.mark.parametrize(
    "line", ["boto3", "boto3>=1", "boto3==1.0", "boto3==1.0 --hash=sha256:12", "<<<<<<< HEAD"]
)
def test_a_line_that_pins_nothing_is_named(line: str, tmp_path: Path) -> None:
    path = tmp_path / "requirements.lock"
    path.write_text(f"# a comment\n{line}\n")
    with pytest.raises(ConfigError, match=line) as caught:
        read_lock(path)
    assert code_of(caught) == "bundle_lock_invalid"


def test_a_library_that_another_needs_must_be_there(tmp_path: Path) -> None:
    one = wheel(tmp_path, "one", requires=["two>=2"])
    with pytest.raises(Refused, match=r"wanted `two>=2` for one in the lock, found none"):
        require_closed(["one"], [one], "3.11")


def test_a_library_must_have_a_version_that_fits(tmp_path: Path) -> None:
    wheels = [wheel(tmp_path, "one", requires=["two<2"]), wheel(tmp_path, "two", "2.0")]
    with pytest.raises(Refused, match=r"wanted `two<2` for one in the lock, found two 2\.0"):
        require_closed(["one"], wheels, "3.11")


def test_what_only_a_newer_python_needs_must_be_there_too(tmp_path: Path) -> None:
    one = wheel(tmp_path, "one", requires=["two; python_version >= '3.13'"])
    with pytest.raises(Refused, match="two"):
        require_closed(["one"], [one], "3.11")


@pytest.mark.parametrize(
    "marker",
    ["python_version < '3.11'", "sys_platform == 'win32'", "extra == 'fast'"],
)
def test_what_no_machine_of_ours_needs_may_be_missing(marker: str, tmp_path: Path) -> None:
    require_closed(["one"], [wheel(tmp_path, "one", requires=[f"two; {marker}"])], "3.11")


def test_what_nobody_needs_is_refused(tmp_path: Path) -> None:
    wheels = [wheel(tmp_path, "one"), wheel(tmp_path, "two")]
    with pytest.raises(Refused, match="found two") as caught:
        require_closed(["one"], wheels, "3.11")
    assert code_of(caught) == "lock_disagrees"


def test_the_graph_says_who_needs_whom(tmp_path: Path) -> None:
    wheels = [wheel(tmp_path, "one", requires=["Two", "two[fast]"]), wheel(tmp_path, "two")]
    assert graph(["one>=1"], wheels, "own", "3.11") == {
        "own": ("one",),
        "one": ("two",),
        "two": (),
    }


def test_the_lock_of_this_clone_has_what_the_agent_asks_for() -> None:
    locked = {pin.name: pin.version for pin in read_lock(ROOT / LOCK)}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needs = [Requirement(text) for text in project["dependencies"]]
    assert [str(one) for one in needs if locked.get(one.name, "0") not in one.specifier] == []
    assert list(locked) == sorted(locked)


def test_another_python_than_the_oldest_may_not_resolve_the_lock(tmp_path: Path) -> None:
    older = Checkout(root=tmp_path, version="1", project={"requires-python": ">=3.9"})
    with pytest.raises(ConfigError, match=r"wanted Python 3\.9") as caught:
        renew_lock(older)
    assert (code_of(caught), older.lock.exists()) == ("lock_python_wrong", False)
