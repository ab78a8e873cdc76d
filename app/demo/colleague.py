"""Who answers when nobody sits at the console: a member of staff that takes the next ticket and asks back."""

from __future__ import annotations

import itertools
import threading
from random import Random

from app.demo.cast import load_cast
from app.demo.words import Words
from desk import reading, replies, tickets
from desk.actors import Actor
from desk.context import Desk
from procedure.terms import Level

PAUSE = 3.0
"""Seconds between two tickets at speed 1."""


def work(actor: Actor, desk: Desk, seconds: float, speed: float, rng: Random) -> list[int]:
    """Answer the ticket that is due first, of one level after the other, for ``seconds``; returns the tickets."""
    answered: list[int] = []
    over = threading.Event()
    timer = threading.Timer(seconds, over.set)
    timer.daemon = True
    timer.start()
    cast, words = load_cast(), Words(rng)
    for level in itertools.cycle(Level):
        ticket_id = tickets.take_next(actor, desk, level)
        view = reading.show(actor, desk, ticket_id) if ticket_id is not None else None
        customer = cast.by_address(view.requester_address) if view else None
        if view is not None and customer is not None:
            replies.send(actor, desk, view.id, words.say(customer, "questions"), seen_message=view.messages[-1].id)
            answered.append(view.id)
        if over.wait(PAUSE / speed):
            break
    timer.cancel()
    return answered
