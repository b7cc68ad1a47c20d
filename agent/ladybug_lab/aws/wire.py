"""AWS calls on the wire: which operation a request is, and how an error for it is written."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from types import MappingProxyType
from urllib.parse import parse_qsl
from wsgiref.types import WSGIEnvironment
from xml.sax.saxutils import escape

from werkzeug.wrappers import Response

_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
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
    """One API call; `parameters` are those of the query protocols, flat as they were sent."""

    service: str
    operation: str
    protocol: Protocol
    region: str
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
    elif environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        parameters = dict(parse_qsl(body.decode(), keep_blank_values=True))
        protocol = Protocol.EC2 if service == "ec2" else Protocol.QUERY
        operation = parameters.get("Action", "")
    elif service == "s3":
        names_object = "/" in path.strip("/")
        protocol = Protocol.REST_XML
        operation = _S3_OPERATIONS.get((method, names_object), f"{method} {path}")
    else:
        protocol, operation = Protocol.REST_JSON, f"{method} {path}"
    return ApiCall(
        service=service,
        operation=operation,
        protocol=protocol,
        region=region,
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


def _cbor_map(entries: Mapping[str, str]) -> bytes:
    """RFC 8949 for a map of fewer than 24 texts of less than 64 KiB each."""
    texts = (text.encode() for entry in entries.items() for text in entry)
    return bytes([0xA0 | len(entries)]) + b"".join(
        b"\x79" + len(text).to_bytes(2, "big") + text for text in texts
    )
