"""The units as they are shipped: what systemd says of them, and what they promise the agent."""

from __future__ import annotations

import configparser
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import ladybug_agent
from ladybug_agent.boot_status import AFTER_S
from ladybug_agent.command_line import build_parser
from ladybug_agent.config import InstanceConfig
from ladybug_agent.config.drain import DrainConfig
from ladybug_agent.config.health import HealthConfig
from ladybug_agent.drain.run import CALL_S
from ladybug_agent.exit_status import ExitStatus
from ladybug_agent.health.handover import ANSWER_S, REPAIR_S

UNITS = Path(ladybug_agent.__file__).parents[2] / "systemd"
AGENT = "/opt/ladybug-agent/current/bin/ladybug-agent"
BOOTS = "/opt/ladybug-agent/ladybug-boots"
SHIPPED = sorted(path for path in UNITS.iterdir() if "." in path.name)  # the rest are scripts
MOUNTING = ("ladybug-bootstrap.service", "ladybug-repair.service", "ladybug-watch.service")
# Each of these gives a service a mount namespace of its own (systemd.exec(5)): what it mounts or
# unmounts in there is not seen outside.
PRIVATE = (
    "PrivateTmp", "PrivateDevices", "PrivateMounts", "ProtectSystem", "ProtectHome", "ProtectProc",
    "ProtectKernelTunables", "ProtectKernelModules", "ProtectKernelLogs", "ProtectControlGroups",
    "ProtectHostname", "ReadWritePaths", "ReadOnlyPaths", "InaccessiblePaths", "BindPaths",
    "TemporaryFileSystem", "RootDirectory", "RootImage", "MountFlags", "ProcSubset",
    "StateDirectory", "RuntimeDirectory", "DynamicUser",
)  # fmt: skip
# What `systemd-analyze security` of 252 makes of them, times ten, rounded up.
EXPOSURE = {
    "ladybug-agent-failed@x.service": 23,
    "ladybug-bootstrap.service": 48,
    "ladybug-health.service": 25,
    "ladybug-hydrate.service": 25,
    "ladybug-repair.service": 48,
    "ladybug-watch.service": 51,
}
needs_systemd = pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="missing: systemd-analyze"
)


class Repeated(dict):  # type: ignore[type-arg]  # configparser's own protocol for values
    """Keeps every value of a key that comes more than once."""

    def __setitem__(self, key: object, value: object) -> None:
        if isinstance(value, list) and key in self:
            self[key].extend(value)
        else:
            super().__setitem__(key, value)


def unit(name: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=False, dict_type=Repeated)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(UNITS / name, encoding="utf-8")
    return parser


def value(name: str, section: str, key: str) -> str:
    return unit(name)[section][key].splitlines()[-1]


@pytest.fixture
def runnable(tmp_path: Path) -> Path:
    """Return the units with a program in the place of the agent, which is not installed here."""
    for path in SHIPPED:
        text = path.read_text(encoding="utf-8").replace(AGENT, "/bin/true")
        text = text.replace(BOOTS, "/bin/true")
        (tmp_path / path.name.replace("@.", "@x.")).write_text(text, encoding="utf-8")
    return tmp_path


@needs_systemd
@pytest.mark.parametrize("name", [path.name for path in SHIPPED])
def test_systemd_has_nothing_to_say_about_a_unit(runnable: Path, name: str) -> None:
    """An unknown key, or a value out of range, is a warning with status 0."""
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no",
         str(runnable / name.replace("@.", "@x."))],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")


@needs_systemd
@pytest.mark.parametrize("name", sorted(EXPOSURE))
def test_a_unit_is_no_more_exposed_than_it_has_to_be(runnable: Path, name: str) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--no-pager", "--json=short",
         f"--threshold={EXPOSURE[name]}", str(runnable / name)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)


