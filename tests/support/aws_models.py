"""Write `adapters/aws_models` anew: of EC2's large model, the two calls that the agent makes.

Run by `./dev docs`. Documentation is left out; what is kept is botocore's, word for word.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.loaders import Loader

import ladybug_agent

OPERATIONS = ("DescribeSnapshots", "DescribeVolumes")
VERSION = "2016-11-15"
TARGET = Path(ladybug_agent.__file__).parent / f"adapters/aws_models/ec2/{VERSION}/service-2.json"

Model = dict[str, Any]


def whole_model() -> Model:
    """Return EC2's model as the installed botocore has it."""
    model: Model = Loader().load_service_model("ec2", "service-2", VERSION)
    return model


def pruned(model: Model) -> Model:
    """Return the model with our operations only, and the shapes that they are made of."""
    operations = {name: _undocumented(model["operations"][name]) for name in OPERATIONS}
    shapes: Model = {}
    wanted = list(_shapes_in(operations))
    while wanted:
        name = wanted.pop()
        if name not in shapes:
            shapes[name] = _undocumented(model["shapes"][name])
            wanted += _shapes_in(shapes[name])
    return {
        "version": model["version"],
        "metadata": model["metadata"],
        "operations": operations,
        "shapes": dict(sorted(shapes.items())),
    }


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
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(json.dumps(pruned(whole_model()), indent=1) + "\n", encoding="utf-8")
