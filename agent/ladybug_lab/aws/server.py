"""The emulated AWS on a port of this machine: moto, stubs for what it lacks, and faults."""

from __future__ import annotations

import os
from collections.abc import Iterable
from http import HTTPStatus
from io import BytesIO
from threading import Event, Lock
from types import TracebackType
from typing import Any, Self
from wsgiref.types import StartResponse, WSGIEnvironment

from boto3.session import Session
from botocore.config import Config
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    create_backend_app,
)
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

from ladybug_lab.aws.enforcement import Enforcement
from ladybug_lab.aws.faults import AwsFaults
from ladybug_lab.aws.handler import LabHandler, LabServer, drop
from ladybug_lab.aws.moto_gaps import fill_gaps
from ladybug_lab.aws.records import (
    DROPPED,
    ApiError,
    LifecycleHeartbeat,
    LifecycleResult,
    Signal,
    VolumeInitialization,
)
from ladybug_lab.aws.stubs import AwsStubs
from ladybug_lab.aws.wire import ApiCall, Service, error_code, read_call, write_error
from ladybug_lab.serving import serve_in_background

__all__ = [
    "DROPPED",
    "ApiError",
    "LabAws",
    "LifecycleHeartbeat",
    "LifecycleResult",
    "Service",
    "Signal",
    "VolumeInitialization",
]


class LabAws:
    """Serves from construction to `stop`.

    Moto keeps its state in its modules, so there can be one emulated AWS in a process at a time,
    and a new one starts empty.
    """

    def __init__(self, *, region: str = "us-east-1", port: int = 0) -> None:
        # Moto's stock of public images is 1,300 snapshots that are not ours, and 0.2 s at each
        # reset. It reads this switch whenever it builds its EC2.
        os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        self.region = region
        self.account_id = DEFAULT_ACCOUNT_ID
        self.faults = AwsFaults()
        self.enforcement = Enforcement(self.account_id)
        self.calls: list[tuple[str, str]] = []
        self.errors: list[ApiError] = []
        self._stubs = AwsStubs(self.account_id)
        self.signals = self._stubs.signals
        self.lifecycle_results = self._stubs.lifecycle_results
        self.lifecycle_heartbeats = self._stubs.lifecycle_heartbeats
        self.managed_instances = self._stubs.managed_instances
        self.given_up = self._stubs.given_up
        self.stacks_in_progress = self._stubs.stacks_in_progress
        self.missing_stacks = self._stubs.missing_stacks
        self.pending_hooks = self._stubs.pending_hooks
        self.volume_initializations = self._stubs.volume_initializations
        self.volume_healths = self._stubs.volume_healths
        self.group_members = self._stubs.group_members
        self._moto_turn = Lock()
        self.target_groups = self._stubs.target_groups
        self.stacks, self.groups = self._stubs.stacks, self._stubs.groups
        fill_gaps()
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._clients: dict[str, Any] = {}
        self._clients_lock = Lock()
        self._session = Session(
            aws_access_key_id="AKIALADYBUGLAB000000",
            aws_secret_access_key="made-up-secret-access-key",  # noqa: S106
            region_name=region,
        )
        self._stopping = Event()
        self._server = LabServer("127.0.0.1", port, self._serve, LabHandler)
        self.url = f"http://127.0.0.1:{self._server.port}"
        self.reset()
        self._stop_serving = serve_in_background(self._server, "lab-aws")

    def client(self, service: Service) -> Any:
        """A boto3 client that tries once; the same one at each call, closed by `stop`."""
        with self._clients_lock:
            if service not in self._clients:
                self._clients[service] = self._session.client(
                    service,
                    endpoint_url=self.url,
                    config=Config(
                        retries={"total_max_attempts": 1, "mode": "standard"},
                        connect_timeout=5,
                        read_timeout=30,
                        proxies={},  # else botocore takes those of the environment
                    ),
                )
            return self._clients[service]

    def set_clock(self, *, ahead_s: float) -> None:
        """Let the `Date` of each answer be so far ahead of this machine's clock."""
        self._server.clock_ahead_s = ahead_s

    def reset(self) -> None:
        """Forget everything: moto's resources, the records, the faults."""
        with Client(self._moto).post("/moto-api/reset"):
            pass
        self._stubs.reset()
        self._server.clock_ahead_s = 0.0
        self.faults.clear()
        self.enforcement.clear()
        self.calls.clear()
        self.errors.clear()

    def stop(self) -> None:
        self._stopping.set()
        self._stop_serving()
        for client in self._clients.values():
            client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _serve(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = Request(environ).get_data()
        environ["wsgi.input"] = BytesIO(body)  # for moto to read again
        environ["CONTENT_LENGTH"] = str(len(body))
        call = read_call(environ, body)
        if call is None:
            chunks: Iterable[bytes] = self._moto(environ, start_response)
            return chunks
        self.calls.append((call.service, call.operation))
        answer = self._answer(call, environ)
        if answer.status_code >= HTTPStatus.BAD_REQUEST:
            self._record_error(call, answer.status_code, error_code(answer))
        return answer(environ, start_response)

    def _answer(self, call: ApiCall, environ: WSGIEnvironment) -> Response:
        fault = self.faults.take(call)
        if fault is not None:
            self._stopping.wait(fault.delay_s)
            if fault.drop:
                self._record_error(call, DROPPED, "")
                drop(environ)
            if fault.code is not None:
                return write_error(call.protocol, fault.code, fault.message, fault.status)
        try:
            answer = self.enforcement.refusal(call) or self._stubs.answer(call)
            if answer is not None:
                return answer
            with self._moto_turn:  # it looks and then writes: no two may see the same state
                answer = Response.from_app(self._moto, environ, buffered=True)
            return self.enforcement.concealment(call, answer) or answer
        except NotImplementedError as lacking:
            # Moto would answer 500, which every client takes for worth another try.
            return write_error(
                call.protocol, "NotEmulated", str(lacking), HTTPStatus.NOT_IMPLEMENTED
            )

    def _record_error(self, call: ApiCall, status: int, code: str) -> None:
        self.errors.append(
            ApiError(service=call.service, operation=call.operation, status=status, code=code)
        )
