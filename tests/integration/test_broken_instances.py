"""Replicas that serve, broken in many ways: the first line of `diagnose` names the true cause.

The tables are in `broken_instances/`. One replica is broken and healed again and again, so that a
case costs about as much as the diagnosis itself.
"""

from __future__ import annotations

import socket
import uuid
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from integration.broken_instances import by_aws, by_machine, doubles
from integration.broken_instances.case import Broken, Twice
from integration.broken_instances.patient import Patient
from integration.broken_instances.told import Told
from ladybug_lab.aws.server import LabAws
from ladybug_lab.depot import DATABASE, Depot
from ladybug_lab.instance import Order, launch

pytestmark = pytest.mark.integration
SINGLES = (*by_aws.CASES, *by_machine.CASES)


@pytest.fixture(scope="module")
def patient(
    depot: Depot, aws_process: LabAws, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Patient]:
    aws_process.reset()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    order = Order(
        directory=tmp_path_factory.mktemp("broken") / "instance",
        databases=(DATABASE,),
        container=f"graph-api-test-{uuid.uuid4().hex[:8]}",
        port=port,
    )
    with launch(order, depot, aws_process) as instance:
        yield Patient.admitted(instance)


def told(patient: Patient, *faults: Broken) -> Told:
    """Break the replica, hear what `diagnose` says, and heal it, whatever that was."""
    with ExitStack() as ward:
        ward.callback(patient.heal)
        for fault in faults:
            ward.callback(fault.heal, patient)
            fault.act(patient)
        environment = {name: text for one in faults for name, text in one.environment.items()}
        return Told(patient.diagnose(**environment))


def test_a_replica_that_is_well_passes(patient: Patient) -> None:
    found = told(patient)
    assert (found.root, found.run.status) == ("PASS", 0), found.text
    assert found.is_within_limits()


@pytest.mark.parametrize("case", SINGLES, ids=lambda case: case.name)
def test_the_true_cause_is_named_first(patient: Patient, case: Broken) -> None:
    found = told(patient, case)
    assert (found.root, found.run.status) == (case.root, 1), found.text
    assert case.remedy in found.causes[case.root]
    assert found.is_within_limits()


@pytest.mark.parametrize("case", doubles.CASES, ids=lambda case: case.name)
def test_of_two_faults_the_one_farther_up_is_named_first(patient: Patient, case: Twice) -> None:
    found = told(patient, case.first, case.second)
    assert (found.root, found.run.status) == (case.first.root, 1), found.text
    assert case.first.remedy in found.causes[case.first.root]
    if not case.hides:
        assert case.second.remedy in found.causes.get(case.second.root, ""), found.text
    assert found.is_within_limits()


def test_a_replica_that_was_healed_is_well_again(patient: Patient) -> None:
    found = told(patient)
    assert (found.root, found.run.status) == ("PASS", 0), found.text
