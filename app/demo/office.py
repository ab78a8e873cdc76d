"""The desk of the demo: its addresses, its settings and the people who work there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.settings_listener import SmtpSettings
from app.settings_model import DeskSettings, OutboxSettings, Settings, StoreSettings
from desk import people
from desk.actors import Actor
from desk.context import Desk, MailIdentity
from procedure.terms import Level, Role

ADDRESSES = ("support@aegean-host.example.com", "billing@aegean-host.example.com")
IDENTITY = MailIdentity(ADDRESSES, "Aegean Host Support")
YOU = "alex"
"""The login of the person at the console: an agent of all three levels."""

_LEVELS = (Role.LEVEL1, Role.LEVEL2, Role.LEVEL3)
_STAFF: Mapping[str, tuple[str, tuple[Role, ...]]] = {
    YOU: ("Alex Nomikos", _LEVELS),
    "maria": ("Maria Kanelli", (Role.LEVEL1,)),
    "stavros": ("Stavros Linardos", (Role.LEVEL1,)),
    "kostas": ("Kostas Venieris", (Role.LEVEL2,)),
    "eleni": ("Eleni Tsakiri", (Role.LEVEL2, Role.LEVEL3)),
    "petros": ("Petros Galanis", (Role.LEVEL3,)),
    "irini": ("Irini Doukas", (Role.MODERATOR,)),
    "dora": ("Dora Mela", (Role.SUPERVISOR,)),
}
_SHIFTS: Mapping[Level, tuple[str, ...]] = {
    Level.FIRST: ("maria", "stavros", "maria", YOU),
    Level.SECOND: ("kostas", "eleni", "kostas", YOU),
    Level.THIRD: ("petros", "eleni", "petros"),
}


@dataclass(frozen=True)
class Staff:
    """The members of staff as actors, by login; ``shifts`` are those who work a level, the busiest more than once."""

    by_login: Mapping[str, Actor]
    shifts: Mapping[Level, tuple[Actor, ...]]


def settings_for(store_url: str, smarthost_port: int) -> Settings:
    """Return the settings of a demo; nothing of the user's own is read."""
    return Settings(
        desk=DeskSettings(name=IDENTITY.name, addresses=IDENTITY.addresses),
        store=StoreSettings(url=store_url),
        # Little room is asked for: a small /tmp must not make the demo refuse its own mail.
        smtp=SmtpSettings(listen="127.0.0.1:0", hostname="desk.example.com", free_space_floor_bytes=16_777_216),
        outbox=OutboxSettings(smarthost=f"127.0.0.1:{smarthost_port}", tls="never"),
    )


def engage(desk: Desk) -> None:
    """Add everybody who works here."""
    owner = people.owner(desk, None)
    for login, (name, roles) in _STAFF.items():
        people.add(owner, desk, login, name, f"{login}@aegean-host.example.com", roles)


def find_staff(desk: Desk) -> Staff:
    """Return everybody who works here."""
    by_login = {login: people.member(desk, login) for login in _STAFF}
    return Staff(by_login, {level: tuple(by_login[login] for login in logins) for level, logins in _SHIFTS.items()})
