"""What can go wrong in a boot: by step, the code it ends with, and the world it happens in."""

from __future__ import annotations

from typing import Any

from fakes.clock import FakeClock
from fakes.data_faults import DATA_FAULTS
from fakes.engine import FakeEngine, FakeImageRegistry
from fakes.fault import NEVER, Fault, Parts, fails
from fakes.instance import FOREVER, FakeMetadata
from fakes.one_shot import ended, failed, opening
from fakes.registry import FakeRegistry
from fakes.service import HEALTHY, INFO, FakeHttp, json_reply
from ladybug_agent.errors import AgentError, ConfigError
from ladybug_agent.model import HttpReply
from ladybug_agent.model.containers import OneShotResult


def _metadata(code: str, **how: Any) -> Fault:
    return Fault(step="identity", code=code, parts=lambda _: {"metadata": FakeMetadata(**how)})


def _engine(step: str, code: str, *, exit_status: int = 1, **how: Any) -> Fault:
    return Fault(
        step=step,
        code=code,
        parts=lambda clock: {"engine": FakeEngine(clock, **how)},
        exit_status=exit_status,
    )


def _pull(code: str) -> Fault:
    return _engine("pull_image", code, refuses={"pull": fails(code)})


def _login(code: str) -> Fault:
    return Fault(
        step="pull_image",
        code=code,
        parts=lambda _: {"image_registry": FakeImageRegistry(raises=fails(code))},
    )


def _labels(code: str, versions: str, *, exit_status: int = 1) -> Fault:
    labels = {"org.ladybugdb.storage-versions": versions}
    return _engine("open_databases", code, labels=labels, exit_status=exit_status)


def _open(code: str, end: OneShotResult) -> Fault:
    """The image's own engine ends so when it is given the databases."""

    def parts(clock: FakeClock) -> Parts:
        engine = FakeEngine(clock)
        engine.one_shot = lambda _: end
        return {"engine": engine}

    return Fault(step="open_databases", code=code, parts=parts)


def _run(code: str) -> Fault:
    return _engine("start_container", code, refuses={"run": fails(code)})


def _health(code: str, **replies: HttpReply) -> Fault:
    answers = {f"/{name}": reply for name, reply in replies.items()}
    return Fault(
        step="await_healthy",
        code=code,
        parts=lambda clock: {"http": FakeHttp(clock, replies=answers)},
    )


def _exit() -> Fault:
    def parts(clock: FakeClock) -> Parts:
        return {
            "engine": FakeEngine(clock, exits_after_s=3.0),
            "http": FakeHttp(clock, answers_after_s=NEVER),
        }

    return Fault(step="await_healthy", code="container_exited", parts=parts)


def _probe(code: str, reply: HttpReply) -> Fault:
    return Fault(
        step="await_warm",
        code=code,
        parts=lambda clock: {"http": FakeHttp(clock, replies={"/databases/sec/query": reply})},
        config={"hydration.probes": ("sec: RETURN 1",)},
    )


def _registry(error: AgentError, *, exit_status: int = 1) -> Fault:
    return Fault(
        step="register",
        code=error.code,
        parts=lambda _: {"instance_registry": FakeRegistry(raises=error)},
        exit_status=exit_status,
    )


FAULTS: tuple[Fault, ...] = (
    _metadata("imds_unreachable", unreachable_for=FOREVER),
    _metadata("imds_garbled", raises=fails("imds_garbled")),
    _metadata("credentials_missing", credentials_missing_for=FOREVER),
    _metadata("instance_terminating", target_lifecycle_state="Terminated"),
    *DATA_FAULTS,
    _login("aws_access_denied"),
    _pull("image_registry_unreachable"),
    _pull("image_pull_denied"),
    _pull("image_not_found"),
    _pull("image_no_space"),
    _engine(
        "pull_image",
        "container_engine_unreachable",
        refuses={"image": fails("container_engine_unreachable")},
    ),
    _engine("pull_image", "deadline_exceeded", pull_s=10_000.0),
    Fault(
        step="pull_image",
        code="image_reference_invalid",
        config={"container.image": "graph api"},
        exit_status=2,
    ),
    _labels("storage_version_too_new", "30-39"),
    _labels("storage_version_too_old", "50-59"),
    _labels("storage_versions_unreadable", "forty", exit_status=2),
    _open(
        "snapshot_database_will_not_open",
        ended(opening("sec"), failed("sec", "corrupt"), exit_code=1),
    ),
    _open("snapshot_database_crashes_engine", ended(opening("sec"), exit_code=139)),
    _open("open_check_not_possible", ended(exit_code=127)),
    _engine(
        "open_databases",
        "container_engine_refused",
        refuses={"run_once": fails("container_engine_refused")},
    ),
    _run("container_port_in_use"),
    _run("container_bind_source_missing"),
    _run("container_engine_refused"),
    _exit(),
    _health("health_not_ok", health=json_reply({"status": "unhealthy"}, status=503)),
    _health("health_garbled", health=HttpReply(status=200, body=b"<html>")),
    _health("health_databases_missing", health=json_reply({**HEALTHY, "database_count": 0})),
    _health("service_writable", info=json_reply({**INFO, "read_only": False})),
    _probe("probe_refused", HttpReply(status=400, body=b"syntax error")),
    _registry(fails("aws_throttled")),
    _registry(fails("aws_access_denied")),
    _registry(ConfigError("registry_table_missing", "found no such table"), exit_status=2),
)
