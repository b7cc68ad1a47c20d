"""The bundle in S3 is not the one that the header names."""

from __future__ import annotations

import pytest

from vm.conftest import Launch
from vm.endings import await_told_of_failure

pytestmark = [pytest.mark.vm, pytest.mark.fast]

OTHER = "0" * 64


def test_a_bundle_with_a_wrong_hash_is_not_unpacked_and_everybody_is_told(launch: Launch) -> None:
    instance = launch("idle")
    instance.resume()
    instance.stack.offer_user_data(sha256=OTHER)
    done = instance.run_user_data()
    assert done.status == 1
    assert "failed: bundle_corrupt: wanted SHA-256 0000" in done.output
    await_told_of_failure(instance)
    assert "bundle_corrupt" in instance.on.shown()
    assert instance.stack.row() == {}
    assert instance.show("ladybug-bootstrap.service", "ActiveState") == "inactive"
    assert instance.on.guest.shell("ls -A /opt/ladybug-agent | grep fetched || true") == ""
