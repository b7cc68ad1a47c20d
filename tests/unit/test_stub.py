"""The userdata stub: what it fetches and refuses, whom it tells, and its size."""

from __future__ import annotations

import resource
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.shell_machine import INSTALLER, STUB, UNITS, ShellMachine, a_machine
from support.small_bundle import SmallBundle, small_bundle

LOG = "/var/log/ladybug-agent-install.log"
HOME = "/opt/ladybug-agent"
SCRIPTS = (STUB, INSTALLER, UNITS / "ladybug-versions", UNITS / "ladybug-boots")
INSTALLED = '[ "$1" != s3 ] || cp {archive} "${{@: -1}}"'
DENIED = "fatal error: An error occurred (403) when calling the HeadObject operation: Forbidden"
LATE = "fatal error: Unable to locate credentials"
ABANDON = (
    "aws autoscaling complete-lifecycle-action --instance-id i-0123456789abcdef0"
    " --auto-scaling-group-name replicas --lifecycle-hook-name replica-ready"
    " --lifecycle-action-result ABANDON"
)
FAILURE = (
    "aws cloudformation signal-resource --stack-name replicas-prod --logical-resource-id Group"
    " --unique-id i-0123456789abcdef0 --status FAILURE"
)
SIGNALS = [ABANDON, FAILURE]


@dataclass(frozen=True, slots=True, kw_only=True)
class Launched:
    """A machine whose header is written, and the bundle that it names."""

    machine: ShellMachine
    bundle: SmallBundle

    def header(self) -> dict[str, str]:
        return {
            "LADYBUG_VERSION": self.bundle.version,
            "LADYBUG_BUNDLE": f"s3://artefacts/agent/{self.bundle.archive.name}",
            "LADYBUG_SHA256": self.bundle.sha256,
            "LADYBUG_REGION": "eu-west-1",
            "LADYBUG_STACK": "replicas-prod",
            "LADYBUG_RESOURCE": "Group",
            "LADYBUG_GROUP": "replicas",
            "LADYBUG_HOOK": "replica-ready",
        }

    def stub(self, **changes: str) -> subprocess.CompletedProcess[str]:
        """Run header and stub as cloud-init does, with nothing else in the environment."""
        text = "".join(f"{name}='{value}'\n" for name, value in (self.header() | changes).items())
        script = self.machine.script(STUB)
        whole = self.machine.write("scripts/part-001", "#!/bin/bash\n" + text + script.read_text())
        return self.machine.run("/bin/bash", "-u", whole)

    def told(self) -> list[str]:
        return sorted(self.machine.calls("aws auto") + self.machine.calls("aws cloudf"))


def launch(directory: Path) -> Launched:
    machine = a_machine(directory)
    bundle = small_bundle(machine, "1.2.0")
    machine.program("aws", INSTALLED.format(archive=bundle.archive))
    return Launched(machine=machine, bundle=bundle)


@pytest.fixture
def launched(tmp_path: Path) -> Launched:
    return launch(tmp_path)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Launched:
    """A machine on which the stub has run once; tests only look at it, or run the stub again."""
    launched = launch(tmp_path_factory.mktemp("installed"))
    done = launched.stub()
    assert done.returncode == 0, (done.stdout, launched.machine.read(LOG))
    launched.machine.program("systemctl", "")  # the boot is active now
    return launched


