"""The table of mutants is of this code: a fault that no longer fits proves nothing."""

from __future__ import annotations

import shlex

from tests.mutants import MUTANTS, ROOT


def test_every_mutant_fits_once() -> None:
    """What a mutant replaces stands in its file exactly once."""
    found = {(one.name, one.file): (ROOT / one.file).read_text("utf-8").count(one.old) for one in MUTANTS}
    assert {which: times for which, times in found.items() if times != 1} == {}


def test_every_mutant_changes_something() -> None:
    """A mutant that is the sound code could not be killed."""
    assert [one.name for one in MUTANTS if one.old == one.new] == []


def test_every_mutant_names_a_test_that_is_there() -> None:
    """The files and folders before ``-k`` exist."""
    paths = {path for one in MUTANTS for path in shlex.split(one.test.partition(" -")[0])}
    assert {path for path in paths if not (ROOT / path).exists()} == set()
