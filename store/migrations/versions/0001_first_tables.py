"""The first tables: tickets, messages, ledger, outbox, history, and the triggers that keep counters and history."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

JSON = sa.JSON()
BYTES = sa.LargeBinary()
FATES = ("pending", "new_ticket", "appended", "duplicate", "automatic", "quarantined", "poison")
FIRST_TICKET = 1001
POSTGRES_SLOTS = 8


def word(name: str, *values: str) -> Any:
    """Return a text column held to ``values`` by a CHECK."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=24)


def upgrade() -> None:
    """Create everything in an empty database."""
    _tables()
    if op.get_bind().dialect.name == "sqlite":
        _sqlite()
    else:
        _postgresql()


def _sqlite() -> None:
    op.execute(f"INSERT INTO sqlite_sequence (name, seq) VALUES ('ticket', {FIRST_TICKET - 1})")
    _seed(slots=1)
    for statement in (*SQLITE_TRIGGERS, SQLITE_SEARCH):
        op.execute(statement)


def _postgresql() -> None:
    op.execute(f"ALTER SEQUENCE ticket_id_seq RESTART WITH {FIRST_TICKET}")
    _seed(slots=POSTGRES_SLOTS)
    for statement in (*POSTGRES_TRIGGERS, *POSTGRES_SEARCH):
        op.execute(sa.text(statement))


def _seed(slots: int) -> None:
    """Write every counter as zero, so that the triggers need only add."""
    for slot in range(slots):
        for level in (1, 2, 3):
            for turn in (0, 1):
                op.execute(f"INSERT INTO queue_count (level, turn, slot, tickets) VALUES ({level}, {turn}, {slot}, 0)")
        for fate in ("accepted", *FATES):
            op.execute(f"INSERT INTO ledger_count (word, slot, mails) VALUES ('{fate}', {slot}, 0)")


def _partial_index(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=False, sqlite_where=condition, postgresql_where=condition)


def _sqlite_count(row: str, step: str) -> str:
    return (
        f"UPDATE queue_count SET tickets = tickets {step} 1 WHERE level = {row}.level AND turn = {row}.turn "
        f"AND slot = 0 AND {row}.status NOT IN ('solved', 'closed');"
    )


SQLITE_TRIGGERS = (
    "CREATE TRIGGER event_not_edited BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'events are never edited'); END",
    "CREATE TRIGGER event_not_deleted BEFORE DELETE ON event "
    "BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END",
    "CREATE TRIGGER ledger_not_deleted BEFORE DELETE ON ledger "
    "BEGIN SELECT RAISE(ABORT, 'accepted mail is never deleted'); END",
    f"CREATE TRIGGER ticket_counted AFTER INSERT ON ticket BEGIN {_sqlite_count('NEW', '+')} END",
    f"CREATE TRIGGER ticket_recounted AFTER UPDATE OF level, turn, status ON ticket "
    f"BEGIN {_sqlite_count('OLD', '-')} {_sqlite_count('NEW', '+')} END",
    f"CREATE TRIGGER ticket_uncounted AFTER DELETE ON ticket BEGIN {_sqlite_count('OLD', '-')} END",
    "CREATE TRIGGER ledger_counted AFTER INSERT ON ledger BEGIN "
    "UPDATE ledger_count SET mails = mails + 1 WHERE word IN ('accepted', NEW.fate) AND slot = 0; END",
    "CREATE TRIGGER ledger_recounted AFTER UPDATE OF fate ON ledger BEGIN "
    "UPDATE ledger_count SET mails = mails - 1 WHERE word = OLD.fate AND slot = 0; "
    "UPDATE ledger_count SET mails = mails + 1 WHERE word = NEW.fate AND slot = 0; END",
)

