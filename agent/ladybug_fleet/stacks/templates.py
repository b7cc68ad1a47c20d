"""The template that the command line names: a file, or an object in S3."""

from __future__ import annotations

import json
from pathlib import Path

from ladybug_agent.errors import ConfigError
from ladybug_fleet.stacks.model import Template

MOST_BYTES = 51200
"""What CloudFormation takes in a call (service quotas); 1 MB through S3."""


def template_from_file(path: Path) -> Template:
    """Read the file. Raises ConfigError if it is not there, or too large to be sent."""
    text = _read(path)
    size = len(text.encode())
    if size > MOST_BYTES:
        raise ConfigError(
            "template_too_large",
            f"wanted a template of at most {MOST_BYTES} bytes, found {path} with {size}",
            hint="publish it to S3 (ladybug-fleet publish), and deploy it with --template-url",
        )
    return Template(body=text)


def template_at(url: str) -> Template:
    """Return the template at an address in S3, which CloudFormation itself fetches.

    >>> template_at("s3://bucket/1.0/replicas.yaml").url
    'https://bucket.s3.amazonaws.com/1.0/replicas.yaml'
    """
    if url.startswith("s3://"):
        bucket, _, key = url.removeprefix("s3://").partition("/")
        url = f"https://{bucket}.s3.amazonaws.com/{key}"
    if not url.startswith("https://"):
        raise ConfigError(
            "fleet_usage",
            f"wanted --template-url with s3:// or https://, found {url}",
            hint="for a file of this machine use --template",
        )
    return Template(url=url)


def parameters_from_file(path: Path) -> dict[str, str]:
    """Read `{"Name": "value"}`, or the list that the AWS CLI takes. Raises ConfigError."""
    try:
        said = json.loads(_read(path))
        if isinstance(said, list):
            said = {one["ParameterKey"]: one["ParameterValue"] for one in said}
        return {str(name): str(value) for name, value in said.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            "template_parameters_unreadable",
            f'wanted JSON such as {{"Name": "value"}} in {path}, found something else',
            hint="check it with: python3 -m json.tool",
        ) from error


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            "template_unreadable",
            f"wanted to read {path}, found that it cannot be",
            hint="see below",
        ) from error
