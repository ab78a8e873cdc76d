"""The policy as numbered versions in the store; the newest is in force, the shipped one until a first is loaded."""

from __future__ import annotations

from importlib import resources

from sqlmodel import Session, col, select

from desk.act import act
from desk.actors import Actor
from desk.context import Desk
from desk.correspondence import storable
from desk.errors import Invalid
from desk.recording import record
from procedure import policy as policies
from procedure.permissions import Permission
from procedure.policy import Policy, PolicyError
from store.tables import PolicyVersion

SHIPPED = 0
"""The number of the policy that comes with the program."""


def shipped_text() -> str:
    """Return the policy file that comes with the program."""
    return resources.files("desk").joinpath("default_policy.toml").read_text(encoding="utf-8")


def in_force(session: Session, desk: Desk) -> Policy:
    """Return the policy in force; parsed once per version."""
    version = session.exec(select(PolicyVersion.id).order_by(col(PolicyVersion.id).desc()).limit(1)).first() or SHIPPED
    known = desk.shelf.get(version)
    if known is not None:
        return known
    policy = policies.parse(_text(session, version))
    desk.shelf.put(version, policy)
    return policy


def _text(session: Session, version: int) -> str:
    if version == SHIPPED:
        return shipped_text()
    row = session.get(PolicyVersion, version)
    assert row is not None
    return row.toml


@act(Permission.READ_POLICY)
def show(actor: Actor, desk: Desk) -> tuple[int, str]:
    """Return the version in force and its text; version 0 is the shipped one."""

    def work(session: Session) -> tuple[int, str]:
        newest = session.exec(select(PolicyVersion.id).order_by(col(PolicyVersion.id).desc()).limit(1)).first()
        return (newest or SHIPPED, _text(session, newest or SHIPPED))

    return desk.database.read(work)


@act(Permission.MANAGE_POLICY)
def load(actor: Actor, desk: Desk, text: str) -> int:
    """Put a policy in force and return its version. Raises Invalid with every fault, one a line."""
    text = storable(text)
    try:
        policies.parse(text)
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
