"""The one home of boto3 in the operator tools: clients of the operator's own session, and errors.

The session is that of the AWS CLI: environment, profile, container or web identity, as botocore
finds them. The endpoint can be redirected by AWS_ENDPOINT_URL, and by nothing here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http import HTTPStatus
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.parsers import ResponseParserError

from ladybug_agent.adapters.aws_codes import DENIED, REJECTED, THROTTLED
from ladybug_agent.adapters.aws_errors import error_code
from ladybug_agent.errors import AgentError, ConfigError, ExternalFailure

CONNECT_S = 5
READ_S = 60
TRIES = 5
NO_SESSION = (
    CredentialRetrievalError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
)


def client(service: str, region: str | None = None, profile: str | None = None) -> Any:
    """Return a client; a call blocks for at most `READ_S` a try, and is tried `TRIES` times.

    Without `region` it is that of the environment or the profile. Raises ConfigError if there is
    none, or no such profile.
    """
    with aws_errors(f"{service}:*"):
        # Which the AWS CLI reads, and botocore does not: it knows AWS_DEFAULT_REGION.
        region = region or os.environ.get("AWS_REGION") or None
        # The stubs have an overload for each service by its literal name.
        make: Any = session_for(region, profile).client
        return make(
            service,
            config=Config(
                connect_timeout=CONNECT_S,
                read_timeout=READ_S,
                retries={"mode": "standard", "total_max_attempts": TRIES},
            ),
        )


@cache
def session_for(region: str | None, profile: str | None) -> boto3.Session:
    """Return the one session: each new one would read botocore's data and find credentials anew."""
    return boto3.Session(region_name=region, profile_name=profile)


@contextmanager
def aws_errors(action: str, *, resource: str = "") -> Iterator[None]:
    """Turn botocore's errors into ours; `action` is the IAM action, as in `s3:PutObject`.

    AWS's own code and sentence are the facts `aws_code` and `aws_message` of the error.
    """
    try:
        yield
    except ClientError as error:
        raise _service_error(error, action, f" on {resource}" if resource else "") from error
    except NO_SESSION as error:
        raise ConfigError(
            "aws_session_incomplete",
            f"wanted a session for {action}, found no credentials, no region or no such profile",
            hint="`aws sts get-caller-identity` must answer; or pass --profile and --region",
        ) from error
    except (BotoConnectionError, HTTPClientError, IncompleteReadError) as error:
        raise ExternalFailure(
            "aws_unreachable",
            f"wanted {action}, found no connection to {action.partition(':')[0]}",
            hint="check the network, HTTPS_PROXY and AWS_ENDPOINT_URL of this machine",
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


def _service_error(error: ClientError, action: str, on: str) -> AgentError:
    answer = error.response.get("Error", {})
    code = error_code(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    facts = {"aws_code": code, "aws_message": str(answer.get("Message", ""))}
    if code in THROTTLED:
        return ExternalFailure(
            "aws_throttled",
            f"{action}{on} is still throttled after all retries",
            hint="run the verb again in a minute",
            **facts,
        )
    if code in REJECTED:
        return ExternalFailure(
            "aws_credentials_rejected",
            f"AWS rejected the credentials of this session for {action}",
            hint="sign in again, and look at this machine's clock",
            **facts,
        )
    # S3 answers a HEAD without a body, so without a code: botocore then takes the status.
    if code in DENIED or status == HTTPStatus.FORBIDDEN:
        return ExternalFailure(
            "aws_access_denied",
            f"this session may not call {action}{on}",
            hint=f"allow {action} in the policy of the role or profile that runs this",
            iam_action=action,
            **facts,
        )
    return ExternalFailure(
        "aws_call_failed",
        f"{action}{on} answered {code or status}",
        hint="see the cause below",
        **facts,
    )
