"""The registry has no image of the digest that the configuration names."""

from __future__ import annotations

import pytest

from ladybug_lab.depot import REPOSITORY
from vm import lan
from vm.conftest import Launch
from vm.endings import assert_boot_failed

pytestmark = pytest.mark.vm

UNKNOWN = f"{lan.GATEWAY}:{lan.REGISTRY_PORT}/{REPOSITORY}@sha256:{'0' * 64}"


def test_an_image_that_the_registry_does_not_have_ends_the_boot(launch: Launch) -> None:
    instance = launch("idle")
    instance.stack.offer_user_data({"container": {"image": UNKNOWN}})
    instance.resume()
    instance.plug()
    instance.run_user_data()
    assert_boot_failed(instance, "image_not_found")
