"""The laws hold after every step of any history."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.laws.machine import DeskMachine

CALM = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def run(template: Path, examples: int, steps: int) -> None:
    DeskMachine.template = template
    chosen = settings(max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=CALM)
    run_state_machine_as_test(DeskMachine, settings=chosen)


def test_the_laws_hold_after_every_step(sqlite_template: Path) -> None:
    """Mails, people, couriers, bounces, undo, time and restarts in any order break no law."""
    run(sqlite_template, examples=10, steps=30)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_the_laws_hold_for_long(sqlite_template: Path) -> None:
    """The same for some minutes, with longer histories."""
    run(sqlite_template, examples=400, steps=80)
