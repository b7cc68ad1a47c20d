"""What can be broken on the machine: configuration, state, mount, engine, container, service."""

from __future__ import annotations

import json
import subprocess

from integration.broken_instances.case import Broken
from integration.broken_instances.patient import Patient
from support.booting import engine
from support.leaving import replace_by_hand


def spoil_configuration(text: str) -> object:
    def act(p: Patient) -> None:
        path = p.instance.config_file
        path.write_text(text + path.read_text(encoding="utf-8"), encoding="utf-8")

    return act


def remove_configuration(p: Patient) -> None:
    p.instance.config_file.unlink()


def begin_drain(p: Patient) -> None:
    boot_id = json.loads(p.state[p.instance.state_directory / "served.json"])["boot_id"]
    record = {"schema": "ladybug.drain/1", "phase": "draining", "trigger": "operator"}
    path = p.instance.state_directory / "drain.json"
    path.write_text(json.dumps({**record, "boot_id": boot_id}))


def hide_mount(p: Patient) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(p.instance.mount_point)], check=True)


def unhide_mount(p: Patient) -> None:
    subprocess.run(["umount", str(p.instance.mount_point)], check=True)


def unmount(p: Patient) -> None:
    subprocess.run(["umount", "--lazy", str(p.instance.mount_point)], check=True)


def pause(p: Patient) -> None:
    with p.container() as container:
        container.pause()


def unpause(p: Patient) -> None:
    with p.container() as container:
        container.unpause()


def stop(p: Patient) -> None:
    with p.container() as container:
        container.stop(timeout=1)


def kill(p: Patient) -> None:
    with p.container() as container:
        container.kill()
        container.wait()


def remove(p: Patient) -> None:
    with p.container() as container:
        container.remove(force=True)


def replace_container(p: Patient) -> None:
    with engine() as client:
        replace_by_hand(client, p.instance.order.container)


def freeze(p: Patient) -> None:
    """Stop the service's processes, so that it is there and never answers (SIGSTOP)."""
    with p.container() as container:
        container.exec_run(["python3", "-c", "import os, signal; os.kill(1, signal.SIGSTOP)"])
        pid = container.attrs["State"]["Pid"]
    subprocess.run(["pkill", "-STOP", "--parent", str(pid)], check=False)
    subprocess.run(["kill", "-STOP", str(pid)], check=True)


def thaw(p: Patient) -> None:
    with p.container() as container:
        pid = container.attrs["State"]["Pid"]
    subprocess.run(["kill", "-CONT", str(pid)], check=True)
    subprocess.run(["pkill", "-CONT", "--parent", str(pid)], check=False)


def boot(p: Patient) -> None:
    p.heal()
    p.boot()


def boot_anew(p: Patient) -> None:
    """Boot it after an operator has taken away what is not ours: no boot does."""
    remove(p)
    boot(p)


def ask_for_maintenance(p: Patient) -> None:
    p.write_row(desired="maintenance")
    p.spoil_state(
        "health.json",
        schema="ladybug.health/1",
        desired="maintenance",
        registration_id=p.row["registration_id"],
        checks=1,
        status="healthy",
    )


AGENT = (
    Broken(
        name="an unknown key",
        act=lambda p: p.configure(data={"filesytem": "xfs"}),
        root="agent.config",
        remedy="config check",
    ),
    Broken(
        name="no TOML",
        act=lambda p: p.instance.config_file.write_text("schema = = 1"),
        root="agent.config",
        remedy="config check",
    ),
    Broken(
        name="no configuration",
        act=remove_configuration,
        root="agent.config",
        remedy="config check",
    ),
    Broken(
        name="a drain",
        act=begin_drain,
        root="lifecycle.departure",
        remedy="drain --undo",
    ),
    Broken(
        name="maintenance",
        act=ask_for_maintenance,
        root="lifecycle.departure",
        remedy="in_service",
    ),
    Broken(
        name="a record of garbage",
        act=lambda p: (p.instance.state_directory / "served.json").write_text("{"),
        root="container.running",
        remedy="bootstrap",
    ),
    Broken(
        name="a boot that was cut off",
        act=lambda p: p.spoil_state("bootstrap.json", outcome="running"),
        root="boot.outcome",
        remedy="run it again",
    ),
)  # fmt: skip
MOUNT = (
    Broken(
        name="a hidden mount",
        act=hide_mount,
        heal=unhide_mount,
        root="filesystem.mount",
        remedy="findmnt",
    ),
    Broken(
        name="no mount",
        act=unmount,
        heal=boot,
        root="filesystem.mount",
        remedy="bootstrap",
    ),
)
CONTAINER = (
    Broken(
        name="no engine",
        act=lambda p: p.configure(container={"docker_host": "unix:///run/no-docker.sock"}),
        root="engine.socket",
        remedy="systemctl status docker",
    ),
    Broken(
        name="a paused container",
        act=pause,
        heal=unpause,
        root="container.running",
        remedy="docker unpause",
    ),
    Broken(
        name="a stopped container",
        act=stop,
        heal=boot,
        root="container.running",
        remedy="docker logs",
    ),
    Broken(
        name="a killed container",
        act=kill,
        heal=boot,
        root="container.running",
        remedy="bootstrap",
    ),
    Broken(
        name="a removed container",
        act=remove,
        heal=boot,
        root="container.running",
        remedy="bootstrap",
    ),
    Broken(
        name="another container",
        act=replace_container,
        heal=boot_anew,
        root="container.running",
        remedy="docker inspect",
    ),
    Broken(
        name="a service that hangs",
        act=freeze,
        heal=thaw,
        root="service.health",
        remedy="docker logs",
    ),
    Broken(
        name="a wrong answer",
        act=lambda p: p.configure(
            health={"query": "MATCH (p:Package) RETURN count(p) > 0", "query_answer": "false"}
        ),
        root="service.query",
        remedy="docker logs",
    ),
)
CASES = (*AGENT, *MOUNT, *CONTAINER)
