"""What a virtual machine is told, before one is booted with it."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from vm import lan
from vm.chapters import chapters
from vm.hardware import Hardware, Volume
from vm.image.build import RECIPE, MachineImage, recipe
from vm.user_data import MOST_BYTES, STUB, user_data

IMAGE = MachineImage(
    kernel=Path("vmlinuz"), initrd=Path("initrd.img"), disk=Path("root.img"), name="0123"
)
HARDWARE = Hardware(
    image=IMAGE,
    root=Path("root.qcow2"),
    volumes=(None, Volume(volume_id="vol-0123456789abcdef0", image=Path("data.qcow2"))),
)


def test_the_image_knows_aws_where_it_is_served() -> None:
    settings = (RECIPE / "rootfs/etc/systemd/system.conf.d/emulated-aws.conf").read_text()
    assert f"AWS_ENDPOINT_URL=http://{lan.GATEWAY}:{lan.AWS_PORT}\n" in settings


def test_the_image_s_docker_takes_the_registry_of_the_subnet() -> None:
    settings = json.loads((RECIPE / "rootfs/etc/docker/daemon.json").read_text())
    assert settings["insecure-registries"] == [lan.SUBNET]


def test_the_recipe_s_name_is_the_same_at_each_look() -> None:
    assert recipe() == recipe()
    assert len(recipe()) == 12


def test_a_machine_is_never_accelerated_and_its_disks_have_their_serials() -> None:
    command = HARDWARE.command(Path("/run/vm"))
    assert command[command.index("-accel") + 1].startswith("tcg")
    assert "nvme,drive=volume1,serial=vol0123456789abcdef0,bus=slot1,id=in-slot1" in command


def test_a_machine_looks_like_ec2_to_cloud_init() -> None:
    command = " ".join(HARDWARE.command(Path("/run/vm")))
    assert "manufacturer=Amazon EC2" in command
    assert f"uuid={HARDWARE.instance_uuid}" in command
    assert HARDWARE.instance_uuid.startswith("ec2")


def test_the_network_has_the_loopback_of_its_namespace_and_nothing_else() -> None:
    command = " ".join(HARDWARE.command(Path("/run/vm")))
    assert f"net={lan.SUBNET},host={lan.GATEWAY}" in command
    assert command.count("-netdev") == 1


def test_user_data_is_a_header_with_the_configuration_and_the_stub_as_it_is() -> None:
    text = user_data({"VERSION": "1.0 0"}, 'schema = 1\n[a]\nb = "$c"\n')
    header, _, rest = text.partition("CONFIG\n#!/bin/bash\n")
    assert header.startswith("#!/bin/bash\nLADYBUG_VERSION='1.0 0'\n")
    assert tomllib.loads(header.partition("<<'CONFIG'\n")[2]) == {"schema": 1, "a": {"b": "$c"}}
    assert f"#!/bin/bash\n{rest}" == STUB.read_text(encoding="utf-8")
    assert len(text.encode()) < MOST_BYTES


def test_every_case_is_on_its_page_with_the_set_that_it_is_in() -> None:
    page = (STUB.parents[1] / "docs/vm.md").read_text(encoding="utf-8")
    told = {name: bool(fast) for name, fast in re.findall(r"(?m)^\| `(\w+)`( \(fast\))? \|", page)}
    cases = {path.parent.name: path for path in (RECIPE.parent / "cases").glob("*/test_*.py")}
    marked = {name: "pytest.mark.fast" in path.read_text() for name, path in cases.items()}
    assert told == marked


def test_a_chapter_that_fails_keeps_no_other_from_being_told() -> None:
    told: list[str] = []

    def good(name: str) -> None:
        told.append(name)

    def bad() -> None:
        pytest.fail("no row came")

    with pytest.raises(AssertionError, match="bad: no row came"), chapters() as tell:  # noqa: PT012
        tell(bad)
        tell(good, "after it")
    assert told == ["after it"]
