"""``tierdesk ticket``: the lists and fields that other programs rely on, and the work on a ticket."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.app.conftest import Run

TICKET_FIELDS = [
    "ref", "subject", "status", "level", "difficulty", "priority", "channel", "requester", "assignee", "tags",
    "created_at", "waiting_since", "due_at", "wake_at", "rules",
]  # fmt: skip
MESSAGE_FIELDS = ["id", "kind", "author", "at", "text", "message_id", "ledger_id", "attachments"]


def new(run: Run, subject: str = "Δεν λαμβάνω email", *more: str) -> str:
    """Open a ticket as a person would, and return its number."""
    arguments = ["--subject", subject, "--from", "nikos@example.gr", "--name", "N. Pappas", "--text", "Please help."]
    ran = run("ticket", "new", *arguments, *more)
    assert (ran.status, ran.err) == (0, "")
    return ran.out.strip()


def shown(run: Run, ticket: str) -> dict[str, object]:
    return run("ticket", "show", ticket, "--json").row


def test_a_ticket_has_its_fields(run: Run) -> None:
    """``list --json`` prints one object a line with the fields that are promised, in that order."""
    ticket = new(run)
    row = run("ticket", "list", "--json").row
    assert list(row) == TICKET_FIELDS
    assert (row["ref"], row["subject"], row["status"]) == (ticket, "Δεν λαμβάνω email", "new")
    assert row["requester"] == {"name": "N. Pappas", "address": "nikos@example.gr"}
    assert (row["channel"], row["assignee"], row["wake_at"]) == ("phone", None, None)
    assert all(set(hit) == {"rule", "because"} for hit in row["rules"]) and row["rules"]


def test_instants_are_utc(run: Run) -> None:
    """Instants are ISO 8601 with Z."""
    new(run)
    row = run("ticket", "list", "--json").row
    instants = [row[name] for name in ("created_at", "waiting_since", "due_at")]
    assert all(text.endswith("Z") and datetime.fromisoformat(text).tzinfo == UTC for text in instants)


def test_show_adds_messages_and_events(run: Run) -> None:
    """``show --json`` is one object: the ticket, its messages, its history."""
    ticket = new(run)
    run("ticket", "note", ticket, "--text", "Called back.")
    row = run("ticket", "show", ticket.lower(), "--json").row
    assert list(row) == [*TICKET_FIELDS, "messages", "events"]
    assert [list(message) for message in row["messages"]] == [MESSAGE_FIELDS, MESSAGE_FIELDS]
    assert [(m["kind"], m["text"]) for m in row["messages"]] == [("customer", "Please help."), ("note", "Called back.")]
    assert [event["kind"] for event in row["events"]] == ["created", "noted"]


def test_list_shows_what_is_open(run: Run) -> None:
    """Solved tickets are in ``--all`` alone; ``--level``, ``--text`` and ``--limit`` choose."""
    solved, first, second = new(run), new(run, "One", "--level", "1"), new(run, "Two", "--level", "2")
    run("ticket", "status", solved, "solved")

    def refs(*options: str) -> set[str]:
        return {row["ref"] for row in run("ticket", "list", "--json", *options).rows}

    assert refs() == {first, second}
    assert refs("--all") == {solved, first, second}
    assert refs("--level", "2") == {second}
    assert refs("--text", "pappas one") == {first}
    assert len(refs("--limit", "1")) == 1


def test_many_tickets_are_all_listed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that is read in pages leaves none out and tells none twice."""
    monkeypatch.setattr("desk.queues.PAGE", 3)
    expected = sorted(new(run, f"Number {number}") for number in range(7))
    assert sorted(row["ref"] for row in run("ticket", "list", "--json").rows) == expected


def test_text_comes_from_standard_input(run: Run) -> None:
    """Without --text, and with -, the text is what comes in, whatever the locale."""
    for arguments in (["--text", "-"], []):
        ran = run("ticket", "new", "--subject", "x", "--name", "Nikos", *arguments, stdin="Γεια\n".encode())
        assert shown(run, ran.out.strip())["messages"][0]["text"] == "Γεια"  # type: ignore[index]  # JSON


