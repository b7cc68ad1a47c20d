"""What AWS's error codes mean, by whichever client they came."""

from __future__ import annotations

from ladybug_agent.errors import AgentError, ConfigError, ExternalFailure

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


def service_error(code: str, status: int | None, action: str, resource: str) -> AgentError:
    """Turn an error answer into ours; `action` is the IAM action, as in `ec2:DescribeVolumes`."""
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


def unreachable(action: str) -> ExternalFailure:
    service = action.partition(":")[0]
    return ExternalFailure(
        "aws_unreachable",
        f"wanted {action}, found no connection to {service}",
        hint=f"check the route, the security group and the VPC endpoint for {service}",
    )


def silent(action: str) -> ExternalFailure:
    service = action.partition(":")[0]
    return ExternalFailure(
        "aws_unreachable",
        f"wanted {action}, found no answer from {service} in time",
        hint=f"check the route, the security group and the VPC endpoint for {service}",
    )


def garbled(action: str) -> ExternalFailure:
    return ExternalFailure(
        "aws_call_failed",
        f"{action} answered what no AWS service answers",
        hint="does a proxy answer in place of AWS? look at AWS_ENDPOINT_URL and HTTPS_PROXY",
    )


def table_missing(table: str) -> ConfigError:
    return ConfigError(
        "registry_table_missing",
        f"wanted the instance registry `{table}`, found no such table",
        hint="check `registry.table`, and `aws.region` against the table's region",
    )


def target_group_missing(arn: str) -> ConfigError:
    return ConfigError(
        "target_group_missing",
        f"wanted the target group {arn}, found none",
        hint="check `drain.target_group_arn`",
    )
