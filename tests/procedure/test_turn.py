"""Whose move it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procedure.statuses import SLEEPING
from procedure.terms import MessageKind, Status, Turn
from procedure.turn import Word, stand, waiting_since

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TARGET = timedelta(hours=2)
EARLIER, LATER = NOW - timedelta(hours=1), NOW + timedelta(hours=1)

MOMENTS = st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2026, 12, 31), timezones=st.just(UTC))
WORDS = st.lists(st.builds(Word, st.sampled_from(MessageKind), MOMENTS, st.booleans()), max_size=8)


def words(letters: str) -> list[Word]:
    """Read ``c`` and ``s`` as words of customer and staff, ``n`` note, ``y`` system; upper case takes no turn."""
    kinds = {"c": MessageKind.CUSTOMER, "s": MessageKind.STAFF, "n": MessageKind.NOTE, "y": MessageKind.SYSTEM}
    return [Word(kinds[x.lower()], NOW + timedelta(minutes=i), x.islower()) for i, x in enumerate(letters)]


@pytest.mark.parametrize(
    ("said", "since"),
    [("", None), ("c", 0), ("cs", None), ("ccc", 0), ("csc", 2), ("cscc", 2), ("cS", 0), ("C", None), ("Cc", 1),
     ("cn", 0), ("cy", 0), ("csn", None), ("s", None), ("sc", 1), ("cscS", 2), ("cSs", None)],
)  # fmt: skip
def test_the_oldest_unanswered_word_counts(said: str, since: int | None) -> None:
    """Only a public answer that was not lost ends the wait; notes, acknowledgements and robots do nothing."""
    assert waiting_since(words(said)) == (None if since is None else NOW + timedelta(minutes=since))


@given(WORDS, st.sampled_from([MessageKind.NOTE, MessageKind.SYSTEM]), st.booleans())
def test_notes_and_system_words_never_move_the_turn(said: list[Word], kind: MessageKind, takes: bool) -> None:
    """Whatever was said, an internal or a machine's word after it changes nothing."""
    assert waiting_since([*said, Word(kind, NOW, takes)]) == waiting_since(said)


@given(WORDS)
def test_a_dead_answer_is_as_if_it_had_never_been(said: list[Word]) -> None:
    """Words that take no turn can be left out."""
    assert waiting_since(said) == waiting_since([word for word in said if word.takes_turn])


@given(st.sampled_from(Status), st.none() | MOMENTS, st.none() | MOMENTS)
def test_there_is_always_a_next_moment(status: Status, waiting: datetime | None, wake: datetime | None) -> None:
    """A ticket in a queue waits for us or has a moment to wake at; a sleeper without one is refused."""
    if status in SLEEPING and wake is None:
        with pytest.raises(ValueError, match="needs a moment"):
            stand(status, waiting, wake, waiting and waiting + TARGET, NOW)
        return
    standing = stand(status, waiting, wake, waiting and waiting + TARGET, NOW)
    assert standing.waiting_since == waiting
    if status is not Status.CLOSED:
        assert standing.waiting_since is not None or standing.wake_at is not None


@pytest.mark.parametrize(
    ("status", "waiting", "wake", "turn", "next_at"),
    [
        (Status.NEW, EARLIER, None, Turn.OURS, EARLIER + TARGET),
        (Status.OPEN, EARLIER, LATER, Turn.OURS, EARLIER + TARGET),
        (Status.OPEN, None, None, Turn.OURS, NOW),
        (Status.OPEN, None, EARLIER, Turn.OURS, EARLIER),
        (Status.OPEN, None, LATER, Turn.OURS, NOW),
        (Status.PENDING, None, LATER, Turn.THEIRS, LATER),
        (Status.PENDING, EARLIER, LATER + TARGET, Turn.OURS, EARLIER + TARGET),
        (Status.PENDING, EARLIER, NOW, Turn.OURS, NOW),
        (Status.ON_HOLD, EARLIER, LATER, Turn.THEIRS, LATER),
        (Status.SOLVED, EARLIER, LATER, Turn.THEIRS, LATER),
        (Status.CLOSED, EARLIER, None, Turn.THEIRS, NOW),
    ],
)
def test_turn_and_next_moment(
    status: Status, waiting: datetime | None, wake: datetime | None, turn: Turn, next_at: datetime
) -> None:
    """Ours until answered, due by the target; theirs until the wake-up; pending with a word unanswered is ours."""
    standing = stand(status, waiting, wake, waiting and waiting + TARGET, NOW)
    assert (standing.turn, standing.next_at) == (turn, next_at)
    assert standing.due_at == (None if waiting is None else waiting + TARGET)
