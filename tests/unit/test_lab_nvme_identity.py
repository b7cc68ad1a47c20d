"""The identify page, byte for byte where readers look."""

from __future__ import annotations

import pytest

from ladybug_lab.errors import LabError
from ladybug_lab.volumes.nvme_identity import ebs_identify_page, instance_store_identify_page

EBS = ebs_identify_page("vol-0123456789abcdef0", "/dev/sdf")
INSTANCE_STORE = instance_store_identify_page("AWS0123456789ABCDEF0", "ephemeral0:sdh")


@pytest.mark.parametrize("page", [EBS, INSTANCE_STORE], ids=["ebs", "instance store"])
def test_every_disk_is_one_page_of_amazon_with_one_namespace(page: bytes) -> None:
    assert len(page) == 4096
    assert page[0:4] == b"\x0f\x1d\x0f\x1d"
    assert page[516:520] == b"\1\0\0\0"


def test_an_ebs_volume_tells_its_id_without_a_dash_and_without_a_terminator() -> None:
    assert EBS[4:24] == b"vol0123456789abcdef0"
    assert EBS[24:64] == b"Amazon Elastic Block Store              "
    assert EBS[64:72] == b"1.0     "


def test_an_older_volume_id_is_padded_with_spaces() -> None:
    assert ebs_identify_page("vol-1234abcd", "sdf")[4:24] == b"vol1234abcd         "


def test_the_device_name_of_an_ebs_volume_is_padded_with_spaces() -> None:
    assert EBS[3072:3104] == b"/dev/sdf".ljust(32)
    assert EBS[3104:] == bytes(992)


def test_an_instance_store_disk_pads_its_device_name_with_zeros() -> None:
    assert INSTANCE_STORE[4:24] == b"AWS0123456789ABCDEF0"
    assert INSTANCE_STORE[24:64] == b"Amazon EC2 NVMe Instance Storage        "
    assert INSTANCE_STORE[3072:3104] == b"ephemeral0:sdh".ljust(32, b"\0")


def test_what_lies_between_the_fields_is_zero() -> None:
    assert not any(EBS[72:516])
    assert not any(EBS[520:3072])


@pytest.mark.parametrize("volume_id", ["vol0123456789abcdef0", "vol-0123", "vol-0123456789ABCDEF0"])
def test_what_is_no_volume_id_is_refused(volume_id: str) -> None:
    with pytest.raises(LabError, match="is no volume id"):
        ebs_identify_page(volume_id, "sdf")


def test_a_name_that_does_not_fit_is_refused() -> None:
    with pytest.raises(LabError, match="33 bytes long and the field is 32"):
        instance_store_identify_page("AWS0", "e" * 33)
