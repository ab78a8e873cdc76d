"""The settings as one frozen tree: what there is to set, what each value must be, and its default.

Business rules (levels, targets, routing) are not here: they are a policy in the store. docs/settings.md is made from
the descriptions below (``make docs``). ``app.settings`` loads the tree.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, Self

import platformdirs
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator

from app.endpoints import Endpoint, parse_endpoint
from app.errors import SettingsError
from app.settings_listener import LmtpSettings, SmtpSettings
from app.settings_section import AbsolutePath, HostName, Section, as_tuple


def default_store_url() -> str:
    """Return the embedded store in the user's data directory."""
    return f"sqlite:///{platformdirs.user_data_path('tierdesk') / 'tierdesk.db'}"


def _mail_address(text: str) -> str:
    if not re.fullmatch(r"[^\s@<>,;:\"()\[\]\\+]{1,64}@[^\s@<>,;:\"()\[\]\\]{1,255}", text):
        raise ValueError("must be a mail address without a name and without '+', such as support@example.org")
    return text


def _store_url(text: str) -> str:
    text = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", text)
    if re.match(r"postgresql\+psycopg://", text):
        return text
    if not text.startswith("sqlite:///"):
        raise ValueError("must begin with sqlite:/// (a file) or postgresql+psycopg://")
    if text.removeprefix("sqlite:///") in {"", ":memory:"}:
        raise ValueError("must name a file: a store in memory forgets every ticket")
    return text


def _smarthost(text: str) -> str:
    if text and parse_endpoint(text).port == 0:
        raise ValueError("must end in a port from 1 to 65535")
    return text


MailAddress = Annotated[str, AfterValidator(_mail_address)]


class DeskSettings(Section):
    """Who the desk is to its customers."""

    name: str = Field(default="Support", min_length=1, description="The name in the From line of answers.")
    addresses: Annotated[tuple[MailAddress, ...], BeforeValidator(as_tuple)] = Field(
        default=(),
        description="The mail addresses of the desk; mail to any other is refused. The first one sends the answers.",
    )

    @model_validator(mode="after")
    def _no_address_twice(self) -> Self:
        seen: set[str] = set()
        for address in self.addresses:
            if address.lower() in seen:
                raise ValueError(f"desk.addresses has {address} twice")
            seen.add(address.lower())
        return self


class StoreSettings(Section):
    """Where everything is kept."""

    url: Annotated[str, AfterValidator(_store_url)] = Field(
        default_factory=default_store_url,
        description="An SQLite file (sqlite:///path, relative to this file) or a PostgreSQL database "
        "(postgresql+psycopg://user:password@host/name).",
    )


class OutboxSettings(Section):
    """The next hop for mail that leaves."""

    smarthost: Annotated[str, AfterValidator(_smarthost)] = Field(
        default="",
        description='The server that delivers our mail, host:port; "" means none: mail waits in the outbox.',
    )
    tls: Literal["never", "opportunistic", "required", "implicit"] = Field(
        default="opportunistic",
        description="STARTTLS never, when offered, or always; or TLS from the first byte (port 465).",
    )
    user: str = Field(default="", description='The user name for AUTH; "" means no AUTH.')
    password: SecretStr = Field(default=SecretStr(""), description="Its password; better kept in a file of its own.")
    password_file: AbsolutePath = Field(
        default="", description="A file that holds the password and nothing else; read when it is needed."
    )
    ca_file: AbsolutePath = Field(
        default="", description='Authorities that sign its certificate, a PEM file; "" means those of the system.'
    )
    timeout_seconds: float = Field(
        default=30.0, allow_inf_nan=False, ge=1, le=120, description="How long the next hop may be silent."
    )
    helo: HostName = Field(default="", description='The name we greet with; "" is our address as a literal.')

    @model_validator(mode="after")
    def _credentials(self) -> Self:
        if self.password.get_secret_value() and self.password_file:
            raise ValueError("outbox.password and outbox.password_file are both set; keep one")
        has_password = bool(self.password.get_secret_value() or self.password_file)
        if self.user and not has_password:
            raise ValueError("outbox.user has no password: set outbox.password_file or outbox.password")
        if has_password and not self.user:
            raise ValueError("outbox.password is set but outbox.user is not")
        endpoint = self.endpoint
        if self.user and endpoint and not endpoint.is_loopback and self.tls not in {"required", "implicit"}:
            raise ValueError(f'outbox.tls must be "required" or "implicit" to send a password to {self.smarthost}')
        return self

    @property
    def endpoint(self) -> Endpoint | None:
        """Return the smarthost, None when there is none."""
        return parse_endpoint(self.smarthost) if self.smarthost else None

    def read_password(self) -> str:
        """Return the password, from its file where it has one. Raises SettingsError when the file cannot be read."""
        if not self.password_file:
            return self.password.get_secret_value()
        try:
            return Path(self.password_file).read_text("utf-8").strip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not text"
            raise SettingsError([f"outbox.password_file {self.password_file} cannot be read: {reason}."]) from None


class ConsoleSettings(Section):
    """The screen."""

    theme: str = Field(default="desk-dark", min_length=1, description="The colours.")
    animations: bool = Field(default=False, description="Whether things move; off saves bytes on a slow line.")
    mouse: bool = Field(default=True, description="Whether the mouse is used.")
    editor: str = Field(default="", description='The program for long answers; "" is $VISUAL or $EDITOR.')
    keymap: dict[str, str] = Field(
        default_factory=dict,
        description='Other keys for actions, as in { "ticket.reply" = "f5,r" }; docs/keys.md lists the actions.',
    )


class LogSettings(Section):
    """What is written to the log."""

    level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="The least that is logged.")


class Settings(Section):
    """All settings of one process."""

    desk: DeskSettings = Field(default_factory=DeskSettings)
    store: StoreSettings = Field(default_factory=StoreSettings)
    smtp: SmtpSettings = Field(default_factory=SmtpSettings)
    lmtp: LmtpSettings = Field(default_factory=LmtpSettings)
    outbox: OutboxSettings = Field(default_factory=OutboxSettings)
    console: ConsoleSettings = Field(default_factory=ConsoleSettings)
    log: LogSettings = Field(default_factory=LogSettings)
