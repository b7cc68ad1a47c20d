"""The one home of boto3: clients with explicit retries and time-outs, errors turned into ours."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import boto3
import structlog
from botocore.config import Config as BotoConfig
from botocore.credentials import (
    CredentialProvider,
    CredentialResolver,
    RefreshableCredentials,
)
from botocore.loaders import Loader
from botocore.session import Session as BotocoreSession

from ladybug_agent.config import AwsConfig
from ladybug_agent.model import Credentials

log = structlog.get_logger(__name__)

# Of the models of EC2 and S3, which are the largest, the calls we make: loading all of EC2's costs
# 0.1 s and 30 MB. The other services' models, and what ours lacks, come from botocore.
MODELS = Path(__file__).with_name("aws_models")
Patience = Literal["patient", "once", "hurried"]


class RoleCredentials(CredentialProvider):
    """Lets botocore use the credentials that our own metadata client fetched.

    botocore's own metadata client falls back to version 1 and honours proxies.
    """

    METHOD = "imdsv2"

    def __init__(self, fetch: Callable[[], Credentials]) -> None:
        super().__init__()
        self._fetch = fetch

    def load(self) -> RefreshableCredentials:
        return RefreshableCredentials.create_from_metadata(
            metadata=self._metadata(), refresh_using=self._metadata, method=self.METHOD
        )

    def _metadata(self) -> dict[str, str]:
        credentials = self._fetch()
        return {
            "access_key": credentials.access_key_id,
            "secret_key": credentials.secret_access_key,
            "token": credentials.session_token,
            "expiry_time": credentials.expires_at.isoformat(),
        }


class AwsClients:
    """Makes clients, one for each service, on first use. Safe to share between threads."""

    def __init__(
        self, settings: AwsConfig, fetch: Callable[[], Credentials], region: Callable[[], str]
    ) -> None:
        self._settings = settings
        self._fetch = fetch
        self._region = region
        self._clients: dict[tuple[str, Patience], Any] = {}
        self._lock = threading.Lock()

    def client(self, service: str, patience: Patience = "patient") -> Any:
        """Return a client; `patience` says how long one call may block.

        `patient` retries as configured; `once` tries once, for at most 7 s, because the caller
        asks again by itself; `hurried` tries once and gives up within 2 s.
        """
        with self._lock:  # creating clients is not thread-safe in boto3
            name = (service, patience)
            if name not in self._clients:
                # The stubs have an overload for each service by its literal name.
                make: Any = self._session.client
                self._clients[name] = make(service, config=self._config(patience))
            return self._clients[name]

    @cached_property
    def _session(self) -> boto3.Session:
        botocore_session = BotocoreSession()
        resolver = CredentialResolver([RoleCredentials(self._fetch)])
        botocore_session.register_component("credential_provider", resolver)
        models = Loader(extra_search_paths=[str(MODELS)])
        botocore_session.register_component("data_loader", models)
        region = self._settings.region or self._region()
        return boto3.Session(botocore_session=botocore_session, region_name=region)

    def _config(self, patience: Patience) -> BotoConfig:
        settings = self._settings
        connect_s, read_s, attempts = {
            "patient": (
                settings.connect_timeout_s,
                settings.read_timeout_s,
                settings.max_attempts,
            ),
            "once": (2, 5, 1),
            "hurried": (1, 1, 1),
        }[patience]
        return BotoConfig(
            connect_timeout=connect_s,
            read_timeout=read_s,
            # total_max_attempts counts the first try; max_attempts would not.
            retries={"mode": "standard", "total_max_attempts": attempts},
        )
