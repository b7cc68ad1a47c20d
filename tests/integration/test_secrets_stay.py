"""Secrets planted in a real replica never come out of `diagnose`, in any form, nor in a bundle."""

from __future__ import annotations

import base64
import io
import json
import socket
import tarfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from ladybug_lab.agent_process import AgentRun, run_agent
from ladybug_lab.aws.server import LabAws
from ladybug_lab.depot import DATABASE, Depot
from ladybug_lab.imds.server import Credentials
from ladybug_lab.instance import LabInstance, Order, launch
from support.booting import boot, container_of
from support.canaries import ECR_PASSWORD, JWT, PEM, PEM_BODY, SECRET_KEY, SESSION_TOKEN

pytestmark = pytest.mark.integration

IN_ENVIRONMENT = "env-canary/4f7a+Kq0Zr"
IN_PATH = "path-canary-88f1c0de"
IN_COMMENT = "comment-canary-1c5e"
ROLE = Credentials(
    access_key_id="ASIAQCANARY2LAB3ROLE",
    secret_access_key=SECRET_KEY,
    token=SESSION_TOKEN,
)
LOGGED = (
    f"connecting with {IN_ENVIRONMENT}",
    f"as JSON {json.dumps({'cfg': f'x={IN_ENVIRONMENT}'})}",
    f"in base64 {base64.b64encode(b'user:' + IN_ENVIRONMENT.encode()).decode()}",
    base64.encodebytes(f"role {SESSION_TOKEN}".encode()).decode(),
    f"the role's {SECRET_KEY}, cut off: {SESSION_TOKEN[100:160]}",
    f"GET https://bob:{IN_PATH}@registry.example/v2/?X-Amz-Signature={'ab12' * 16}",
    f"Authorization: Bearer {JWT}",
    f"docker login -u AWS --password {ECR_PASSWORD.decode()}",
    PEM,
)
CANARIES = (
    IN_ENVIRONMENT,
    base64.b64encode(IN_ENVIRONMENT.encode()).decode()[4:-8],
    IN_PATH,
    IN_COMMENT,
    ROLE.access_key_id,
    SECRET_KEY,
    SESSION_TOKEN[20:60],
    SESSION_TOKEN[100:130],
    "ab12ab12ab12",
    JWT[:30],
    ECR_PASSWORD.decode()[40:80],
    *PEM_BODY,
)


@pytest.fixture(scope="module")
def instance(
    depot: Depot, aws_process: LabAws, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LabInstance]:
    """A replica that serves, with secrets wherever an instance may have some."""
    aws_process.reset()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    order = Order(
        directory=tmp_path_factory.mktemp("secrets") / "instance",
        databases=(DATABASE,),
        container=f"graph-api-test-{uuid.uuid4().hex[:8]}",
        port=port,
    )
    with launch(order, depot, aws_process) as made:
        made.imds.credentials = ROLE
        variables = {"DB_PASSWORD": IN_ENVIRONMENT, "LOG_LEVEL": "info"}
        made.write_configuration(container={"environment": variables})
        done = boot(made)
        assert done.status == 0, done.events
        plant(made)
        yield made


def plant(instance: LabInstance) -> None:
    script = "import sys; open('/proc/1/fd/1', 'w').write(sys.argv[1] + chr(10))"
    with container_of(instance) as container:
        for text in LOGGED:
            status, said = container.exec_run(["python3", "-c", script, text])
            assert status == 0, said
    evidence = instance.state_directory / "evidence"
    evidence.mkdir(exist_ok=True)
    (evidence / "old.log").write_text("\n".join(LOGGED))
    record = json.dumps({"outcome": "kept", "message": "\n".join(LOGGED)}, indent=1)
    (instance.state_directory / "repair.json").write_text(record)
    text = instance.write_configuration(
        container={"environment": {"DB_PASSWORD": IN_ENVIRONMENT}},
        # A path that no service has, so that it is told of as what failed.
        health={"path": f"/nowhere?token={IN_PATH}"},
    ).read_text()
    instance.config_file.write_text(f"{text}\n# old_password = {IN_COMMENT}\n")


def diagnosed(instance: LabInstance, *options: str) -> AgentRun:
    arguments = ("diagnose", "--config", str(instance.config_file), *options)
    return run_agent(arguments, instance.environment(), timeout_s=120)


def leaked(text: str) -> list[str]:
    return [canary for canary in CANARIES if canary in text]


@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_no_form_has_a_secret(instance: LabInstance, form: str) -> None:
    run = diagnosed(instance, "--format", form)
    assert run.status == 1
    assert "service.health" in run.stdout.replace("<wbr>", "")
    assert "[redacted]" in run.stdout
    assert leaked(run.stdout + json.dumps(run.events)) == []


def test_no_file_of_a_bundle_has_a_secret(instance: LabInstance, tmp_path: Path) -> None:
    run = diagnosed(instance, "--bundle", str(tmp_path))
    (bundle,) = tmp_path.iterdir()
    assert run.stdout.endswith(f"bundle: {bundle}\n")
    assert bundle.name.startswith(f"ladybug-{instance.provisioned.instance_id}-")
    with tarfile.open(bundle) as archive:
        files = {
            member.name.partition("/")[2]: file.read().decode()
            for member in archive
            if (file := archive.extractfile(member))
        }
    assert {name: found for name, text in files.items() if (found := leaked(text))} == {}
    assert "LOG_LEVEL=[masked]" in files["container/inspect.json"]
    assert "connecting with [redacted]" in files["container/log.txt"]
    assert "connecting with [redacted]" in files["records/evidence/old.log"]
    manifest = json.loads(files["manifest.json"])
    assert manifest["redactions"] > len(LOGGED)
    assert instance.provisioned.volume_id in files["records/bootstrap.json"]


def test_a_bundle_goes_to_a_bucket_of_the_same_account(instance: LabInstance) -> None:
    s3, there = instance.aws.client("s3"), instance.provisioned
    encryption = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    s3.put_bucket_encryption(
        Bucket=there.bucket, ServerSideEncryptionConfiguration=encryption
    )  # as every bucket has it since 2023
    run = diagnosed(instance, "--format", "json", "--bundle", f"s3://{there.bucket}/support")
    uri = run.document()["bundle"]
    key = uri.removeprefix(f"s3://{there.bucket}/")
    assert key.startswith(f"support/ladybug-{there.instance_id}-")
    stored = s3.get_object(Bucket=there.bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(stored)) as archive:
        assert archive.getnames()[0].endswith("/manifest.json")
    assert leaked(run.stdout) == []