def test_new_prints_the_ticket_as_json(run: Run) -> None:
    """``new --json`` prints the ticket that was opened."""
    ran = run("ticket", "new", "--subject", "Down", "--from", "a@example.gr", "--text", "x", "--level", "3",
              "--priority", "urgent", "--channel", "watch", "--json")  # fmt: skip
    row = ran.row
    assert (list(row), row["level"], row["priority"], row["channel"]) == (TICKET_FIELDS, 3, "urgent", "watch")


def test_reply_queues_a_mail_and_hands_over_the_turn(run: Run) -> None:
    """An answer leaves by the outbox, and the ticket waits for the customer."""
    ticket = new(run)
    written = run("ticket", "reply", ticket, "--text", "Try again.", "--json").row
    (mail,) = run("outbox", "list", "--json").rows
    after = shown(run, ticket)
    assert (written["ref"], written["kind"], written["text"]) == (ticket, "staff", "Try again.")
    assert (mail["ticket"], mail["to"], mail["message_id"]) == (ticket, "nikos@example.gr", written["message_id"])
    assert (after["status"], after["waiting_since"], after["assignee"]) == ("pending", None, "owner")


@pytest.mark.parametrize(
    ("options", "status"), [(["--solve"], "solved"), (["--status", "open"], "open"), ([], "pending")]
)
def test_reply_sets_the_status(options: list[str], status: str, run: Run) -> None:
    """--solve and --status say where the ticket stands after the answer."""
    ticket = new(run)
    run("ticket", "reply", ticket, "--text", "x", *options)
    assert shown(run, ticket)["status"] == status