def test_it_is_small_enough_for_a_template_and_has_nothing_that_one_would_replace() -> None:
    text = STUB.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 60
    assert len(text.encode()) <= 4096
    assert "${" not in text


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_shellcheck_has_nothing_to_say(path: Path) -> None:
    done = subprocess.run(
        ["shellcheck", "--severity=style", str(path)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.thorough
def test_without_its_header_it_says_what_is_missing(launched: Launched) -> None:
    done = launched.machine.run("/bin/bash", "-u", launched.machine.script(STUB))
    assert done.returncode == 1
    assert "stub_not_configured: wanted LADYBUG_VERSION" in done.stdout
    assert done.stderr == ""


@pytest.mark.thorough
def test_it_installs_the_bundle_and_starts_the_boot_without_waiting_for_it(
    installed: Launched,
) -> None:
    assert installed.machine.link("current") == "1.2.0"
    assert installed.machine.calls("systemctl start")[0].startswith(
        "systemctl start --no-block ladybug-bootstrap.service"
    )
    assert installed.machine.left_over() == []
    assert installed.told() == []


@pytest.mark.thorough
def test_nothing_is_unpacked_in_memory(installed: Launched) -> None:
    (fetched,) = installed.machine.calls("aws s3")
    assert fetched.split()[-1].startswith(str(installed.machine.path(HOME)))


@pytest.mark.thorough
def test_a_second_run_fetches_nothing_and_takes_no_time(installed: Launched) -> None:
    """No more than 0.3 s: of CPU, for what else this machine does is not the stub's."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert installed.stub().returncode == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert spent_s <= 0.3
    assert len(installed.machine.calls("aws s3")) == 1


@pytest.mark.thorough
def test_a_bundle_is_fetched_from_any_url(launched: Launched) -> None:
    launched.machine.program("curl", f'cp {launched.bundle.archive} "$5"')
    assert launched.stub(LADYBUG_BUNDLE="https://example.com/bundle.tar.gz").returncode == 0
    assert launched.machine.calls("aws") == []


@pytest.mark.thorough
def test_two_at_once_run_one_after_the_other(launched: Launched) -> None:
    launched.machine.program(
        "aws", f"sleep 0.5; {INSTALLED.format(archive=launched.bundle.archive)}"
    )
    ended: list[int] = []
    launched.machine.script(STUB)
    both = [
        threading.Thread(target=lambda: ended.append(launched.stub().returncode)) for _ in range(2)
    ]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert ended == [0, 0]
    assert len(launched.machine.calls("aws s3")) == 1


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"LADYBUG_SHA256": "0" * 64}, "bundle_corrupt"),
        ({"LADYBUG_VERSION": "1.3.0"}, "bundle_wrong_version"),
        ({"LADYBUG_REGION": ""}, "stub_not_configured"),
    ],
)
def test_a_header_that_does_not_fit_installs_nothing_and_is_told(
    launched: Launched, changes: dict[str, str], code: str
) -> None:
    done = launched.stub(**changes)
    assert done.returncode == 1
    assert f"failed: {code}: wanted " in done.stdout
    assert f"failed: {code}: wanted " in launched.machine.read("/dev/console")
    assert f"failed: {code}: wanted " in launched.machine.read(LOG)
    assert launched.told() == SIGNALS
    assert (launched.machine.link("current"), launched.machine.left_over()) == ("", [])


@pytest.mark.thorough
def test_what_is_truncated_is_never_unpacked(launched: Launched) -> None:
    archive = launched.bundle.archive
    archive.write_bytes(archive.read_bytes()[:-100])
    done = launched.stub()
    assert "failed: bundle_corrupt" in done.stdout
    assert launched.machine.left_over() == []


@pytest.mark.thorough
def test_what_has_the_right_sum_but_is_no_archive_is_told(launched: Launched) -> None:
    launched.bundle.archive.write_bytes(b"")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert "failed: bundle_not_unpacked" in launched.stub(LADYBUG_SHA256=empty).stdout
    assert launched.told() == SIGNALS


@pytest.mark.thorough
def test_what_is_denied_is_given_up_at_once_with_what_s3_says(launched: Launched) -> None:
    launched.machine.program("aws", f'[ "$1" != s3 ] || {{ echo "{DENIED}" >&2; exit 1; }}')
    began = time.monotonic()
    done = launched.stub()
    assert time.monotonic() - began < 4.0
    wanted = f"s3://artefacts/agent/{launched.bundle.archive.name}"
    assert f"failed: bundle_not_fetched: wanted {wanted}, found: {DENIED}" in done.stdout
    assert launched.told() == SIGNALS


@pytest.mark.thorough
def test_without_the_aws_cli_an_s3_address_is_given_up_at_once(launched: Launched) -> None:
    (launched.machine.root / "programs/aws").unlink()
    launched.machine.program("timeout", 'echo "timeout: failed to run command: $2" >&2; exit 127')
    done = launched.stub()
    assert "failed: bundle_not_fetched" in done.stdout
    assert "was refused" in done.stdout


@pytest.mark.thorough
def test_credentials_that_come_late_are_waited_for(launched: Launched) -> None:
    launched.machine.program("sleep", "")
    seen = launched.machine.root / "seen"
    fetched = INSTALLED.format(archive=launched.bundle.archive)
    launched.machine.program(
        "aws", f'[ -e {seen} ] || {{ touch {seen}; echo "{LATE}" >&2; exit 255; }}\n{fetched}'
    )
    assert launched.stub().returncode == 0
    assert launched.machine.calls("sleep") == ["sleep 5"]


@pytest.mark.thorough
def test_a_signal_that_is_refused_changes_nothing(launched: Launched) -> None:
    launched.machine.program("aws", 'echo "ValidationError: not in CREATE_IN_PROGRESS"; exit 254')
    done = launched.stub(LADYBUG_REGION="")
    assert done.returncode == 1
    assert "cloudformation signal-resource was refused" in done.stdout
    assert "not in CREATE_IN_PROGRESS" in launched.machine.read(LOG)


@pytest.mark.thorough
def test_nobody_is_told_where_the_header_names_nobody(launched: Launched) -> None:
    nobody = {"LADYBUG_STACK": "", "LADYBUG_HOOK": "", "LADYBUG_SHA256": "0" * 64}
    assert launched.stub(**nobody).returncode == 1
    assert launched.told() == []


@pytest.mark.thorough
def test_an_installation_that_fails_is_told_with_its_own_reason(launched: Launched) -> None:
    launched.machine.write("/etc/ladybug-agent/config.toml", "wrong")
    done = launched.stub()
    assert "failed: config_refused: wanted" in done.stdout
    assert launched.told() == SIGNALS


@pytest.mark.thorough
def test_finding_17_the_header_is_the_only_other_place_and_nothing_is_kept_in_the_environment(
    installed: Launched,
) -> None:
    """Variables exported twice and kept in /etc/environment disagreed with each other."""
    texts = [path.read_text(encoding="utf-8") for path in SCRIPTS]
    assert [text for text in texts if "/etc/environment" in text or "/etc/profile" in text] == []
    exported = [line for text in texts for line in text.splitlines() if "export" in line]
    assert [line for line in exported if "LADYBUG_STACK" in line or "LADYBUG_HOOK" in line] == []
    assert not installed.machine.path("/etc/environment").exists()


@pytest.mark.thorough
def test_finding_18_what_runs_is_the_version_that_the_header_pins(installed: Launched) -> None:
    program = installed.machine.path(f"{HOME}/current/bin/ladybug-agent")
    assert installed.machine.run(program, "--version").stdout == "ladybug-agent 1.2.0\n"


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_finding_16_what_is_written_to_logs_is_plain_ascii(path: Path) -> None:
    assert path.read_text(encoding="utf-8").isascii()
