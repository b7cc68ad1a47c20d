"""How the container runs, worked out from evidence and configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.build import a_config
from fakes.evidence import a_mount, a_servable, a_snapshot, a_spec, an_image
from fakes.instance import GIB
from ladybug_agent.model.containers import BindMount
from ladybug_agent.resources.container_rules import SPEC_LABEL
from ladybug_agent.resources.container_spec import container_spec, judge_memory_limit


def test_the_environment_is_what_the_image_expects(tmp_path: Path) -> None:
    assert a_spec(tmp_path).environment == {
        "DATABASE_TYPE": "ladybug",
        "GRAPH_BACKEND_TYPE": "ladybug",
        "LBUG_NODE_TYPE": "shared_replica",
        "LBUG_ROLE": "replica",
        "LBUG_READ_ONLY": "true",
        "DOCKER_PROFILE": "ladybug-shared-replica",
        "LBUG_DATABASE_PATH": "/app/data/lbug-dbs",
        "LBUG_PORT": "8001",
        "REPOSITORY_TYPE": "shared",
        "SHARED_REPOSITORIES": "sec",
        "CLUSTER_TIER": "ladybug-shared",
        "ENVIRONMENT": "test",
        "AWS_REGION": "eu-central-1",
        "INSTANCE_ID": "i-0123456789abcdef0",
        "INSTANCE_IP": "10.0.1.23",
        "INSTANCE_AZ": "eu-central-1a",
        "INSTANCE_TYPE": "r7g.medium",
        "LOG_LEVEL": "INFO",
        "OTEL_ENABLED": "false",
    }


def test_extra_variables_come_along_and_may_replace(tmp_path: Path) -> None:
    extra = {"LOG_LEVEL": "DEBUG", "WORKERS": "4"}
    spec = a_spec(tmp_path, config=a_config(tmp_path, **{"container.environment": extra}))
    assert (spec.environment["LOG_LEVEL"], spec.environment["WORKERS"]) == ("DEBUG", "4")


def test_the_verified_databases_are_bound_read_only(tmp_path: Path) -> None:
    assert a_spec(tmp_path).data == BindMount(
        source=f"{tmp_path}/databases", target="/app/data/lbug-dbs", read_only=True
    )


def test_the_user_is_not_root(tmp_path: Path) -> None:
    assert a_spec(tmp_path).user == "1000:1000"


def test_the_image_is_named_by_its_id(tmp_path: Path) -> None:
    assert a_spec(tmp_path).image_id == an_image().image_id


def test_logs_and_temporary_files_are_in_memory(tmp_path: Path) -> None:
    assert sorted(a_spec(tmp_path).tmpfs) == ["/app/logs", "/tmp"]


@pytest.mark.parametrize(
    ("total", "limit"), [(2, 1.5), (4, 3), (4.5, 3.5), (8, 7), (8.5, 6.5), (16, 14), (64, 62)]
)
def test_memory_is_kept_back_for_the_system(total: float, limit: float) -> None:
    assert judge_memory_limit(int(total * GIB)) == limit * GIB


def test_a_configured_memory_limit_counts(tmp_path: Path) -> None:
    config = a_config(tmp_path, **{"container.memory_bytes": 5 * GIB})
    assert container_spec(a_servable(tmp_path), config, 16 * GIB).memory_bytes == 5 * GIB


def test_equal_evidence_gives_an_equal_digest(tmp_path: Path) -> None:
    assert a_spec(tmp_path).labels[SPEC_LABEL] == a_spec(tmp_path).labels[SPEC_LABEL]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("container.environment", {"A": "1"}),
        ("container.port", 8002),
        ("container.memory_bytes", GIB),
        ("container.pids_limit", 64),
        ("container.uid", 1001),
        ("container.log_driver", "journald"),
        ("container.bind_address", "127.0.0.1"),
        ("container.docker_profile", "ladybug-shared-writer"),
        ("instance.environment", "prod"),
    ],
)
def test_a_change_of_configuration_changes_the_digest(
    key: str, value: object, tmp_path: Path
) -> None:
    changed = a_spec(tmp_path, config=a_config(tmp_path, **{key: value}))
    assert changed.labels[SPEC_LABEL] != a_spec(tmp_path).labels[SPEC_LABEL]


def test_another_mount_of_the_same_volume_changes_the_digest(tmp_path: Path) -> None:
    remounted = a_snapshot(tmp_path, mount=a_mount(tmp_path, mount_id=38))
    changed = a_spec(tmp_path, servable=a_servable(tmp_path, data=remounted))
    assert changed.labels[SPEC_LABEL] != a_spec(tmp_path).labels[SPEC_LABEL]
