"""The one home of boto3: clients with explicit retries and time-outs, errors turned into ours."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import boto3
import structlog
from botocore.config import Config as BotoConfig
from botocore.credentials import (
    CredentialProvider,
    CredentialResolver,
    RefreshableCredentials,
)
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
)
from botocore.exceptions import (
    ConnectionError as BotoConnectionError,
)
from botocore.parsers import ResponseParserError
from botocore.session import Session as BotocoreSession

from ladybug_agent.config import AwsConfig
from ladybug_agent.errors import AgentError, ExternalFailure
from ladybug_agent.model import Credentials

log = structlog.get_logger(__name__)

FORBIDDEN = 403
THROTTLED = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
REJECTED = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})


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
        self._clients: dict[tuple[str, bool], Any] = {}
        self._lock = threading.Lock()

    def client(self, service: str, *, hurried: bool = False) -> Any:
        """Return a client. A hurried one tries once and gives up within 2 s."""
        with self._lock:  # creating clients is not thread-safe in boto3
            name = (service, hurried)
            if name not in self._clients:
                # The stubs have an overload for each service by its literal name.
                make: Any = self._session.client
                self._clients[name] = make(
                    service, config=self._hurried if hurried else self._patient
                )
            return self._clients[name]

    @cached_property
    def _session(self) -> boto3.Session:
        botocore_session = BotocoreSession()
        resolver = CredentialResolver([RoleCredentials(self._fetch)])
        botocore_session.register_component("credential_provider", resolver)
        region = self._settings.region or self._region()
        return boto3.Session(botocore_session=botocore_session, region_name=region)

    @property
    def _patient(self) -> BotoConfig:
        return BotoConfig(
            connect_timeout=self._settings.connect_timeout_s,
            read_timeout=self._settings.read_timeout_s,
            # total_max_attempts counts the first try; max_attempts would not.
            retries={"mode": "standard", "total_max_attempts": self._settings.max_attempts},
        )

    @property
    def _hurried(self) -> BotoConfig:
        return BotoConfig(
            connect_timeout=1, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 1}
        )


@contextmanager
def aws_errors(action: str, *, resource: str = "") -> Iterator[None]:
    """Turn botocore's errors into ours; `action` is the IAM action, as in `ec2:DescribeVolumes`."""
    try:
        yield
    except ClientError as error:
        raise _from_service(error, action, resource) from error
    except (BotoConnectionError, HTTPClientError) as error:
        service = action.partition(":")[0]
        raise ExternalFailure(
            "aws_unreachable",
            f"wanted {action}, found no connection to {service}",
            hint=f"check the route, the security group and the VPC endpoint for {service}",
        ) from error
    except ResponseParserError as error:  # which is no BotoCoreError
        raise ExternalFailure(
            "aws_call_failed",
            f"{action} answered what no AWS service answers",
            hint="does a proxy answer in place of AWS? look at AWS_ENDPOINT_URL and HTTPS_PROXY",
        ) from error
    except BotoCoreError as error:
        raise ExternalFailure(
            "aws_call_invalid", f"botocore could not make the call {action}", hint="report this"
        ) from error


def error_code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _from_service(error: ClientError, action: str, resource: str) -> AgentError:
    code = error_code(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    on = f" on {resource}" if resource else ""
    if code in THROTTLED:
        return ExternalFailure(
            "aws_throttled",
            f"{action}{on} is still throttled after all retries",
            hint="spread launches out, or raise the service quota or the table's capacity",
            aws_code=code,
        )
    if code in REJECTED:
        return ExternalFailure(
            "aws_credentials_rejected",
            f"AWS rejected the credentials of the instance role for {action}",
            hint="is the instance's clock right? was the role deleted and made anew?",
            aws_code=code,
        )
    # Some JSON services answer a refusal by XML, and botocore then calls the code "403".
    if code in DENIED or status == FORBIDDEN:
        return ExternalFailure(
            "aws_access_denied",
            f"the instance role may not call {action}{on}",
            hint=f"allow {action} in the role's policy (or look for an explicit deny)",
            iam_action=action,
        )
    return ExternalFailure(
        "aws_call_failed", f"{action}{on} answered {code or status}", hint="see the cause below"
    )
