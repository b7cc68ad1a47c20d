"""What botocore raises, turned into our errors: denied, throttled, unreachable, rejected."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.parsers import ResponseParserError

from ladybug_agent.adapters.aws_codes import garbled, service_error, unreachable
from ladybug_agent.errors import ExternalFailure


@contextmanager
def aws_errors(action: str, *, resource: str = "") -> Iterator[None]:
    """Turn botocore's errors into ours; `action` is the IAM action, as in `ec2:DescribeVolumes`."""
    try:
        yield
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        raise service_error(error_code(error), status, action, resource) from error
    except (BotoConnectionError, HTTPClientError, IncompleteReadError) as error:
        raise unreachable(action) from error
    except ResponseParserError as error:  # which is no BotoCoreError
        raise garbled(action) from error
    except BotoCoreError as error:
        raise ExternalFailure(
            "aws_call_invalid", f"botocore could not make the call {action}", hint="report this"
        ) from error


@contextmanager
def understood(action: str) -> Iterator[None]:
    """Turn what an answer lacks into an error of ours."""
    try:
        yield
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise ExternalFailure(
            "aws_call_failed",
            f"{action} answered without what AWS always answers",
            hint="does a proxy answer in place of AWS? look at AWS_ENDPOINT_URL and HTTPS_PROXY",
        ) from error


def error_code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
