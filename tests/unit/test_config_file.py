"""The configuration file: a good one is read, every mistake is refused by its path."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.configurations import BAD_FILES, MINIMAL, BadFile, added, replaced
from ladybug_agent.config import Config
from ladybug_agent.config.file import load_config, parse_config
from ladybug_agent.errors import ConfigError


def parse(text: str) -> Config:
    return parse_config(text, source="config.toml")


@pytest.mark.parametrize("bad", BAD_FILES.values(), ids=BAD_FILES.keys())
def test_a_mistake_is_refused_by_its_code_and_names_its_place(bad: BadFile) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(bad.text)
    assert (caught.value.code, bad.names in str(caught.value)) == (bad.code, True), caught.value


@pytest.mark.parametrize("bad", BAD_FILES.values(), ids=BAD_FILES.keys())
def test_a_mistake_is_refused_with_the_file_and_a_hint(bad: BadFile) -> None:
    with pytest.raises(ConfigError, match=r"^config\.toml") as caught:
        parse(bad.text)
    assert caught.value.hint


def test_a_misspelled_key_is_answered_with_the_right_one() -> None:
    with pytest.raises(ConfigError) as caught:
        parse(added("data", 'filesytem = "xfs"'))
    assert caught.value.hint.startswith("did you mean `filesystem`? known here: ")


def test_a_wrong_type_is_answered_in_the_words_of_the_file() -> None:
    with pytest.raises(ConfigError, match=r"is '300', wanted a number$"):
        parse(added("data", 'attach_timeout_s = "300"'))


def test_text_that_is_not_toml_keeps_the_line_as_the_cause() -> None:
    with pytest.raises(ConfigError) as caught:
        parse("schema = = 1")
    assert "line 1" in str(caught.value.__cause__)


def test_the_minimal_file_is_good() -> None:
    config = parse(MINIMAL)
    assert (config.instance.environment, config.data.databases, config.registry.table) == (
        "test",
        ("sec",),
        "instance-registry",
    )


def test_the_defaults_are_those_of_the_contract() -> None:
    config = parse(MINIMAL)
    assert {
        "attach": config.data.attach_timeout_s,
        "health": config.health.wait_timeout_s,
        "boot": config.instance.boot_timeout_s,
        "lease": config.registry.lease_s,
        "encryption": config.data.require_encryption,
        "container": config.container.name,
        "port": config.container.port,
        "uid": config.container.uid,
        "health path": config.health.path,
        "state": config.instance.state_dir,
        "tier": config.instance.cluster_tier,
        "device": config.data.device_name,
        "profile": config.container.docker_profile,
    } == {
        "attach": 300.0,
        "health": 600.0,
        "boot": 900.0,
        "lease": 150,
        "encryption": True,
        "container": "graph-api-shared",
        "port": 8001,
        "uid": 1000,
        "health path": "/health",
        "state": "/run/ladybug-agent",
        "tier": "ladybug-shared",
        "device": "/dev/xvdf",
        "profile": "ladybug-shared-replica",
    }


def test_the_data_volume_is_checked_strictly_unless_it_is_configured() -> None:
    data = parse(MINIMAL).data
    assert {
        "mode": data.mode,
        "snapshot": data.snapshot_id,
        "age": (data.snapshot_max_age_days, data.on_stale_snapshot),
        "dirty journal": data.on_dirty_journal,
        "manifest": (data.manifest, data.verify_depth),
        "open check": (data.open_check, data.open_check_timeout_s),
        "pending recovery": data.on_pending_recovery,
        "one read": data.read_timeout_s,
        "one mount": data.mount_timeout_s,
    } == {
        "mode": "snapshot",
        "snapshot": "",
        "age": (7.0, "warn"),
        "dirty journal": "replay",
        "manifest": ("optional", "sampled"),
        "open check": (True, 300.0),
        "pending recovery": "refuse",
        "one read": 30.0,
        "one mount": 180.0,
    }


def test_a_first_deployment_asks_for_no_databases() -> None:
    config = parse(replaced('databases = ["sec"]', 'mode = "empty"'))
    assert (config.data.mode, config.data.databases) == ("empty", ())


def test_a_mode_is_never_taken_from_what_is_missing() -> None:
    with pytest.raises(ConfigError, match="at least one database"):
        parse(replaced('databases = ["sec"]', ""))


def test_no_signal_is_sent_unless_it_is_configured() -> None:
    signals = parse(MINIMAL).signals
    assert (signals.logical_resource_id, signals.launch_hook) == ("", "")


def test_a_whole_number_may_stand_for_seconds() -> None:
    assert parse(added("data", "attach_timeout_s = 60")).data.attach_timeout_s == 60.0


@pytest.mark.parametrize(
    ("section", "line"),
    [
        ("container", "port = 1"),
        ("container", "port = 65535"),
        ("registry", "lease_s = 30"),
        ("instance", "boot_timeout_s = 7200"),
    ],
)
def test_a_limit_itself_is_allowed(section: str, line: str) -> None:
    assert parse(added(section, line))


def test_extra_variables_of_the_container_are_read() -> None:
    config = parse(added("container", 'environment = { LOG_LEVEL = "DEBUG" }'))
    assert config.container.environment == {"LOG_LEVEL": "DEBUG"}


def test_two_files_do_not_share_their_variables() -> None:
    one, other = parse(MINIMAL), parse(MINIMAL)
    one.container.environment["A"] = "1"
    assert other.container.environment == {}


def test_a_file_is_loaded_from_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(MINIMAL)
    assert load_config(path) == parse(MINIMAL)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no configuration at .*/config\.toml") as caught:
        load_config(tmp_path / "config.toml")
    assert caught.value.code == "config_missing"


def test_a_directory_cannot_be_read_as_a_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path)
    assert caught.value.code == "config_unreadable"


def test_a_file_that_is_not_text_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert caught.value.code == "config_unreadable"