def test_each_change_is_made(run: Run) -> None:
    """assign, claim, level, status, difficulty, priority and tags do what they say, silently."""
    run("staff", "add", "maria", "--role", "level1", "--role", "supervisor")
    ticket = new(run)
    steps = [
        ["assign", ticket, "maria"],
        ["level", ticket, "3", "--note", "Server is down."],
        ["claim", ticket, "--as", "maria"],
        ["difficulty", ticket, "5"],
        ["priority", ticket, "urgent"],
        ["tags", ticket, "dns", "#Outage"],
        ["status", ticket, "on_hold", "--until", "2h"],
    ]
    assert [(run("ticket", *step).status, run("ticket", "list").err) for step in steps] == [(0, "")] * len(steps)
    row = shown(run, ticket)
    found = [row[name] for name in ("assignee", "level", "difficulty", "priority", "tags", "status")]
    assert found == ["maria", 3, 5, "urgent", ["dns", "outage"], "on_hold"]
    run("ticket", "assign", ticket, "--nobody")
    assert shown(run, ticket)["assignee"] is None


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["show", "TD-9"], 1, "tierdesk: There is no ticket TD-9.\n"),
        (["status", "TD-1001", "on_hold"], 1, "tierdesk: A ticket on hold needs the moment at which it comes back.\n"),
        (["status", "TD-1001", "closed"], 1, "from there it can become"),
        (["status", "TD-1001", "pending", "--until", "soon"], 2, "'soon' is not a moment"),
        (["status", "TD-1001", "pending", "--until", "2001-01-01"], 1, "is in the past"),
        (["status", "TD-1001", "new"], 2, "is not one of 'open'"),
        (["level", "TD-1001", "3"], 1, "A hand-over needs a note"),
        (["level", "TD-1001", "4"], 2, "is not one of"),
        (["assign", "TD-1001"], 2, "either a LOGIN or --nobody"),
        (["assign", "TD-1001", "ghost"], 1, "nobody called 'ghost'"),
        (["reply", "TD-1001", "--text", " "], 1, "the text is empty"),
        (["reply", "TD-1001", "--text", "x", "--solve", "--status", "open"], 2, "do not go together"),
        (["show", "seven"], 2, "'seven' is not a ticket such as TD-1042"),
        (["new", "--subject", " ", "--from", "a@example.gr", "--text", "x"], 1, "A ticket needs a subject"),
        (["new", "--subject", "x", "--text", "x"], 1, "A ticket needs a requester"),
        (["new", "--subject", "x", "--from", "nikos", "--text", "x"], 1, "is not a mail address"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_done_is_one_sentence(arguments: list[str], status: int, sentence: str, run: Run) -> None:
    """A refusal is status 1 and one line, wrong usage status 2; nothing on standard output either way."""
    assert new(run) == "TD-1001"
    ran = run("ticket", *arguments)
    assert (ran.status, ran.out) == (status, "")
    assert sentence in ran.err
    assert status == 2 or ran.err.count("\n") == 1


def test_the_owner_answers_in_somebodys_name(run: Run) -> None:
    """With staff, public words carry the name of one of them: --as says whose."""
    run("staff", "add", "maria", "--name", "Maria P.", "--role", "level1")
    ticket = new(run)
    refused = run("ticket", "reply", ticket, "--text", "x")
    assert (refused.status, "--as LOGIN" in refused.err) == (1, True)
    written = run("--as", "maria", "ticket", "reply", ticket, "--text", "x", "--json").row
    assert written["author"] == {"name": "Maria P.", "address": "support@example.com"}


HOSTILE = "\x1b[2J\x9b31m\u202eevil\x07\r\nBcc: all"


@pytest.mark.parametrize("command", [["ticket", "list"], ["ticket", "show", "TD-1001"], ["outbox", "list"]])
@pytest.mark.parametrize("option", [[], ["--json"]], ids=["text", "json"])
def test_nothing_from_outside_controls_the_terminal(command: list[str], option: list[str], run: Run) -> None:
    """Whatever customers write, a command prints no control character but line ends, and no bidi control."""
    run("ticket", "new", "--subject", HOSTILE, "--name", HOSTILE, "--from", "a@example.gr", "--text", HOSTILE)
    run("ticket", "reply", "TD-1001", "--text", HOSTILE)
    ran = run(*command, *option)
    assert ran.status == 0 and "evil" in ran.out
    assert [c for c in ran.out if (ord(c) < 32 and c != "\n") or 0x7F <= ord(c) < 0xA0 or c == "\u202e"] == []


def test_a_subject_is_one_line_of_the_table(run: Run) -> None:
    """A table has a head and one line for each ticket."""
    new(run, "a very long subject " * 20)
    lines = run("ticket", "list").out.splitlines()
    assert (len(lines), lines[0].split()[0], lines[1].split()[0]) == (2, "REF", "TD-1001")
    assert max(map(len, lines)) < 200


def test_search_prints_what_it_finds(run: Run) -> None:
    """The newest comes first; arguments that a shell took the marks off are phrases, and a minus is no option."""
    first, second = new(run, "ssl has expired"), new(run, "expired ssl")

    def refs(*query: str) -> list[str]:
        return [row["ref"] for row in run("ticket", "search", *query, "--json").rows]

    assert refs("ssl") == [second, first]
    assert refs("from:nikos", "ssl has") == [first]
    assert refs("ssl", "-has") == [second]
    assert refs('ssl -"has expired" level:1,2,3') == [second]
    assert refs("--limit", "1", "ssl") == [second]
    assert refs("nothing-like-it") == []
    assert list(run("ticket", "search", f"ref:{first}", "--json").row) == TICKET_FIELDS
    assert second in run("ticket", "search", "ssl").out


def test_a_command_looks_further_until_it_has_enough(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a single look does not reach is looked at by the next."""
    first = new(run, "ssl")
    for _ in range(4):
        new(run, "other")
    monkeypatch.setattr("store.searching.DEPTH", 2)
    assert [row["ref"] for row in run("ticket", "search", "-other", "--json").rows] == [first]


def test_a_search_that_means_nothing_shows_the_place(run: Run) -> None:
    """The sentence, the line, and a mark under the mistake."""
    ran = run("ticket", "search", "ssl", "fron:nikos")
    assert ran.status == 1
    sentence, line, mark = ran.err.splitlines()
    assert "from" in sentence
    assert line[mark.index("^") :].startswith("fron")
    assert mark.count("^") == 4


def test_the_index_is_written_anew(run: Run) -> None:
    """``migrate --search`` says how many messages the index holds, and the search finds as before."""
    ticket = new(run, "ssl")
    ran = run("migrate", "--search")
    assert (ran.status, "1 messages" in ran.out) == (0, True)
    assert run("ticket", "search", "ssl", "--json").row["ref"] == ticket