_SLOT = f"pg_backend_pid() % {POSTGRES_SLOTS}"
POSTGRES_TRIGGERS = (
    """CREATE FUNCTION tierdesk_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '% rows are never edited or deleted', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    "CREATE TRIGGER event_not_edited BEFORE UPDATE OR DELETE ON event FOR EACH ROW EXECUTE FUNCTION tierdesk_refuse()",
    "CREATE TRIGGER ledger_not_deleted BEFORE DELETE ON ledger FOR EACH ROW EXECUTE FUNCTION tierdesk_refuse()",
    f"""CREATE FUNCTION tierdesk_count_ticket() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP <> 'INSERT' AND OLD.status NOT IN ('solved', 'closed') THEN
        UPDATE queue_count SET tickets = tickets - 1 WHERE level = OLD.level AND turn = OLD.turn AND slot = {_SLOT};
      END IF;
      IF TG_OP <> 'DELETE' AND NEW.status NOT IN ('solved', 'closed') THEN
        UPDATE queue_count SET tickets = tickets + 1 WHERE level = NEW.level AND turn = NEW.turn AND slot = {_SLOT};
      END IF;
      RETURN NULL;
    END $$""",
    "CREATE TRIGGER ticket_counted AFTER INSERT OR DELETE ON ticket "
    "FOR EACH ROW EXECUTE FUNCTION tierdesk_count_ticket()",
    "CREATE TRIGGER ticket_recounted AFTER UPDATE ON ticket FOR EACH ROW WHEN (OLD.level <> NEW.level "
    "OR OLD.turn <> NEW.turn OR OLD.status <> NEW.status) EXECUTE FUNCTION tierdesk_count_ticket()",
    f"""CREATE FUNCTION tierdesk_count_mail() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'INSERT' THEN
        UPDATE ledger_count SET mails = mails + 1 WHERE word IN ('accepted', NEW.fate) AND slot = {_SLOT};
      ELSE
        UPDATE ledger_count SET mails = mails - 1 WHERE word = OLD.fate AND slot = {_SLOT};
        UPDATE ledger_count SET mails = mails + 1 WHERE word = NEW.fate AND slot = {_SLOT};
      END IF;
      RETURN NULL;
    END $$""",
    "CREATE TRIGGER ledger_counted AFTER INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION tierdesk_count_mail()",
    "CREATE TRIGGER ledger_recounted AFTER UPDATE ON ledger FOR EACH ROW WHEN (OLD.fate <> NEW.fate) "
    "EXECUTE FUNCTION tierdesk_count_mail()",
)

# What is indexed is folded and cut into words before: the tokenizer has nothing to add. store/search_index.py
SQLITE_SEARCH = (
    "CREATE VIRTUAL TABLE search_words USING fts5"
    "(subject, sender, body, content='', tokenize='unicode61 remove_diacritics 0')"
)
POSTGRES_SEARCH = (
    "CREATE TABLE search_words (message_id integer PRIMARY KEY, ticket_id integer NOT NULL, words tsvector NOT NULL)",
    "CREATE INDEX ix_search_words_ticket ON search_words (ticket_id)",
    "CREATE INDEX ix_search_words_words ON search_words USING gin (words)",
)


def _tables() -> None:
    op.create_table(
        "blob",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", BYTES, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_blob")),
    )
    op.create_table(
        "contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("address <> ''", name=op.f("ck_contact_address_given")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint("address", name=op.f("uq_contact_address")),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "ledger_count",
        sa.Column("word", sa.String(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("mails", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("word", "slot", name=op.f("pk_ledger_count")),
    )
    op.create_table(
        "policy_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("toml", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_version")),
    )
    op.create_table(
        "queue_count",
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("tickets", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("level", "turn", "slot", name=op.f("pk_queue_count")),
    )
    op.create_table(
        "setting",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_setting")),
    )
    op.create_table(
        "staff",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("is_blocked", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("login", name=op.f("uq_staff_login")),
    )
    op.create_table(
        "staff_role",
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            word("role_known", "level1", "level2", "level3", "moderator", "supervisor", "owner"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_role_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", "role", name=op.f("pk_staff_role")),
    )
    op.create_table(
        "ticket",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("requester_id", sa.Integer(), nullable=False),
        sa.Column("channel", word("channel_known", "mail", "phone", "watch"), nullable=False),
        sa.Column("mailbox", sa.String(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("difficulty", sa.Integer(), nullable=False),
        sa.Column("priority", word("priority_known", "low", "normal", "high", "urgent"), nullable=False),
        sa.Column(
            "status", word("status_known", "new", "open", "pending", "on_hold", "solved", "closed"), nullable=False
        ),
        sa.Column("assignee_id", sa.Integer(), nullable=True),
        sa.Column("claimed_by", sa.Integer(), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("alarm_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wake_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("linked_ticket_id", sa.Integer(), nullable=True),
        sa.Column("rules", JSON, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status = 'closed' OR waiting_since IS NOT NULL OR wake_at IS NOT NULL",
            name=op.f("ck_ticket_open_has_next_moment"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('pending', 'on_hold', 'solved') OR wake_at IS NOT NULL",
            name=op.f("ck_ticket_sleeper_has_wake"),
        ),
        sa.CheckConstraint("(claimed_by IS NULL) = (claimed_until IS NULL)", name=op.f("ck_ticket_claim_is_a_lease")),
        sa.CheckConstraint("difficulty BETWEEN 1 AND 5", name=op.f("ck_ticket_difficulty_known")),
        sa.CheckConstraint("level BETWEEN 1 AND 3", name=op.f("ck_ticket_level_known")),
        sa.CheckConstraint("turn IN (0, 1)", name=op.f("ck_ticket_turn_known")),
        sa.ForeignKeyConstraint(["assignee_id"], ["staff.id"], name=op.f("fk_ticket_assignee_id")),
        sa.ForeignKeyConstraint(["claimed_by"], ["staff.id"], name=op.f("fk_ticket_claimed_by")),
        sa.ForeignKeyConstraint(["linked_ticket_id"], ["ticket.id"], name=op.f("fk_ticket_linked_ticket_id")),
        sa.ForeignKeyConstraint(["requester_id"], ["contact.id"], name=op.f("fk_ticket_requester_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_ticket_alarm",
        "ticket",
        ["alarm_at"],
        unique=False,
        sqlite_where=sa.text("alarm_at IS NOT NULL"),
        postgresql_where=sa.text("alarm_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_ticket_assignee_id"), "ticket", ["assignee_id"], unique=False)
    op.create_index(
        "ix_ticket_open",
        "ticket",
        ["turn", "next_at", "id"],
        unique=False,
        sqlite_where=sa.text("status NOT IN ('solved', 'closed')"),
        postgresql_where=sa.text("status NOT IN ('solved', 'closed')"),
    )
    op.create_index(
        "ix_ticket_queue",
        "ticket",
        ["level", "turn", "next_at", "id"],
        unique=False,
        sqlite_where=sa.text("status NOT IN ('solved', 'closed')"),
        postgresql_where=sa.text("status NOT IN ('solved', 'closed')"),
    )
    op.create_index("ix_ticket_requester", "ticket", ["requester_id", "id"], unique=False)
    op.create_index(
        "ix_ticket_wake",
        "ticket",
        ["wake_at"],
        unique=False,
        sqlite_where=sa.text("wake_at IS NOT NULL AND status NOT IN ('new', 'open')"),
        postgresql_where=sa.text("wake_at IS NOT NULL AND status NOT IN ('new', 'open')"),
    )
    op.create_table(
        "draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("staff_login", sa.String(), nullable=False),
        sa.Column("kind", word("draft_kind_known", "customer", "staff", "note", "system"), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_draft_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sa.UniqueConstraint("ticket_id", "staff_login", "kind", name=op.f("uq_draft_ticket_id_staff_login_kind")),
    )
    op.create_index(op.f("ix_draft_staff_login"), "draft", ["staff_login"], unique=False)
    op.create_index(op.f("ix_draft_ticket_id"), "draft", ["ticket_id"], unique=False)
    op.create_table(
        "event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.Column("data", JSON, nullable=False),
        sa.CheckConstraint("actor <> ''", name=op.f("ck_event_actor_given")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_event_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    op.create_index("ix_event_actor", "event", ["actor", "id"], unique=False)
    op.create_index("ix_event_ticket", "event", ["ticket_id", "id"], unique=False)
    op.create_table(
        "ledger",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("peer", sa.String(), nullable=False),
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("mail_from", sa.String(), nullable=False),
        sa.Column("rcpt_to", JSON, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column(
            "fate",
            word("fate_known", "pending", "new_ticket", "appended", "duplicate", "automatic", "quarantined", "poison"),
            nullable=False,
        ),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("rules", JSON, nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.Column("duplicate_of", sa.Integer(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wants_ticket_id", sa.Integer(), nullable=True),
        sa.Column("flood_of", sa.Integer(), nullable=True),
        sa.Column("decision", JSON, nullable=True),
        sa.CheckConstraint(
            "(fate = 'duplicate') = (duplicate_of IS NOT NULL)", name=op.f("ck_ledger_duplicate_names_the_first")
        ),
        sa.CheckConstraint(
            "fate NOT IN ('new_ticket', 'appended') OR ticket_id IS NOT NULL", name=op.f("ck_ledger_filed_has_ticket")
        ),
        sa.CheckConstraint("flood_of IS NULL OR fate = 'quarantined'", name=op.f("ck_ledger_folded_waits")),
        sa.ForeignKeyConstraint(["duplicate_of"], ["ledger.id"], name=op.f("fk_ledger_duplicate_of")),
        sa.ForeignKeyConstraint(["flood_of"], ["ledger.id"], name=op.f("fk_ledger_flood_of")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ledger_ticket_id")),
        sa.ForeignKeyConstraint(["wants_ticket_id"], ["ticket.id"], name=op.f("fk_ledger_wants_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger")),
    )
    op.create_index("ix_ledger_fate", "ledger", ["fate", "id"], unique=False)
    _partial_index("ix_ledger_flood_of", "ledger", ["flood_of", "id"], "flood_of IS NOT NULL")
    _partial_index("ix_ledger_duplicate_of", "ledger", ["duplicate_of"], "duplicate_of IS NOT NULL")
    _partial_index("ix_ledger_pending", "ledger", ["due_at", "id"], "fate = 'pending'")
    op.create_index(op.f("ix_ledger_ticket_id"), "ledger", ["ticket_id"], unique=False)
    op.create_index(
        "uq_ledger_digest",
        "ledger",
        ["digest"],
        unique=True,
        sqlite_where=sa.text("duplicate_of IS NULL"),
        postgresql_where=sa.text("duplicate_of IS NULL"),
    )
    op.create_table(
        "participant",
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_participant_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", "address", name=op.f("pk_participant")),
    )
    op.create_index(op.f("ix_participant_address"), "participant", ["address"], unique=False)
    op.create_table(
        "ticket_tag",
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("tag", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_tag_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", "tag", name=op.f("pk_ticket_tag")),
    )
    op.create_index(op.f("ix_ticket_tag_tag"), "ticket_tag", ["tag"], unique=False)
    op.create_table(
        "ledger_raw",
        sa.Column("ledger_id", sa.Integer(), nullable=False),
        sa.Column("raw", BYTES, nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("plain_size", sa.Integer(), nullable=True),
        sa.CheckConstraint("file = '' OR length(raw) = 0", name=op.f("ck_ledger_raw_bytes_in_one_place")),
        sa.ForeignKeyConstraint(["ledger_id"], ["ledger.id"], name=op.f("fk_ledger_raw_ledger_id")),
        sa.PrimaryKeyConstraint("ledger_id", name=op.f("pk_ledger_raw")),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("kind", word("kind_known", "customer", "staff", "note", "system"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author_name", sa.String(), nullable=False),
        sa.Column("author_address", sa.String(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("ledger_id", sa.Integer(), nullable=True),
        sa.Column("takes_turn", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["ledger_id"], ["ledger.id"], name=op.f("fk_message_ledger_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_message_staff_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_message_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_message_message_id",
        "message",
        ["message_id"],
        unique=False,
        sqlite_where=sa.text("message_id <> ''"),
        postgresql_where=sa.text("message_id <> ''"),
    )
    op.create_index("ix_message_ticket", "message", ["ticket_id", "id"], unique=False)
    op.create_index(
        "uq_message_ledger",
        "message",
        ["ledger_id"],
        unique=True,
        sqlite_where=sa.text("ledger_id IS NOT NULL"),
        postgresql_where=sa.text("ledger_id IS NOT NULL"),
    )
    op.create_table(
        "attachment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_attachment_message_id")),
        sa.ForeignKeyConstraint(["sha256"], ["blob.sha256"], name=op.f("fk_attachment_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    op.create_index(op.f("ix_attachment_message_id"), "attachment", ["message_id"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("answer_id", sa.Integer(), nullable=True),
        sa.Column("kind", word("outbox_kind_known", "answer", "acknowledgement"), nullable=False),
        sa.Column("envelope_from", sa.String(), nullable=False),
        sa.Column("sender_name", sa.String(), nullable=False),
        sa.Column("sender_address", sa.String(), nullable=False),
        sa.Column("to_name", sa.String(), nullable=False),
        sa.Column("to_address", sa.String(), nullable=False),
        sa.Column("reply_to", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("in_reply_to", sa.String(), nullable=False),
        sa.Column("references", JSON, nullable=False),
        sa.Column("state", word("outbox_state_known", "queued", "sending", "sent", "dead"), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_reply", sa.String(), nullable=False),
        sa.CheckConstraint(
            "(state = 'sending') = (lease_until IS NOT NULL)", name=op.f("ck_outbox_sending_is_a_lease")
        ),
        sa.ForeignKeyConstraint(["answer_id"], ["message.id"], name=op.f("fk_outbox_answer_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_outbox_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("answer_id", name=op.f("uq_outbox_answer_id")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outbox_message_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_to", "outbox", ["to_address", "created_at"], unique=False)
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["due_at", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('queued', 'sending')"),
        postgresql_where=sa.text("state IN ('queued', 'sending')"),
    )
    op.create_index(op.f("ix_outbox_ticket_id"), "outbox", ["ticket_id"], unique=False)
    op.create_table(
        "delivery_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("outbox_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reply", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name=op.f("fk_delivery_attempt_outbox_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_attempt")),
    )
    op.create_index(op.f("ix_delivery_attempt_outbox_id"), "delivery_attempt", ["outbox_id"], unique=False)
