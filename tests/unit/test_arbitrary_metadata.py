"""Whatever answers in the place of instance metadata: facts, or an error of ours."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress

from hypothesis import example, given
from hypothesis import strategies as st

from fakes.clock import FakeClock
from ladybug_agent.adapters.imds import Imds
from ladybug_agent.adapters.instance_metadata import MAPPING_PATH, ROLE_PATH, ImdsMetadata
from ladybug_agent.errors import AgentError, ExternalFailure, NotYet
from ladybug_agent.resources.attachment import bare_device_name
from support.arbitrary import TEXT, inputs, partly, some_of, spelled

IDENTITY = {
    "accountId": "123456789012",
    "availabilityZone": "us-east-1a",
    "instanceId": "i-0123456789abcdef0",
    "instanceType": "r7g.large",
    "pendingTime": "2026-02-06T12:00:00Z",
    "privateIp": "10.0.16.10",
    "region": "us-east-1",
}
CREDENTIALS = {
    "Code": "Success",
    "AccessKeyId": "ASIA",
    "SecretAccessKey": "secret",
    "Token": "token",
    "Expiration": "2026-02-06T18:00:00Z",
}
Answer = str | AgentError | None


class ScriptedImds(Imds):
    """Answers as the client of the service does: a text without space around it, None, an error."""

    def __init__(self, answers: Mapping[str, Answer], otherwise: Answer = "something") -> None:
        super().__init__(("http://192.0.2.1",))
        self._answers = answers
        self._otherwise = otherwise

    def get(self, path: str) -> str | None:
        answer = self._answers.get(path, self._otherwise)
        if isinstance(answer, AgentError):
            raise answer
        return (answer or "").strip() or None


def metadata(answers: Mapping[str, Answer], otherwise: Answer = "something") -> ImdsMetadata:
    return ImdsMetadata(ScriptedImds(answers, otherwise), FakeClock())


@inputs(600)
@given(document=partly(IDENTITY), others=st.sampled_from(["xvdf", None]))
def test_any_identity_document_is_an_identity_or_an_error(
    document: dict[str, object], others: str | None
) -> None:
    answers = {"dynamic/instance-identity/document": json.dumps(document)}
    with suppress(AgentError):
        identity = metadata(answers, others).identity()
        assert (identity.launched_at.tzinfo, bool(identity.vpc_id)) != (None, False)


@inputs(300)
@given(TEXT | st.sampled_from(["[]", "null", "3", '"x"', "{", "NaN"]))
@example("[" * 100_000)
@example('{"a":' * 100_000)
def test_any_text_is_an_identity_or_an_error(text: str) -> None:
    with suppress(AgentError):
        metadata({"dynamic/instance-identity/document": text}).identity()


@inputs(500)
@given(document=partly(CREDENTIALS), role=st.sampled_from(["role", "a b", "role\nother", "é"]))
def test_any_credentials_are_some_or_an_error(document: dict[str, object], role: str) -> None:
    answers = {ROLE_PATH: role, f"{ROLE_PATH}{role.split(maxsplit=1)[0]}": json.dumps(document)}
    with suppress(AgentError):
        assert metadata(answers).credentials().expires_at.tzinfo is not None


LISTED = [
    "ami",
    "root",
    "ebs1",
    "ebs2/",
    "a/b",
    "\n",
    "\n",
    " ",
    "\udcff",
    "..",
    "\0",
    "?x=1",
    "%00",
]
SAID: list[Answer] = [
    "xvdf", "/dev/sdf", "", None, "\udcff", "none", "a\nb", NotYet("imds_unavailable", "503"),
    ExternalFailure("imds_refused", "403"),
]  # fmt: skip


@inputs(600)
@given(listing=some_of(LISTED, 10).map("".join), spelling=st.binary(max_size=6))
def test_any_mapping_is_one_or_an_error(listing: str, spelling: bytes) -> None:
    names = listing.split()
    answers: dict[str, Answer] = {
        f"{MAPPING_PATH}{name}": SAID[byte % len(SAID)]
        for name, byte in zip(names, spelling, strict=False)
    }
    with suppress(AgentError):
        mapping = metadata({MAPPING_PATH: listing, **answers}).block_device_mapping()
        assert set(mapping) <= set(names)
        assert all(bare_device_name(device) is not None for device in mapping.values())


@inputs(200)
@given(TEXT)
def test_any_device_name_has_a_bare_form(name: str) -> None:
    assert name.endswith(bare_device_name(name))


def test_garbage_is_garbage() -> None:
    """The strategy itself: it must not leave everything right, nor everything wrong."""
    assert spelled(bytes(7), IDENTITY) == IDENTITY
    assert spelled(b"\xff" * 7, IDENTITY) != IDENTITY
    assert spelled(bytes([175] * 7), IDENTITY) == {}
