"""The replica cannot write: not its root, not its data, not the device, from inside or outside."""

from __future__ import annotations

import http.client
import json
from pathlib import Path

import pytest

from ladybug_lab.depot import DATABASE
from ladybug_lab.instance import LabInstance
from support.booting import boot, container_of
from support.volumes import content_hash

pytestmark = pytest.mark.integration

READ_ONLY = "Read-only file system"
NOT_PERMITTED = "Operation not permitted"
# Inside, each attempt is a line of Python for the interpreter that the image has anyway, with what
# the kernel must answer: an attempt that fails for another reason proves nothing.
INSIDE = {
    "root": ("open('/written', 'w')", READ_ONLY),
    "application": ("open('/app/server.py', 'a')", "Permission denied"),
    "new file beside the data": ("open('/app/data/lbug-dbs/new.lbug', 'w')", READ_ONLY),
    "the database": ("open('/app/data/lbug-dbs/packages.lbug', 'r+b')", READ_ONLY),
    "a device node": (
        "import os; os.mknod('/tmp/disk', 0o60666, os.makedev({major}, {minor}))",
        NOT_PERMITTED,
    ),
    "a raw device": ("open('{node}', 'r+b')", "No such file or directory: '{node}'"),
    "becoming root": ("import os; os.setuid(0)", NOT_PERMITTED),
}


@pytest.fixture
def replica(instance: LabInstance) -> LabInstance:
    run = boot(instance)
    assert run.status == 0, run.events
    return instance


def run_inside(replica: LabInstance, code: str, *, user: str = "") -> tuple[int, str]:
    with container_of(replica) as container:
        argv = ["/usr/local/bin/python3", "-S", "-E", "-c", code]
        status, output = container.exec_run(argv, user=user)
    assert isinstance(output, bytes)
    return int(status or 0), output.decode()


@pytest.mark.parametrize("attempt", INSIDE)
def test_inside_the_container_nothing_can_be_written(replica: LabInstance, attempt: str) -> None:
    number = Path(f"/sys/block/{replica.device.node.name}/dev").read_text(encoding="ascii")
    major, minor = number.strip().split(":")
    where = {"major": major, "minor": minor, "node": replica.device.node}
    code, answer = (text.format(**where) for text in INSIDE[attempt])
    status, output = run_inside(replica, code)
    assert (status, answer in output) == (1, True), output


@pytest.mark.parametrize(
    "attempt", ["root", "application", "the database", "new file beside the data"]
)
def test_root_inside_the_container_cannot_write_either(replica: LabInstance, attempt: str) -> None:
    status, output = run_inside(replica, INSIDE[attempt][0], user="0")
    assert (status, READ_ONLY in output) == (1, True), output


def test_inside_the_container_there_are_no_privileges_to_remount_with(
    replica: LabInstance,
) -> None:
    code = "print(open('/proc/1/status').read())"
    _, output = run_inside(replica, code)
    status = dict(line.split(":\t", 1) for line in output.splitlines() if ":\t" in line)
    assert {status[name] for name in ("CapPrm", "CapEff", "CapBnd")} == {"0" * 16}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


@pytest.mark.parametrize("path", ["/tmp/scratch", "/app/logs/api.log"])
def test_what_is_meant_to_be_writable_is(replica: LabInstance, path: str) -> None:
    status, output = run_inside(replica, f"open('{path}', 'w').write('x')")
    assert status == 0, output


def test_outside_the_mount_is_read_only(replica: LabInstance) -> None:
    database = replica.mount_point / "databases" / f"{DATABASE}.lbug"
    with pytest.raises(OSError, match="Read-only file system"):
        database.open("r+b")
    with pytest.raises(OSError, match="Read-only file system"):
        (replica.mount_point / "new").mkdir()


def test_outside_the_device_itself_refuses_writes(replica: LabInstance) -> None:
    before = content_hash(replica.device.image)
    with pytest.raises(PermissionError), replica.device.node.open("r+b", buffering=0) as device:
        device.write(bytes(4096))
    assert content_hash(replica.device.image) == before


def test_a_query_that_writes_is_refused(replica: LabInstance) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", replica.order.port, timeout=10)
    statement = {"cypher": "CREATE (:Package {name: 'written'})"}
    connection.request("POST", f"/databases/{DATABASE}/query", json.dumps(statement))
    reply = connection.getresponse()
    answer = json.loads(reply.read())
    connection.close()
    assert reply.status == http.client.BAD_REQUEST
    assert "read-only" in answer["error"]


def test_restrictions_are_what_the_engine_enforces(replica: LabInstance) -> None:
    with container_of(replica) as container:
        host = container.attrs["HostConfig"]
        mounts = {m["Destination"]: m for m in container.attrs["Mounts"]}
    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["ALL"]
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert host["RestartPolicy"]["Name"] == "no"
    assert host["Privileged"] is False
    assert 0 < host["Memory"] == host["MemorySwap"]
    assert mounts["/app/data/lbug-dbs"]["RW"] is False
    assert container.attrs["Config"]["User"] == "1000:1000"
