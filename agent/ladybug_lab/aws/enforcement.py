"""The instance role's permissions, held against every call that is signed with its credentials."""

from __future__ import annotations

from http import HTTPStatus
from types import MappingProxyType

from werkzeug.wrappers import Response

from ladybug_lab.aws.policy import Document, Policy, Question
from ladybug_lab.aws.wire import ApiCall, Protocol, error_code, write_error

_OF_A_ROLE = "ASIA"
"""How the id of temporary credentials begins."""
_ABSENT = frozenset({"NoSuchKey", "404"})
_LOOKS = frozenset({("s3", "GetObject"), ("s3", "HeadObject")})
_GROUP = "arn:aws:autoscaling:{where}:autoScalingGroup:lab:autoScalingGroupName/"
_TABLE = "arn:aws:dynamodb:{where}:table/{TableName}"
_STREAM = "arn:aws:logs:{where}:log-group:{logGroupName}:log-stream:{logStreamName}"
_OBJECT = "arn:aws:s3:::{Bucket}/{Key}"
# What a call is about, by the service authorization reference. `*` is all that can be said of some.
_RESOURCES = MappingProxyType(
    {
        ("autoscaling", "CompleteLifecycleAction"): _GROUP + "{AutoScalingGroupName}",
        ("autoscaling", "DescribeAutoScalingInstances"): "*",
        ("autoscaling", "RecordLifecycleActionHeartbeat"): _GROUP + "{AutoScalingGroupName}",
        ("autoscaling", "SetInstanceHealth"): _GROUP + "{group}",
        (
            "cloudformation",
            "SignalResource",
        ): "arn:aws:cloudformation:{where}:stack/{StackName}/lab",
        ("dynamodb", "GetItem"): _TABLE,
        ("dynamodb", "PutItem"): _TABLE,
        ("dynamodb", "Scan"): _TABLE,
        ("dynamodb", "UpdateItem"): _TABLE,
        ("ec2", "DescribeSnapshots"): "*",
        ("ec2", "DescribeVolumeStatus"): "*",
        ("ec2", "DescribeVolumes"): "*",
        ("ecr", "GetAuthorizationToken"): "*",
        ("elasticloadbalancing", "DeregisterTargets"): "{TargetGroupArn}",
        ("elasticloadbalancing", "DescribeTargetHealth"): "*",
        ("elasticloadbalancing", "RegisterTargets"): "{TargetGroupArn}",
        ("logs", "CreateLogStream"): _STREAM,
        ("logs", "PutLogEvents"): _STREAM,
        ("s3", "GetObject"): _OBJECT,
        ("s3", "HeadObject"): _OBJECT,
        ("s3", "ListObjectsV2"): "arn:aws:s3:::{Bucket}",
        ("s3", "PutObject"): _OBJECT,
        ("sns", "Publish"): "{TopicArn}",
    }
)
_ACTIONS = MappingProxyType({"HeadObject": "GetObject", "ListObjectsV2": "ListBucket"})
"""Of the operations that IAM calls otherwise."""
_NEEDS_NO_PERMISSION = frozenset({("sts", "GetCallerIdentity")})


class Enforcement:
    """Everything is allowed until a policy is enforced, and always to whoever owns the account.

    `used` and `denied` are the actions that the role asked for, in the order of its calls.
    """

    def __init__(self, account_id: str) -> None:
        self._account_id = account_id
        self._policy: Policy | None = None
        self._group = ""
        self.used: list[str] = []
        self.denied: list[str] = []

    def enforce(self, document: Document, *, group: str) -> None:
        """Enforce the policy from now on; `group` is the instance's Auto Scaling group."""
        self.clear()
        self._policy = Policy(document)
        self._group = group

    def clear(self) -> None:
        self._policy = None
        self.used.clear()
        self.denied.clear()

    def may(self, action: str, resource: str, region: str) -> bool:
        """Return whether the role may do it, and remember that it was asked for."""
        question = Question(
            action=action, resource=resource, context={"aws:RequestedRegion": region}
        )
        is_allowed = self._policy is None or self._policy.allows(question)
        (self.used if is_allowed else self.denied).append(action)
        return is_allowed

    def refusal(self, call: ApiCall) -> Response | None:
        """Return AWS's answer to a call that the role may not make; None for one that it may."""
        if not self._concerns(call):
            return None
        action = f"{call.service}:{_ACTIONS.get(call.operation, call.operation)}"
        resource = self._resource(call)
        if self.may(action, resource, call.region):
            return None
        return _denial(
            call,
            f"User: arn:aws:sts::{self._account_id}:assumed-role/lab is not authorized to perform:"
            f" {action} on resource: {resource} because no identity-based policy allows the"
            f" {action} action",
        )

    def concealment(self, call: ApiCall, answer: Response) -> Response | None:
        """Return S3's answer about an object that is not there to a role that may not list.

        S3 then says AccessDenied in place of NoSuchKey, so as not to tell what there is.
        """
        if (
            not self._concerns(call)
            or (call.service, call.operation) not in _LOOKS
            or answer.status_code != HTTPStatus.NOT_FOUND
            or error_code(answer) not in _ABSENT
        ):
            return None
        bucket = f"arn:aws:s3:::{call.parameters['Bucket']}"
        if self.may("s3:ListBucket", bucket, call.region):
            return None
        return _denial(call, "Access Denied")

    def _concerns(self, call: ApiCall) -> bool:
        return (
            self._policy is not None
            and call.access_key_id.startswith(_OF_A_ROLE)
            and (call.service, call.operation) not in _NEEDS_NO_PERMISSION
        )

    def _resource(self, call: ApiCall) -> str:
        """Return the ARN. Raises NotImplementedError for a call that no agent makes yet."""
        pattern = _RESOURCES.get((call.service, call.operation))
        if pattern is None:
            raise NotImplementedError(f"permissions for {call.service}:{call.operation}")
        where = f"{call.region}:{self._account_id}"
        return pattern.format_map({**call.parameters, "where": where, "group": self._group})


def _denial(call: ApiCall, message: str) -> Response:
    """Return the answer with the code that the service has for it."""
    match call.service, call.protocol:
        case "ec2", _:
            code, status = "UnauthorizedOperation", HTTPStatus.FORBIDDEN
        case "sns", _:
            code, status = "AuthorizationError", HTTPStatus.FORBIDDEN
        case _, Protocol.JSON:
            code, status = "AccessDeniedException", HTTPStatus.BAD_REQUEST
        case _:
            code, status = "AccessDenied", HTTPStatus.FORBIDDEN
    return write_error(call.protocol, code, message, status)
