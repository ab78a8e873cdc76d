"""The policy as numbered versions in the store; the newest is in force, the shipped one until a first is loaded."""

from __future__ import annotations

from dataclasses import replace

from sqlmodel import Session, col, select

from desk.act import act
from desk.actors import Actor
from desk.context import Desk
from desk.correspondence import storable
from desk.errors import Invalid
from desk.policy_texts import SHIPPED, check, read, shipped_text, text_of
from desk.recording import record
from procedure.permissions import Permission
from procedure.policy import Policy, PolicyError
from store.tables import PolicyVersion

__all__ = ["SHIPPED", "in_force", "load", "shipped_text", "show"]


def in_force(session: Session, desk: Desk) -> Policy:
    """Return the policy in force; read once per version."""
    newest = session.exec(select(PolicyVersion.id, PolicyVersion.at).order_by(col(PolicyVersion.id).desc()).limit(1))
    version, loaded_at = newest.first() or (None, None)
    known = desk.shelf.get(version or SHIPPED)
    if known is not None:
        return known
    policy = replace(read(text_of(session, version or SHIPPED)), loaded_at=loaded_at)
    desk.shelf.put(version or SHIPPED, policy)
    return policy


@act(Permission.READ_POLICY)
def show(actor: Actor, desk: Desk) -> tuple[int, str]:
    """Return the version in force and its text; version 0 is the shipped one."""

    def work(session: Session) -> tuple[int, str]:
        newest = session.exec(select(PolicyVersion.id).order_by(col(PolicyVersion.id).desc()).limit(1)).first()
        return (newest or SHIPPED, text_of(session, newest or SHIPPED))

    return desk.database.read(work)


@act(Permission.MANAGE_POLICY)
def load(actor: Actor, desk: Desk, text: str) -> int:
    """Put a policy in force and return its version. Raises Invalid with every fault, one a line.

    The due moments of open tickets follow in small steps (``desk.recounting``).
    """
    text = storable(text)
    try:
        check(text)
    except PolicyError as error:
        raise Invalid("\n".join(error.problems)) from error

    def work(session: Session) -> int:
        now = desk.clock.now()
        row = PolicyVersion(at=now, actor=actor.login, toml=text)
        session.add(row)
        session.flush()
        assert row.id is not None
        record(session, actor, now, "policy_loaded", data={"version": row.id})
        return row.id

    return desk.database.write(work)
