"""What botocore raises, turned into our errors: denied, throttled, unreachable, rejected."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.parsers import ResponseParserError

from ladybug_agent.errors import AgentError, ExternalFailure

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


@contextmanager
def aws_errors(action: str, *, resource: str = "") -> Iterator[None]:
    """Turn botocore's errors into ours; `action` is the IAM action, as in `ec2:DescribeVolumes`."""
    try:
        yield
    except ClientError as error:
        raise _from_service(error, action, resource) from error
    except (BotoConnectionError, HTTPClientError, IncompleteReadError) as error:
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
