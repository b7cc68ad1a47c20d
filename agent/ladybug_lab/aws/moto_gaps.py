"""What templates use of CloudFormation, and moto does not have."""

from __future__ import annotations

from typing import Any

from moto.cloudformation import parsing
from moto.elbv2.models import FakeLoadBalancer, FakeTargetGroup


def fill_gaps() -> None:
    """Give moto's classes what they lack. Safe to call again."""
    target_group: Any = FakeTargetGroup
    balancer: Any = FakeLoadBalancer
    module: Any = parsing
    if not target_group.has_cfn_attr("Nonsense"):  # which moto's own answers with True
        return
    target_group.has_cfn_attr = classmethod(lambda _, name: name in _TARGET_GROUP)
    target_group.get_cfn_attribute = _of_target_group
    of_balancer = balancer.get_cfn_attribute
    balancer.get_cfn_attribute = lambda self, name: (
        _full_name(self.arn) if name == "LoadBalancerFullName" else of_balancer(self, name)
    )
    resolved = module.clean_json
    module.clean_json = lambda *given: _without_no_value(resolved(*given))


_TARGET_GROUP = frozenset({"TargetGroupArn", "TargetGroupFullName", "TargetGroupName"})


def _without_no_value(value: Any) -> Any:
    """Drop what is `AWS::NoValue` from a list, in which moto leaves None."""
    return [item for item in value if item is not None] if isinstance(value, list) else value


def _of_target_group(group: Any, name: str) -> str:
    match name:
        case "TargetGroupFullName":
            return _full_name(group.arn)
        case "TargetGroupName":
            return str(group.name)
        case _:
            return str(group.arn)


def _full_name(arn: str) -> str:
    """Return a metric's dimension: a load balancer's begins with `app/`, a group's is all of it.

    >>> _full_name("arn:aws:elasticloadbalancing:r:1:loadbalancer/app/replicas/50dc")
    'app/replicas/50dc'
    >>> _full_name("arn:aws:elasticloadbalancing:r:1:targetgroup/replicas/50dc")
    'targetgroup/replicas/50dc'
    """
    return arn.rpartition(":")[2].removeprefix("loadbalancer/")
