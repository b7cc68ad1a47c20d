"""What a reboot leaves, without rebooting the machine that runs the tests."""

from __future__ import annotations

import re
import subprocess
import sys
import uuid
from pathlib import Path

from ladybug_lab.instance import LabInstance

SCRIPT = Path(__file__).parent / "scripted_boot.py"


def proc_after_reboot(proc: Path) -> Path:
    """Return a `/proc` of a later boot: another boot id, a later start, the rest as it is."""
    (proc / "sys/kernel/random").mkdir(parents=True)
    (proc / "sys/kernel/random/boot_id").write_text(f"{uuid.uuid4()}\n")
    stat = Path("/proc/stat").read_text(encoding="ascii")
    later = re.sub(r"(?m)^btime (\d+)$", lambda found: f"btime {int(found[1]) + 60}", stat)
    (proc / "stat").write_text(later)
    for name in ("meminfo", "uptime"):
        (proc / name).write_text(Path(f"/proc/{name}").read_text(encoding="ascii"))
    return proc


def scripted_boot(
    instance: LabInstance, *, kill: str = "", terminate: str = "", proc: Path = Path("/proc")
) -> subprocess.CompletedProcess[str]:
    """Boot with the real adapters, killed or terminated exactly at `STEP:STATUS`."""
    return subprocess.run(
        [
            sys.executable,
            str(SCRIPT),
            str(instance.config_file),
            f"--kill={kill}",
            f"--terminate={terminate}",
            f"--proc={proc}",
        ],
        env=instance.environment(),
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
