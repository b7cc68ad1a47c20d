"""The udev daemon and the rule that makes a loop device look like an EBS volume on NVMe."""

from __future__ import annotations

from pathlib import Path

from ladybug_lab.errors import LabError
from ladybug_lab.shell import run

# /run: the rule disappears with the next reboot of the machine, should nobody remove it.
RULES_DIRECTORY = Path("/run/udev/rules.d")
RULE_FILE = RULES_DIRECTORY / "99-ladybug-lab.rules"
MODEL = "Amazon Elastic Block Store"
LINK_PREFIX = "nvme-Amazon_Elastic_Block_Store_"

# Real serials have no dash (`vol0123...`), so the program turns ".../vol-0123" into "vol0123".
# `$attr{loop/backing_file}` cannot be edited within a rule, hence sed; %S%p is the device in sysfs.
_RULE = f"""\
# Written by ladybug_lab: loop devices over files named vol-<hex> look like EBS volumes.
ACTION!="remove", SUBSYSTEM=="block", KERNEL=="loop[0-9]*", \
ATTR{{loop/backing_file}}=="*/vol-[0-9a-f]*", \
PROGRAM="/bin/sed -n s,.*/vol-,vol,p %S%p/loop/backing_file", RESULT=="vol[0-9a-f]*", \
ENV{{ID_SERIAL_SHORT}}="%c", ENV{{ID_MODEL}}="{MODEL}", SYMLINK+="disk/by-id/{LINK_PREFIX}%c"
"""
_DAEMON = "/lib/systemd/systemd-udevd"
_TIMEOUT_S = 10.0
_SETTLE_S = 30.0


def udevd_answers() -> bool:
    """Tell whether a udev daemon runs; without one, waiting for its events never ends."""
    try:
        run(["udevadm", "control", "--ping", "--timeout=2"], timeout_s=_TIMEOUT_S)
    except LabError as error:
        # It lets in one caller at a time, and turns away who comes at the same moment.
        return "Resource temporarily unavailable" in str(error)
    return True


def ensure_udevd() -> bool:
    """Start the udev daemon unless one answers; tell whether this call started it."""
    if udevd_answers():
        return False
    run([_DAEMON, "--daemon"], timeout_s=_TIMEOUT_S)
    if not udevd_answers():
        raise LabError(
            "the udev daemon was started but does not answer",
            f"run `{_DAEMON} --debug` by hand to see why",
        )
    return True


def let_udev_look(node: Path) -> None:
    """Have the daemon look at the device, and wait until it has; it reads a few blocks of it."""
    # An event for this very device, and waiting for its end: a bare `settle` may run before the
    # daemon has heard of the attachment.
    run(["udevadm", "trigger", "--action=change", "--settle", str(node)], timeout_s=_SETTLE_S)
    settle()


def settle() -> None:
    """Wait until the daemon has nothing left to do."""
    run(["udevadm", "settle", "--timeout=10"], timeout_s=_SETTLE_S)


def ensure_volume_rule() -> None:
    """Install the rule; devices that are attached already need a `change` event to notice."""
    if RULE_FILE.exists() and RULE_FILE.read_text(encoding="utf-8") == _RULE:
        return
    RULES_DIRECTORY.mkdir(parents=True, exist_ok=True)
    draft = RULE_FILE.with_suffix(".draft")  # udev reads only *.rules
    draft.write_text(_RULE, encoding="utf-8")
    draft.replace(RULE_FILE)
    _reload()


def remove_volume_rule() -> None:
    """Take the rule away; without effect when it is not there."""
    RULE_FILE.unlink(missing_ok=True)
    if udevd_answers():
        _reload()


def _reload() -> None:
    run(["udevadm", "control", "--reload"], timeout_s=_TIMEOUT_S)
