"""The bundle's installer: what it puts where and refuses, and that nothing is left half done."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.shell_machine import UNITS, ShellMachine, a_machine
from support.small_bundle import SmallBundle, small_bundle

pytestmark = pytest.mark.thorough

HOME = "/opt/ladybug-agent"
CONFIG = "/etc/ladybug-agent/config.toml"
PYTHONS = ("python3", "python3.11", "python3.12", "python3.13", "python3.14")
DPKG_LOCKED = "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 812"
RPM_LOCKED = (
    "error: can't create transaction lock on /var/lib/rpm/.rpm.lock"
    " (Resource temporarily unavailable)"
)


@pytest.fixture
def machine(tmp_path: Path) -> ShellMachine:
    return a_machine(tmp_path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    machine: ShellMachine
    bundle: SmallBundle
    said: str


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """A machine with one version; tests only look at it, or install the same again."""
    machine = a_machine(tmp_path_factory.mktemp("installed"))
    bundle = small_bundle(machine, "1.0.0")
    done = install(machine, bundle, PIP_INDEX_URL="http://127.0.0.1:9", PIP_REQUIRE_VIRTUALENV="no")
    assert done.returncode == 0, done.stderr
    return Installed(machine=machine, bundle=bundle, said=done.stdout)


def install(
    machine: ShellMachine, bundle: SmallBundle, *options: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    return machine.run(bundle.directory / "install", *options, **environment)


def old_python(machine: ShellMachine) -> None:
    """Leave the machine with a Python 3.9 alone, as Amazon Linux 2023 is launched."""
    for name in PYTHONS:
        machine.program(name, "exit 127")
    machine.program("python3", '[ "$1" != --version ] && exit 1; echo "Python 3.9.25"')


def nothing_is_installed(machine: ShellMachine) -> bool:
    home = machine.path(HOME)
    versions = [path.name for path in home.iterdir() if path.is_dir()]
    return (versions, machine.link("current"), machine.left_over()) == ([], "", [])


def test_a_version_runs_from_a_place_of_its_own(installed: Installed) -> None:
    program = installed.machine.path(f"{HOME}/1.0.0/bin/ladybug-agent")
    assert installed.machine.run(program, "--version").stdout == "ladybug-agent 1.0.0\n"
    assert installed.machine.link("current") == "1.0.0"
    assert ".staging" not in program.read_text(encoding="utf-8")
    assert installed.machine.left_over() == []


def test_every_unit_is_as_the_bundle_has_it_and_what_can_be_is_enabled(
    installed: Installed,
) -> None:
    units = installed.machine.path("/etc/systemd/system")
    shipped = {path.name for path in UNITS.iterdir() if "." in path.name}
    assert {path.name for path in units.iterdir()} == shipped
    enabled = {
        path.name for path in UNITS.iterdir() if "[Install]" in path.read_text(encoding="utf-8")
    }
    (said,) = installed.machine.calls("systemctl enable")
    assert set(said.split()[3:]) == enabled


def test_the_rest_of_the_bundle_is_kept_beside_the_version_without_its_wheels(
    installed: Installed,
) -> None:
    kept = {path.name for path in installed.machine.path(f"{HOME}/1.0.0/bundle").iterdir()}
    assert kept == {"install", "manifest.json", "requirements.txt", "systemd"}


def test_the_same_bundle_again_changes_nothing(installed: Installed) -> None:
    before = installed.machine.path(f"{HOME}/1.0.0").stat().st_ino
    enabled = installed.machine.calls("systemctl enable")
    wants = installed.machine.path("/etc/systemd/system/multi-user.target.wants")
    wants.mkdir()
    (wants / "ladybug-bootstrap.service").symlink_to("../ladybug-bootstrap.service")
    done = install(installed.machine, installed.bundle)
    assert done.returncode == 0, done.stderr
    assert installed.machine.path(f"{HOME}/1.0.0").stat().st_ino == before
    assert installed.machine.calls("systemctl enable") == enabled


def test_another_bundle_of_the_same_version_is_refused(installed: Installed) -> None:
    other = small_bundle(installed.machine, "1.0.0", note="rebuilt")
    done = install(installed.machine, other)
    assert done.returncode == 1
    assert done.stderr.startswith("version_taken: wanted to install 1.0.0")


def test_versions_lie_side_by_side_and_the_new_one_is_used(machine: ShellMachine) -> None:
    install(machine, small_bundle(machine, "1.0.0"))
    install(machine, small_bundle(machine, "1.1.0"))
    assert (machine.link("current"), machine.link("fallback")) == ("1.1.0", "1.0.0")
    for version in ("1.0.0", "1.1.0"):
        program = machine.path(f"{HOME}/{version}/bin/ladybug-agent")
        assert machine.run(program, "--version").stdout == f"ladybug-agent {version}\n"
    assert (
        machine.calls("systemctl try-restart")
        == ["systemctl try-restart --no-block ladybug-bootstrap.service ladybug-watch.service"] * 2
    )


def test_one_goes_back_by_hand_with_the_installer_of_an_installed_version(
    machine: ShellMachine,
) -> None:
    install(machine, small_bundle(machine, "1.0.0"))
    install(machine, small_bundle(machine, "1.1.0"))
    done = machine.run(machine.path(f"{HOME}/1.0.0/bundle/install"))
    assert (done.returncode, machine.link("current")) == (0, "1.0.0")


def test_into_an_image_nothing_is_started(machine: ShellMachine) -> None:
    done = install(machine, small_bundle(machine, "1.0.0"), "--no-start")
    assert done.returncode == 0
    assert machine.link("current") == "1.0.0"
    assert machine.calls("systemctl start") == []


def test_without_systemd_it_installs_and_says_that_nothing_is_started(
    machine: ShellMachine,
) -> None:
    machine.path("/run/systemd/system").rmdir()
    done = install(machine, small_bundle(machine, "1.0.0"))
    assert (done.returncode, machine.link("current")) == (0, "1.0.0")
    assert "no systemd runs here: nothing is started" in done.stdout
    assert machine.calls("systemctl start") == []


def test_what_an_interrupted_run_left_is_taken_away(machine: ShellMachine) -> None:
    machine.write(f"{HOME}/.staging.aaaaaa/half", "")
    machine.write(f"{HOME}/1.0.0/half", "")
    assert install(machine, small_bundle(machine, "1.0.0")).returncode == 0
    assert machine.left_over() == []
    assert not machine.path(f"{HOME}/1.0.0/half").exists()


def test_an_altered_wheel_is_not_installed(machine: ShellMachine) -> None:
    bundle = small_bundle(machine, "1.0.0")
    (wheel,) = (bundle.directory / "wheels").iterdir()
    wheel.write_bytes(wheel.read_bytes() + b"\0")
    done = install(machine, bundle)
    assert done.returncode == 1
    assert "DO NOT MATCH THE HASHES" in done.stdout
    assert done.stderr.splitlines()[-1].startswith("install_failed: wanted the wheels of 1.0.0")
    assert nothing_is_installed(machine)


def test_a_missing_wheel_is_not_looked_for_anywhere_else(machine: ShellMachine) -> None:
    bundle = small_bundle(machine, "1.0.0")
    (wheel,) = (bundle.directory / "wheels").iterdir()
    elsewhere = machine.path("elsewhere")
    elsewhere.mkdir()
    wheel.rename(elsewhere / wheel.name)
    done = install(machine, bundle, PIP_FIND_LINKS=str(elsewhere))
    assert "install_failed: " in done.stderr
    assert nothing_is_installed(machine)


def test_an_agent_that_is_another_version_than_its_bundle_is_not_used(
    machine: ShellMachine,
) -> None:
    done = install(machine, small_bundle(machine, "1.0.0", says="0.9.0"))
    assert "wanted ladybug-agent 1.0.0, the installation says: ladybug-agent 0.9.0" in done.stderr
    assert nothing_is_installed(machine)


def test_a_version_that_refuses_the_configuration_is_not_used(machine: ShellMachine) -> None:
    install(machine, small_bundle(machine, "1.0.0"))
    machine.write(CONFIG, "wrong")
    done = install(machine, small_bundle(machine, "1.1.0"))
    assert done.returncode == 1
    assert "config_refused: wanted" in done.stderr.splitlines()[-1]
    assert "config_not_toml: found wrong" in done.stderr.splitlines()[-1]
    assert machine.link("current") == "1.0.0"


def test_a_full_disk_is_seen_before_anything_is_written(machine: ShellMachine) -> None:
    machine.program("df", 'echo header; echo "/dev/nvme0n1p1 8000000 7990000 10240 99% /"')
    done = install(machine, small_bundle(machine, "1.0.0"))
    assert done.stderr.startswith("disk_full: wanted 200 MiB free")
    assert "found 10 MiB" in done.stderr
    assert nothing_is_installed(machine)


def test_a_disk_that_fills_up_on_the_way_leaves_nothing(machine: ShellMachine) -> None:
    machine.program(
        "env",
        'echo "ERROR: Could not install packages: [Errno 28] No space left on device"; exit 1',
    )
    done = install(machine, small_bundle(machine, "1.0.0"))
    assert done.stderr.splitlines()[-1].startswith("disk_full: no space left under")
    assert nothing_is_installed(machine)


@pytest.mark.parametrize("name", ["manifest.json", "version"])
def test_a_bundle_without_its_manifest_is_refused(machine: ShellMachine, name: str) -> None:
    bundle = small_bundle(machine, "1.0.0")
    if name == "version":
        (bundle.directory / "manifest.json").write_text("{}")
    else:
        (bundle.directory / name).unlink()
    done = install(machine, bundle)
    assert (done.returncode, done.stderr.split(":")[0]) == (1, "bundle_incomplete")


def test_without_roots_rights_it_says_so(machine: ShellMachine) -> None:
    machine.program("id", "echo 1000")
    done = install(machine, small_bundle(machine, "1.0.0"))
    assert (done.returncode, done.stderr.split(":")[0]) == (2, "not_root")


def test_an_unknown_option_is_refused(machine: ShellMachine) -> None:
    done = install(machine, small_bundle(machine, "1.0.0"), "--force")
    assert (done.returncode, done.stderr) == (2, "usage: install [--no-start]\n")


def test_on_amazon_linux_docker_and_a_python_are_installed_by_dnf(machine: ShellMachine) -> None:
    (machine.root / "programs/dockerd").unlink()
    old_python(machine)
    machine.program("dnf", f"cp {machine.root}/programs/real {machine.root}/programs/$4")
    machine.write("programs/real", '#!/bin/bash\nexec /usr/bin/env python3.11 "$@"\n').chmod(0o755)
    hidden = 'command() { case $2 in dockerd) false ;; *) builtin command "$@" ;; esac; }\n'
    bundle = small_bundle(machine, "1.0.0")
    script = bundle.directory / "install"
    script.write_text(script.read_text().replace("set -Eeuo", f"{hidden}set -Eeuo", 1))
    install(machine, bundle)
    assert machine.calls("dnf") == [
        "dnf install --assumeyes --quiet docker",
        "dnf install --assumeyes --quiet python3.13",
    ]


@pytest.mark.parametrize("words", [DPKG_LOCKED, RPM_LOCKED])
def test_a_package_manager_whose_lock_is_held_is_tried_again(
    machine: ShellMachine, words: str
) -> None:
    old_python(machine)
    machine.program("sleep", "")
    machine.program(
        "dnf", f'[ $(grep -c ^dnf {machine.root}/calls) -gt 2 ] || {{ echo "{words}"; exit 1; }}'
    )
    bundle = small_bundle(machine, "1.0.0", PACKAGES_S=0)
    done = install(machine, bundle)
    assert len(machine.calls("dnf")) == 3
    assert done.stderr.startswith("python_too_old: wanted Python 3.11 or later")
    assert "found Python 3.9.25" in done.stderr


def test_without_a_network_the_package_managers_own_words_are_told(machine: ShellMachine) -> None:
    old_python(machine)
    machine.program("dnf", 'echo "Error: Failed to download metadata for repo amazonlinux"; exit 1')
    done = install(machine, small_bundle(machine, "1.0.0", PACKAGES_S=0))
    assert done.stderr.splitlines()[-1] == (
        "package_not_installed: wanted python3.13, the package manager says:"
        " Error: Failed to download metadata for repo amazonlinux"
    )
    assert nothing_is_installed(machine)
