"""AWS calls on the wire: which operation a request is, and how an error for it is written."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from types import MappingProxyType
from typing import Literal
from urllib.parse import parse_qsl
from wsgiref.types import WSGIEnvironment
from xml.sax.saxutils import escape

from werkzeug.wrappers import Response

_SCOPE = re.compile(
    r"Credential=(?P<key>[^/]+)/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request"
)
_CBOR_PATH = re.compile(r"/service/[^/]+/operation/(?P<operation>\w+)$")
_ERROR_CODE = re.compile(
    r"<Code>(?P<xml>[^<]+)</Code>|\"__type\": ?\"(?:[^\"#]*#)?(?P<json>[^\"]+)"
)

# REST has no operation names on the wire. These are the S3 calls that a fleet makes, by method and
# by whether an object is named; any other shows up as its method and path.
_S3_OPERATIONS = MappingProxyType(
    {
        ("DELETE", True): "DeleteObject",
        ("GET", False): "ListObjectsV2",
        ("GET", True): "GetObject",
        ("HEAD", False): "HeadBucket",
        ("HEAD", True): "HeadObject",
        ("PUT", False): "CreateBucket",
        ("PUT", True): "PutObject",
    }
)

Service = Literal[
    "autoscaling",
    "cloudformation",
    "cloudwatch",
    "dynamodb",
    "ec2",
    "ecr",
    "elbv2",
    "iam",
    "logs",
    "s3",
    "sns",
    "ssm",
    "sts",
]


class Protocol(Enum):
    """What botocore 1.44 sends: CloudFormation, Auto Scaling, STS and ELB are QUERY; EC2 is EC2;
    DynamoDB, ECR, SSM and CloudWatch are JSON; S3 is REST_XML. Of our services none is CBOR today,
    but CloudWatch has it as its next choice.
    """

    QUERY = auto()
    EC2 = auto()
    JSON = auto()
    CBOR = auto()
    REST_XML = auto()
    REST_JSON = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCall:
    """One API call, by whoever holds the access key.

    `parameters` are those of the query protocols, flat as they were sent; of the JSON protocol
    those that are texts; of S3 `Bucket` and `Key`.
    """

    service: str
    operation: str
    protocol: Protocol
    region: str
    access_key_id: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)


def read_call(environ: WSGIEnvironment, body: bytes) -> ApiCall | None:
    """None where the request is signed by nobody, as those to moto's own API are."""
    scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    if scope is None:
        return None
    service, region = scope["service"], scope["region"]
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    parameters = {}
    if cbor := _CBOR_PATH.match(path):
        protocol, operation = Protocol.CBOR, cbor["operation"]
    elif target := environ.get("HTTP_X_AMZ_TARGET"):
        protocol, operation = Protocol.JSON, target.rpartition(".")[2]
        parameters = _texts(body)
    elif environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        parameters = dict(parse_qsl(body.decode(), keep_blank_values=True))
        protocol = Protocol.EC2 if service == "ec2" else Protocol.QUERY
        operation = parameters.get("Action", "")
    elif service == "s3":
        bucket, _, key = path.lstrip("/").partition("/")
        parameters = {"Bucket": bucket, "Key": key}
        protocol = Protocol.REST_XML
        operation = _S3_OPERATIONS.get((method, bool(key)), f"{method} {path}")
    else:
        protocol, operation = Protocol.REST_JSON, f"{method} {path}"
    return ApiCall(
        service=service,
        operation=operation,
        protocol=protocol,
        region=region,
        access_key_id=scope["key"],
        parameters=parameters,
    )


def write_error(protocol: Protocol, code: str, message: str, status: int) -> Response:
    """An answer from which botocore reads `code` and `message`."""
    headers = {"x-amzn-requestid": "lab", "x-amzn-errortype": code}
    inner = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    document: str | bytes
    match protocol:
        case Protocol.EC2:
            content_type = "text/xml"
            document = (
                f"<Response><Errors><Error>{inner}</Error></Errors>"
                "<RequestID>lab</RequestID></Response>"
            )
        case Protocol.QUERY:
            content_type = "text/xml"
            document = (
                f"<ErrorResponse><Error><Type>Sender</Type>{inner}</Error>"
                "<RequestId>lab</RequestId></ErrorResponse>"
            )
        case Protocol.REST_XML:
            content_type = "application/xml"
            document = f"<Error>{inner}<RequestId>lab</RequestId></Error>"
        case Protocol.CBOR:
            content_type = "application/cbor"
            headers["smithy-protocol"] = "rpc-v2-cbor"
            document = _cbor_map({"__type": code, "message": message})
        case Protocol.JSON | Protocol.REST_JSON:
            content_type = "application/x-amz-json-1.0"
            document = json.dumps({"__type": f"lab#{code}", "message": message})
    return Response(document, status, headers, content_type=content_type)


def error_code(answer: Response) -> str:
    """The code in an error of ours or of moto's; empty where none is found."""
    code = answer.headers.get("x-amzn-errortype")
    if code is not None:
        return code
    found = _ERROR_CODE.search(answer.get_data().decode(errors="replace"))
    return (found["xml"] or found["json"]) if found else ""


def _texts(body: bytes) -> dict[str, str]:
    try:
        document = json.loads(body or b"{}")
    except ValueError:  # for the emulation to refuse
        return {}
    return {name: value for name, value in document.items() if isinstance(value, str)}


def _cbor_map(entries: Mapping[str, str]) -> bytes:
    """RFC 8949 for a map of fewer than 24 texts of less than 64 KiB each."""
    texts = (text.encode() for entry in entries.items() for text in entry)
    return bytes([0xA0 | len(entries)]) + b"".join(
        b"\x79" + len(text).to_bytes(2, "big") + text for text in texts
    )
