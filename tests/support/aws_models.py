"""Write `adapters/aws_models` anew: of the large models of EC2 and S3, the calls that we make.

Run by `./dev docs`. Documentation is left out; what is kept is botocore's, word for word.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.loaders import Loader

import ladybug_agent

MODELS = Path(ladybug_agent.__file__).parent / "adapters/aws_models"

Model = dict[str, Any]


@dataclass(frozen=True)
class Service:
    """A service of which the agent makes but a few calls."""

    name: str
    version: str
    operations: tuple[str, ...]

    @property
    def target(self) -> Path:
        return MODELS / self.name / self.version / "service-2.json"

    def whole_model(self) -> Model:
        """Return the model as the installed botocore has it."""
        model: Model = Loader().load_service_model(self.name, "service-2", self.version)
        return model


SERVICES = (
    Service("ec2", "2016-11-15", ("DescribeSnapshots", "DescribeVolumeStatus", "DescribeVolumes")),
    # HeadBucket is botocore's own call, for a bucket of another region.
    Service("s3", "2006-03-01", ("GetObject", "HeadBucket", "PutObject")),
)
KEPT = ("version", "metadata", "clientContextParams")


def pruned(service: Service) -> Model:
    """Return the model with our operations only, and the shapes that they are made of."""
    model = service.whole_model()
    operations = {name: _undocumented(model["operations"][name]) for name in service.operations}
    shapes: Model = {}
    wanted = list(_shapes_in(operations))
    while wanted:
        name = wanted.pop()
        if name not in shapes:
            shapes[name] = _undocumented(model["shapes"][name])
            wanted += _shapes_in(shapes[name])
    kept = {name: _undocumented(model[name]) for name in KEPT if name in model}
    for parameter in kept.get("clientContextParams", {}).values():
        parameter["documentation"] = ""  # botocore insists on it
    return {**kept, "operations": operations, "shapes": dict(sorted(shapes.items()))}


def _shapes_in(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "shape" and isinstance(value, str):
                yield value
            else:
                yield from _shapes_in(value)
    elif isinstance(part, list):
        for item in part:
            yield from _shapes_in(item)


def _undocumented(part: Any) -> Any:
    if isinstance(part, dict):
        return {k: _undocumented(v) for k, v in part.items() if k != "documentation"}
    return [_undocumented(item) for item in part] if isinstance(part, list) else part


if __name__ == "__main__":
    for service in SERVICES:
        service.target.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(pruned(service), indent=1)
        service.target.write_text(f"{text}\n", encoding="utf-8")
