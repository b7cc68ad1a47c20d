"""A first deployment: a replica without data, because the configuration asks for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ladybug_lab.agent_process import run_agent
from ladybug_lab.instance import LabInstance
from ladybug_lab.plan import Plan
from support.booting import boot, container_of, mounted, row_of

pytestmark = pytest.mark.integration

EMPTY = {"mode": "empty", "databases": []}


def test_it_serves_nothing_and_says_so(launched: Callable[..., LabInstance]) -> None:
    instance = launched(Plan(attach=False))
    instance.write_configuration(data=EMPTY)
    assert boot(instance).status == 0
    row = row_of(instance)
    assert row is not None
    assert (row["status"], row["data_state"]) == ("healthy", "empty by request")
    assert (row["degraded"], row["degraded_reasons"]) == (True, "empty_by_request")
    assert (row["database_count"], "volume_id" in row) == (0, False)
    assert mounted(instance) is None


def test_the_container_gets_an_empty_directory_that_it_cannot_write(
    launched: Callable[..., LabInstance],
) -> None:
    instance = launched(Plan(attach=False))
    instance.write_configuration(data=EMPTY)
    boot(instance)
    with container_of(instance) as container:
        (bind,) = (m for m in container.attrs["Mounts"] if m["Type"] == "bind")
    assert (bind["Source"], bind["RW"]) == (str(instance.state_directory / "empty"), False)


def test_status_says_so(launched: Callable[..., LabInstance]) -> None:
    instance = launched(Plan(attach=False))
    instance.write_configuration(data=EMPTY)
    boot(instance)
    argv = ["status", "--config", str(instance.config_file), "--format", "json"]
    run = run_agent(argv, instance.environment(), timeout_s=30)
    assert run.status == 0
    assert "empty by request" in run.document()["remarks"]


def test_it_is_never_inferred(launched: Callable[..., LabInstance]) -> None:
    instance = launched(Plan(attach=False))
    instance.write_configuration(data={"attach_timeout_s": 2.0})
    assert boot(instance).status == 1
    assert row_of(instance) is None
