"""A program that is run once: how it is asked for, and what is told of its end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from contract.support.containers import DATA, DIGEST, ID
from contract.support.docker_server import said
from contract.support.one_shot import SPEC, ScriptedContainer, engine_of, run
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.model.containers import ONE_SHOT_LABEL, ONE_SHOT_TEXT_BYTES, OneShotResult

START = f"POST /containers/{ID}/start"


def test_the_container_has_every_restriction_and_no_network(
    tmp_path: Path, deadline: Deadline
) -> None:
    container = ScriptedContainer()
    run(container, tmp_path, deadline)
    (body,) = container.asked
    assert (body["Image"], body["User"], body["Env"]) == (DIGEST, "1000:1000", ["HOME=/tmp"])
    assert body["Labels"] == {"a": "b", ONE_SHOT_LABEL: "1"}
    assert not body.get("ExposedPorts")
    host = body["HostConfig"]
    assert (host["NetworkMode"], host.get("PortBindings")) == ("none", None)
    assert (host["ReadonlyRootfs"], host["CapDrop"]) == (True, ["ALL"])
    assert host["SecurityOpt"][0].startswith("no-new-privileges")
    assert (host["Memory"], host["MemorySwap"]) == (SPEC.memory_bytes, SPEC.memory_bytes)
    assert (host["PidsLimit"], host["Tmpfs"]) == (SPEC.pids_limit, SPEC.tmpfs)
    assert host["Mounts"] == [
        {"Type": "bind", "Source": DATA.source, "Target": DATA.target, "ReadOnly": True}
    ]
    assert (host["LogConfig"]["Type"], host["RestartPolicy"]["Name"]) == ("local", "no")
    assert not host.get("Privileged")
    assert not host.get("AutoRemove")  # the log would go with it


def test_the_command_takes_the_place_of_what_the_image_would_run(
    tmp_path: Path, deadline: Deadline
) -> None:
    container = ScriptedContainer()
    run(container, tmp_path, deadline)
    (body,) = container.asked
    assert (body["Entrypoint"], body["Cmd"]) == (["python3"], ["-c", "print()", "{}"])
    assert body["Healthcheck"]["Test"] == ["NONE"]


def test_data_may_be_writable(tmp_path: Path, deadline: Deadline) -> None:
    container = ScriptedContainer()
    with engine_of(container, tmp_path) as engine:
        engine.run_once(replace(SPEC, data=replace(DATA, read_only=False)), deadline)
    assert container.asked[0]["HostConfig"]["Mounts"][0]["ReadOnly"] is False


def test_the_end_is_told_with_both_texts(tmp_path: Path, deadline: Deadline) -> None:
    container = ScriptedContainer(
        state={"ExitCode": 139, "OOMKilled": False}, stdout=b"opening\n", stderr=b"oh \xff\n"
    )
    result = run(container, tmp_path, deadline)
    assert (result.exit_code, result.signal, result.oom_killed) == (139, "SIGSEGV", False)
    assert (result.stdout, result.stderr) == ("opening\n", "oh \N{REPLACEMENT CHARACTER}\n")
    assert container.labels is None


@pytest.mark.parametrize(
    ("exit_code", "signal"), [(0, ""), (1, ""), (128, ""), (134, "SIGABRT"), (255, "")]
)
def test_only_an_exit_code_of_a_signal_has_a_signal(exit_code: int, signal: str) -> None:
    result = OneShotResult(exit_code=exit_code, oom_killed=False, stdout="", stderr="")
    assert result.signal == signal


def test_of_a_long_text_the_end_is_kept(tmp_path: Path, deadline: Deadline) -> None:
    container = ScriptedContainer(stdout=b"x" * 2 * ONE_SHOT_TEXT_BYTES + b"the end")
    stdout = run(container, tmp_path, deadline).stdout
    assert (len(stdout), stdout[-8:]) == (ONE_SHOT_TEXT_BYTES, "xthe end")


RUNC = "OCI runtime create failed: unable to start container process: exec: "


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (f'{RUNC}"py": executable file not found in $PATH: unknown', "container_program_missing"),
        (f'{RUNC}"/py": stat /py: no such file or directory', "container_program_missing"),
        (f'{RUNC}"/app": permission denied: unknown', "container_program_missing"),
        ("something new", "container_engine_refused"),
    ],
)
def test_a_start_that_fails_is_told_and_nothing_is_left(
    tmp_path: Path, deadline: Deadline, words: str, code: str
) -> None:
    container = ScriptedContainer(refusals={START: said(400, words)})
    with pytest.raises(ExternalFailure, match="start the container") as failure:
        run(container, tmp_path, deadline)
    assert (failure.value.code, container.labels) == (code, None)
    assert words in str(failure.value.__cause__)


def test_a_missing_directory_is_told(tmp_path: Path, deadline: Deadline) -> None:
    words = f'invalid mount config for type "bind": bind source path does not exist: {DATA.source}'
    container = ScriptedContainer(refusals={"POST /containers/create": said(400, words)})
    with pytest.raises(ExternalFailure) as failure:
        run(container, tmp_path, deadline)
    assert failure.value.code == "container_bind_source_missing"
