"""The login in an answer of ECR, by whichever client it came."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from ladybug_agent.errors import ExternalFailure
from ladybug_agent.model.containers import RegistryLogin


def login_of(answer: Mapping[str, Any]) -> RegistryLogin:
    """Return user and password of a GetAuthorizationToken. Raises `image_login_garbled`."""
    try:
        token = answer["authorizationData"][0]["authorizationToken"]
        username, password = base64.b64decode(token, validate=True).decode().split(":", 1)
    except (KeyError, IndexError, TypeError, ValueError) as error:  # of which base64's is one
        raise ExternalFailure(
            "image_login_garbled", "ECR answered with no readable token", hint="try again"
        ) from error
    return RegistryLogin(username=username, password=password)
