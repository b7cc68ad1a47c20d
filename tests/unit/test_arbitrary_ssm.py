"""Any diagnosis whatever is enough to act on after Systems Manager has cut it."""

from __future__ import annotations

from hypothesis import given

from ladybug_agent.diagnose.ascii import plain
from ladybug_agent.diagnose.diagnosis import Diagnosis
from ladybug_agent.diagnose.redacted import redacted
from ladybug_agent.diagnose.text import COMMAND, COMMANDS_SHOWN, text_of
from ladybug_agent.diagnose.verdict import verdict_line
from ladybug_agent.redaction.redactor import Redactor
from support.arbitrary import inputs
from support.canaries import KNOWN
from support.diagnoses import DIAGNOSES
from support.ssm import invocation


@inputs(60)
@given(DIAGNOSES)
def test_verdict_cause_and_remedy_survive_in_the_shortest_field(diagnosis: Diagnosis) -> None:
    hidden = redacted(diagnosis, Redactor(KNOWN))
    told = invocation(text_of(hidden).encode()).combined.splitlines()
    assert told[0] == verdict_line(hidden)
    for root in hidden.root_causes[:1]:
        assert any(line.startswith(f"ROOT CAUSE {root.id}") for line in told)
        commands = root.remedy.commands if root.remedy else ()
        if commands:
            line = plain(commands[0].line, COMMANDS_SHOWN * COMMAND)
            assert f"  fix ({commands[0].risk}): {line}".rstrip() in [
                shown.rstrip() for shown in told
            ]


@inputs(30)
@given(DIAGNOSES)
def test_redaction_keeps_ids_order_and_states(diagnosis: Diagnosis) -> None:
    hidden = redacted(diagnosis, Redactor(KNOWN))
    assert [(one.id, one.status) for one in hidden.results] == [
        (one.id, one.status) for one in diagnosis.results
    ]