@pytest.mark.parametrize("name", MOUNTING)
def test_a_service_that_mounts_has_no_mount_namespace_of_its_own(name: str) -> None:
    assert [key for key in PRIVATE if key in unit(name)["Service"]] == []


def test_the_tick_gives_up_before_systemd_does() -> None:
    limit_s = float(value("ladybug-health.service", "Service", "TimeoutStartSec"))
    assert HealthConfig().deadline_s + 2.0 < limit_s < 30.0


def test_a_repair_ends_before_systemd_ends_it_and_before_it_is_given_up() -> None:
    limit_s = float(value("ladybug-repair.service", "Service", "TimeoutStartSec"))
    assert REPAIR_S + CALL_S < limit_s < ANSWER_S


def test_measured_results_are_no_failures_of_the_unit() -> None:
    said = value("ladybug-health.service", "Service", "SuccessExitStatus")
    measured = {ExitStatus.NOT_GOOD, ExitStatus.RESULT_NOT_WRITTEN, ExitStatus.BUSY}
    assert {int(status) for status in said.split()} == {int(status) for status in measured}


def test_a_drain_at_shutdown_ends_before_systemd_loses_patience() -> None:
    stop = value("ladybug-watch.service", "Service", "ExecStop")
    budget_s = float(re.findall(r"--budget (\d+)", stop)[0])
    limit_s = float(value("ladybug-watch.service", "Service", "TimeoutStopSec"))
    # Another drain may be waited for first, and the budget begins anew with none of it left.
    assert budget_s + 2 * CALL_S + DrainConfig().stop_grace_s <= limit_s


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_every_command_of_a_unit_is_one_of_the_agents_own(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("%i", "some.service")
    for line in re.findall(rf"^Exec\w+=-?{AGENT} (.*)$", text, re.MULTILINE):
        build_parser().parse_args(line.split())


def test_a_failure_of_every_unit_is_told() -> None:
    for path in UNITS.glob("ladybug-*.service"):
        if "@" not in path.name:
            told = value(path.name, "Unit", "OnFailure")
            assert told == "ladybug-agent-failed@%n.service"


def test_docker_is_wanted_and_never_required() -> None:
    texts = [path.read_text(encoding="utf-8") for path in SHIPPED]
    assert [text for text in texts if re.search(r"^(Requires|BindsTo)=", text, re.MULTILINE)] == []


def test_no_unit_waits_for_cloud_init_which_waits_for_user_data() -> None:
    """User data starts the units, so both would wait for ever."""
    waits = re.compile(r"^(After|Requires|Wants|BindsTo)=.*(cloud-|multi-user)", re.MULTILINE)
    texts = {path.name: path.read_text(encoding="utf-8") for path in SHIPPED}
    assert [name for name, text in texts.items() if waits.search(text)] == []


def test_a_boot_has_its_time_before_systemd_loses_patience() -> None:
    limit_s = float(value("ladybug-bootstrap.service", "Service", "TimeoutStartSec"))
    assert limit_s == InstanceConfig(environment="any").boot_timeout_s + AFTER_S


def test_a_boot_that_is_told_to_stop_can_end_in_order() -> None:
    limit_s = float(value("ladybug-bootstrap.service", "Service", "TimeoutStopSec"))
    assert limit_s >= AFTER_S


def test_a_start_of_a_boot_that_has_registered_is_no_rerun() -> None:
    said = unit("ladybug-bootstrap.service")["Service"]
    assert (said["Type"], said["RemainAfterExit"]) == ("notify", "yes")


def test_what_counts_the_boots_cannot_make_one_fail() -> None:
    said = unit("ladybug-bootstrap.service")["Service"]
    words = {key: said[key] for key in ("ExecStartPre", "ExecStartPost", "ExecStopPost")}
    assert words == {
        "ExecStartPre": f"-{BOOTS} begins",
        "ExecStartPost": f"-{BOOTS} registered",
        "ExecStopPost": f"-{BOOTS} ended",
    }
