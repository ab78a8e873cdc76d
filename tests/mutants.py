"""Faults put in by hand, each of which must turn a named test red: a test that cannot fail is no proof.

``make mutants`` copies the tree, puts in one fault at a time, runs the test that guards against it, which passes without
the fault, and says in a line each which were noticed. Not part of the ordinary run: it takes a quarter of an hour.
"""

# ruff: noqa: E501  (code quoted in the table keeps its lines)

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("procedure", "store", "desk", "intake", "outbox", "app", "tui", "tests")
KILLED, SURVIVED, NO_FIT, RED_ALREADY = "killed", "SURVIVED", "DOES NOT FIT", "RED WITHOUT IT"
LAWS = "tests/laws/test_random_histories.py"


@dataclass(frozen=True)
class Mutant:
    """One fault: what stood in a file, what stands there instead, and the test that must notice."""

    law: int
    name: str
    file: str
    old: str
    new: str
    test: str


MUTANTS = (
    Mutant(1, "synchronous=NORMAL", "store/engine.py", '"synchronous=FULL"', '"synchronous=NORMAL"',
           "tests/store/test_engine.py -k keep_what_was_committed"),
    Mutant(1, "deferred writes", "store/database.py", 'sqlite_begin="IMMEDIATE"', 'sqlite_begin="DEFERRED"',
           "tests/store/test_database.py -k from_its_first_moment"),
    Mutant(1, "one transaction for half a batch", "desk/ledger.py", "return desk.database.write(lambda session: _write(session, actor, kept), urgent=True)",
           "return [desk.database.write(lambda session: _write(session, actor, [one]))[0] for one in kept]",
           "tests/desk/test_ledger.py -k whole_or_not_at_all"),
    Mutant(1, "a large mail is not synced", "store/spool.py", "        os.fsync(file)\n", "        pass\n",
           "tests/crash/test_power_cut.py -k nothing_acknowledged_is_lost"),
    Mutant(1, "the name of a large mail is not synced", "store/spool.py", "            _sync_folder(path.parent)\n", "",
           "tests/crash/test_power_cut.py -k nothing_acknowledged_is_lost"),
    Mutant(1, "the folder of a new day is not synced", "store/spool.py", "            _sync_folder(self._folder)\n", "",
           "tests/crash/test_power_cut.py -k nothing_acknowledged_is_lost"),
    Mutant(1, "a large mail without its file", "desk/raw_mail.py", "    spool.keep(file, envelope.raw)\n", "", "tests/desk/test_raw_mail.py"),
    Mutant(1, "ack before commit", "intake/listener.py", "ledger_id = await self._recorder.record(envelope)",
           "self._early = asyncio.create_task(self._recorder.record(envelope))\n        ledger_id = 0",
           "tests/intake/test_dialogs.py -k too_slow_commit"),
    Mutant(1, "500 on error", "intake/protocol.py", 'f"451 4.3.0 Trouble', 'f"554 5.3.0 Trouble', "tests/intake/test_dialogs.py -k our_bug"),
    Mutant(1, "the peer is told what went wrong inside", "intake/protocol.py", "(reference {reference})", "({error!r})",
           "tests/intake/test_dialogs.py -k our_bug"),
    Mutant(1, "nobody is urgent", "store/turns.py", "(urgent or not self._urgent)", "True", "tests/store/test_turns.py -k urgent"),
    Mutant(1, "a batch is filed while a peer waits", "desk/filing.py", "if done and desk.database.is_wanted:", "if False:",
           "tests/desk/test_filing.py -k arriving_mail"),
    Mutant(1, "a large mail goes with its peer", "intake/recorder.py", "await asyncio.shield(keeping)", "await keeping",
           "tests/intake/test_recorder.py -k stays_or_not"),
    Mutant(2, "neighbours are claimed again with what killed their filer", "desk/filing.py", "row.attempts or chosen[0].attempts or ", "",
           "tests/desk/test_filing.py -k claimed_alone"),
    Mutant(2, "a storm does not stop filing", "intake/filer.py", "while self._is_storm() and", "while False and",
           "tests/intake/test_filer.py -k steps_aside"),
    Mutant(1, "the power goes with synchronous=NORMAL", "store/engine.py", '"synchronous=FULL"', '"synchronous=NORMAL"',
           "tests/crash/test_power_cut.py -k nothing_acknowledged_is_lost"),
    Mutant(1, "the plain file goes first", "store/spool.py", 'self.keep(f"{name}{_PACKED}", small)',
           '(self._folder / name).unlink(missing_ok=True)\n        self.keep(f"{name}{_PACKED}", small)',
           "tests/store/test_spool.py -k crash_while_packing"),
    Mutant(1, "packed without a look back", "store/spool.py", "is_same = self._read_packed(name) == octets", "is_same = True",
           "tests/store/test_spool.py -k written_wrong"),
    Mutant(1, "packed without its digest", "desk/packing.py", "if not mail.has_its_digest:", "if mail.octets is None:",
           "tests/desk/test_packing.py -k its_digest"),
    Mutant(1, "the mark before the bytes", "desk/packing.py", "    for ledger_id, size, octets in small:\n", "    for ledger_id, size, octets in ():\n",
           "tests/desk/test_packing.py -k packed_and_the_same"),
    Mutant(2, "no digest", "desk/raw_mail.py", "return total.hexdigest()", 'return total.hexdigest() + __import__("secrets").token_hex(2)',
           "tests/desk/test_ledger.py -k 'duplicate or differ'"),
    Mutant(2, "digest without lengths", "desk/raw_mail.py", 'total.update(b"%d:" % len(part))', 'total.update(b":")',
           "tests/desk/test_ledger.py -k one_digest"),
    Mutant(2, "digest not unique", "store/migrations/versions/0001_first_tables.py",
           '["digest"],\n        unique=True', '["digest"],\n        unique=False', "tests/store/test_laws_of_the_schema.py"),
    Mutant(2, "filed twice", "desk/filing.py", "if row.fate is not Fate.PENDING:\n        return Filed(",
           "if row.fate is Fate.DUPLICATE:\n        return Filed(", "tests/desk/test_filing.py -k filing_twice"),
    Mutant(2, "no lease on a mail", "desk/filing.py", "row.lease_until = now + LEASE", "row.lease_until = None",
           "tests/desk/test_filing.py -k leased"),
    Mutant(2, "a lease on a mail never ends", "desk/filing.py", "or_(col(Ledger.lease_until).is_(None), col(Ledger.lease_until) <= now)",
           "col(Ledger.lease_until).is_(None)", "tests/desk/test_filing.py -k 'leased or disappears'"),
    Mutant(2, "mails of a fallen service wait", "desk/recovery.py", "col(Ledger.lease_until).is_not(None))", "Ledger.id == 0)",
           "tests/desk/test_recovery.py"),
    Mutant(2, "filers that fall for ever", "desk/filing.py", "if row.attempts >= MAX_DISAPPEARANCES:", "if row.attempts >= 99:",
           "tests/desk/test_filing.py -k disappears_ten_times"),
    Mutant(2, "no poison", "desk/filing.py", "if row.attempts >= MAX_ATTEMPTS:", "if row.attempts >= 99:", "tests/desk/test_filing.py -k poison"),
    Mutant(2, "a flood unfolded", "desk/floods.py", "row.flood_of = session.exec(statement).first()", "row.flood_of = None",
           "tests/desk/test_floods.py -k one_line"),
    Mutant(2, "a flood without its first", "desk/floods.py", "    head_anew(session, row.id)\n", "    return\n",
           "tests/desk/test_floods.py -k takes_it_out"),
    Mutant(2, "undo puts back what is filed", "desk/flood_decisions.py", "if is_open(row) and", "if",
           "tests/desk/test_floods.py -k stays_filed"),
    Mutant(2, "a decision on filed mail", "desk/decisions.py", "if row.fate not in PARKED:", "if row.fate is Fate.DUPLICATE:",
           "tests/desk/test_decisions.py -k another_fate"),
    Mutant(2, "a decision not carried out", "desk/decisions.py", 'not in ("release", "join")', 'not in ("release",)',
           "tests/desk/test_decisions.py -k test_join"),
    Mutant(2, "taken back after filing", "desk/decisions.py", "if not is_open(row):", "if row.fate is Fate.POISON:", "tests/desk/test_decisions.py -k another_fate"),
    Mutant(2, "poison keeps its decision", "desk/filing.py", "row.lease_until, row.decision = Fate.POISON, storable(reason)[:500], None, None",
           "row.lease_until = Fate.POISON, storable(reason)[:500], None", "tests/desk/test_decisions.py -k poison_again"),
    Mutant(5, "a decision without an event", "desk/decisions.py",
           'record(session, actor, now, "decided", ticket_id, data), ticket_id)', "0, ticket_id)", "tests/desk/test_decisions.py"),
    Mutant(2, "received again in silence", "desk/filing.py", "        _received_again(session, actor, row, ticket_id)\n", "        pass\n",
           "tests/desk/test_decisions.py -k received_again"),
    Mutant(3, "sleepers without a moment", "store/migrations/versions/0001_first_tables.py",
           "status NOT IN ('pending', 'on_hold', 'solved') OR wake_at IS NOT NULL", "1 = 1",
           "tests/store/test_laws_of_the_schema.py"),
    Mutant(3, "sleepers never wake", "desk/timers.py", "status = Status.OPEN if ticket.waiting_since is not None else "
           "after_wake(ticket.status)", "status = ticket.status", "tests/desk/test_timers.py"),
    Mutant(3, "a status silences", "procedure/turn.py", "if status is Status.PENDING and waiting is not None:",
           "if status is Status.PENDING and due_at is now:", "tests/desk/test_tickets.py -k silences"),
    Mutant(3, "solved is solved", "desk/timers.py", "Status.OPEN if ticket.waiting_since is not None else after_wake",
           "after_wake", "tests/desk/test_timers.py -k waiting_customer"),
    Mutant(3, "counters forget the level", "store/migrations/versions/0001_first_tables.py",
           "AFTER UPDATE OF level, turn, status ON ticket", "AFTER UPDATE OF turn, status ON ticket",
           "tests/store/test_queues.py -k counters"),
    Mutant(4, "outbox outside of the transaction", "desk/replies.py", "    full = _letter(policy",
           "    session.commit()\n    full = _letter(policy", "tests/desk/test_replies.py -k no_outbox_row"),
    Mutant(4, "dead answers count", "desk/outgoing.py", "session.get_one(Message, row.answer_id).takes_turn = False",
           "session.get_one(Message, row.answer_id).takes_turn = True", "tests/desk/test_outgoing.py -k dead_answer"),
    Mutant(4, "waiting_since ignores dead answers", "desk/recording.py",
           "Message.kind == MessageKind.STAFF, col(Message.takes_turn).is_(True)", "Message.kind == MessageKind.STAFF", "tests/desk/test_outgoing.py -k gives_the_turn_back"),
    Mutant(4, "a bounce is only noted", "desk/filing.py", "    outgoing.bounced(", "    (lambda *_: None)(",
           "tests/desk/test_filing.py -k bounce"),
    Mutant(4, "no lease on an outgoing mail", "desk/outgoing.py",
           "or_(col(Outbox.lease_until).is_(None), col(Outbox.lease_until) <= now),\n            )\n            .order_by",
           ")\n            .order_by", "tests/desk/test_outgoing.py -k leased"),
    Mutant(4, "a lease on an outgoing mail never ends", "desk/outgoing.py",
           "or_(col(Outbox.lease_until).is_(None), col(Outbox.lease_until) <= now)", "col(Outbox.lease_until).is_(None)",
           "tests/desk/test_outgoing.py -k disappeared"),
    Mutant(4, "answers of a fallen service stay behind", "desk/recovery.py", "col(Outbox.state) == OutboxState.SENDING",
           "Outbox.id == 0", "tests/desk/test_recovery.py"),
    Mutant(4, "another Message-ID on the second try", "desk/outgoing.py", "        message_id=row.message_id,\n        in_reply",
           "        message_id=f'<{row.attempts}{row.message_id[1:]}',\n        in_reply",
           "tests/desk/test_outgoing.py -k disappeared"),
    Mutant(4, "given up too late", "desk/outgoing.py", "now - row.created_at >= schedule.GIVE_UP_AFTER",
           "now - row.created_at > 2 * schedule.GIVE_UP_AFTER", "tests/desk/test_outgoing.py -k gives_the_turn_back"),
    Mutant(4, "stale answers are sent", "desk/replies.py", "        _refuse_stale(session, ticket, seen_message)\n", "",
           "tests/desk/test_replies.py -k meanwhile"),
    Mutant(5, "an event with half the change", "desk/recording.py", "changed = [field for field in is_now if",
           "changed = [field for field in is_now if field != 'wake_at' and", LAWS),
    Mutant(5, "a change without an event", "desk/outgoing.py", "    row.state, row.sent_at = OutboxState.SENT, now\n",
           "    row.state, row.sent_at = OutboxState.SENT, now\n    locked(session, row.ticket_id).priority = 'low'\n", LAWS),
    Mutant(5, "tags changed past the history", "desk/recording.py", "is_now = _fields(ticket, had if tags is None else tags)",
           "is_now = _fields(ticket, had)", "tests/desk/test_tickets.py -k tags"),
    Mutant(4, "a delay ends the answer", "desk/filing.py", "if where.delivery is Delivery.FAILED:", "if where.delivery is not Delivery.ARRIVED:",
           "tests/desk/test_filing_rules.py -k nothing_failed"),
    Mutant(3, "an answer's words make it a bounce", "procedure/automatic.py", "mark not in REPLY_MARKS and ", "",
           "tests/procedure/test_automatic.py -k null_sender"),
    Mutant(3, "a bounce without structure is not read", "intake/parsing/reports.py", "if not is_structured and not sounds_like_one:",
           "if not is_structured:", "tests/intake/test_mails.py -k bounce_words"),
    Mutant(3, "a program's version is a status", "intake/parsing/reports.py", "text[: below.start()] if below else text", "text",
           "tests/intake/test_mails.py -k version_is_no_status"),
    Mutant(3, "an attribution broken inside an address ends there", "procedure/quoting_marks.py", " and \"<\" not in lines[index", " and \"\" in lines[index",
           "tests/procedure/test_quoting.py -k attribution"),
    Mutant(3, "an address may have two at signs", "intake/parsing/addresses.py", '_BAD.pattern + "|@"', '_BAD.pattern + "|,"',
           "tests/intake/test_mails.py -k two_at_signs"),
    Mutant(3, "two senders without a comma are one", "intake/parsing/addresses.py", "if _is_another(", "if False and _is_another(",
           "tests/intake/test_mails.py -k without_comma"),
    Mutant(4, "a report's action is not read", "procedure/automatic.py", 'if mail.bounce_action == "delayed":', "if not mail.bounce_action:",
           "tests/procedure/test_automatic.py -k delivery"),
    Mutant(5, "events can be edited", "store/migrations/versions/0001_first_tables.py",
           "CREATE TRIGGER event_not_edited BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'events are never edited'); END",
           "CREATE TRIGGER event_not_edited BEFORE UPDATE ON event BEGIN SELECT 1; END",
           "tests/store/test_laws_of_the_schema.py -k event"),
    Mutant(5, "a fate without an event", "desk/filing.py", "    if where.fate not in (Fate.NEW_TICKET, Fate.APPENDED):",
           "    if where.fate is None:", "tests/desk/test_filing.py -k its_event"),
    Mutant(6, "any login proves staff", "procedure/authentication.py", "if not user or (user != login and user.lower() != lower):",
           "if not user:", "tests/desk/test_filing_rules.py -k another_login"),
    Mutant(6, "a login is not passed on", "intake/dialogue.py", "content.take(), self._user)", 'content.take(), "")',
           "tests/intake/test_dialogs.py -k auth_required"),
    Mutant(6, "a note address that leads nowhere", "desk/reading.py", "or not can_prove:", "or None:",
           "tests/desk/test_reading.py"),
    Mutant(6, "permission check removed", "desk/act.py", "if not actor.may(permission):", "if not actor.login:",
           "tests/desk/test_permission_contract.py"),
    Mutant(6, "one use case without a permission", "desk/timers.py", "@act(Permission.RUN_TIMERS)\n", "",
           "tests/desk/test_permission_contract.py"),
    Mutant(6, "asked after reading", "desk/act.py", "if not actor.may(permission):",
           "if desk.database.is_embedded and not actor.may(permission):", "tests/desk/test_permission_contract.py"),
    Mutant(6, "a role that may everything", "procedure/permissions.py", "return not MATRIX.get(permission, frozenset()).isdisjoint(roles)",
           "return Role.LEVEL1 in roles or not MATRIX.get(permission, frozenset()).isdisjoint(roles)",
           "tests/desk/test_permission_contract.py tests/procedure/test_permissions.py"),
    Mutant(7, "text from outside as it came", "tui/safe.py", "text = harmless(text, multiline=multiline)\n",
           'text = text if multiline else " ".join(text.split())\n', "tests/tui/test_safe.py"),
    Mutant(7, "a list past the one door", "tui/widgets/queue_columns.py", "padded(safe(text, width=cells), cells, column.is_right)",
           "padded(text, cells, column.is_right)", "tests/tui/test_screens_hostile.py"),
    Mutant(7, "a conversation past the one door", "tui/widgets/conversation_lines.py",
           "safe(message.text[:shown].rstrip(), multiline=True), GUTTER", "message.text[:shown].rstrip(), GUTTER",
           "tests/tui/test_screens_hostile.py"),
    Mutant(7, "no net under it", "tui/app.py", "[*super().get_line_filters(), ControlFilter()]", "[*super().get_line_filters()]",
           "tests/tui/test_net.py"),
    Mutant(7, "a net with holes", "tui/safe.py", 'Segment(_FORBIDDEN.sub("", text), style)', "Segment(text, style)",
           "tests/tui/test_safe.py -k filter"),
    Mutant(7, "C1 controls pass", "procedure/harmless.py", r'_CONTROL = "\x00-\x08\x0b-\x1f\x7f-\x9f"', r'_CONTROL = "\x00-\x08\x0b-\x1f\x7f"',
           "tests/procedure/test_harmless.py tests/tui/test_safe.py"),
    Mutant(7, "text can run backwards", "procedure/harmless.py", "[{_CONTROL}{_BIDI}{_INVISIBLE}{_BROKEN}]",
           "[{_CONTROL}{_INVISIBLE}{_BROKEN}]", "tests/procedure/test_harmless.py tests/tui/test_safe.py"),
    Mutant(7, "commands print it as it came", "app/plain.py", "harmless(text, multiline=True).encode", "text.encode",
           "tests/e2e/test_hostile.py -k no_command"),
    Mutant(7, "tables print it as it came", "app/plain.py", "isinstance(value, datetime) else harmless(str(value))",
           "isinstance(value, datetime) else str(value)", "tests/app/test_plain.py"),
    Mutant(7, "raw mail on a terminal", "app/commands/ledger.py", "plain.put(octets.decode", "click.echo(octets.decode", "tests/e2e/test_hostile.py -k raw_mail"),
    Mutant(8, "the machine's clock", "desk/timers.py", "now, policy = desk.clock.now(), in_force(session, desk)",
           "now, policy = __import__('datetime').datetime.now(__import__('datetime').UTC), in_force(session, desk)",
           "tests/desk/test_timers.py"),
    Mutant(9, "a draft lost on a stale answer", "desk/replies.py", "        _refuse_stale(session, ticket, seen_message)\n",
           "        _drop_draft(session, actor, ticket_id, MessageKind.STAFF)\n        session.commit()\n"
           "        _refuse_stale(session, locked(session, ticket_id), seen_message)\n",
           "tests/desk/test_replies.py -k meanwhile"),
    Mutant(9, "words are kept when they are sent", "tui/screens/ticket_writing.py",
           "await self.attempt(gateway.save_draft(ticket_id, kind, text)) is None", "False",
           "tests/tui/test_screens_writing.py -k draft_is_a_row"),
    Mutant(9, "a draft of whoever looks", "desk/replies.py", "staff_login=actor.login", 'staff_login="somebody"',
           "tests/desk/test_replies.py -k draft"),
    Mutant(9, "an answer called back is lost", "desk/undo.py",
           "    _keep_as_draft(session, actor, desk, ticket.id, answer.text)\n", "", "tests/desk/test_undo.py -k draft"),
    Mutant(10, "a claim does not hold", "desk/tickets.py", "if ticket.assignee_id not in (None, staff_id):",
           "if ticket.assignee_id == -1:", "tests/desk/test_claims.py"),
    Mutant(10, "tickets are changed without a lock", "desk/recording.py", ".where(col(Ticket.id) == ticket_id).with_for_update()",
           ".where(col(Ticket.id) == ticket_id)", "tests/desk/test_claims.py -k claim_at_once"),
    Mutant(10, "the next ticket is given twice", "desk/tickets.py",
           ".limit(1)\n            .with_for_update(skip_locked=True)", ".limit(1)", "tests/desk/test_claims.py -k at_once"),
    Mutant(10, "undo overwrites", "desk/undo.py", "            _refuse_changed(session, ticket, event)\n", "",
           "tests/desk/test_undo.py -k overwrites"),
    Mutant(0, "an hour that comes twice begins the second time", "procedure/calendars.py", "shown = local.replace(tzinfo=zone, fold=0)", "shown = local.replace(tzinfo=zone, fold=1)",
           "tests/procedure/test_calendars.py -k there_twice"),
    Mutant(0, "a night shift of yesterday is forgotten", "procedure/calendars.py", "- 2 * _ONE_DAY, start", ", start",
           "tests/procedure/test_calendars.py -k open_minutes"),
    Mutant(0, "overlapping windows count twice", "procedure/calendars.py", "                reached = closes\n", "                pass\n",
           "tests/procedure/test_calendars.py -k open_minutes"),
    Mutant(0, "a late holiday repairs nothing", "procedure/clocks.py", "newest.calendar(name) or step.rules.calendar(name)", "step.rules.calendar(name)",
           "tests/procedure/test_clocks.py -k late_holiday"),
    Mutant(0, "a stopped clock is judged by a later policy", "procedure/clocks.py", "list(_pieces(run, history)), history[run.last]", "list(_pieces(run, history)), history[-1]",
           "tests/procedure/test_clocks.py -k does_not_judge"),
    Mutant(0, "a reopened ticket was never solved", "procedure/clocks.py", "(CLOSED_STATUSES if is_whole else frozenset())", "frozenset()",
           "tests/procedure/test_clocks.py -k reopened"),
    Mutant(0, "a death leaves the waits after it", "procedure/clocks.py", "            runs.pop()\n", "            break\n",
           "tests/procedure/test_clocks.py -k takes_the_waits"),
    Mutant(0, "out of hours counts towards a due moment", "procedure/clocks.py", "moment = walk(piece.calendar, piece.start, length)", "moment = piece.start + length",
           "tests/procedure/test_clocks.py -k answered_in_hours"),
    Mutant(0, "a new policy waits for the ticket's next event", "procedure/timeline.py", "for version in versions[1:]", "for version in versions[1:1]",
           "tests/procedure/test_clocks.py -k while_pending"),
    Mutant(8, "an alarm is told again", "desk/timekeeping.py", "        if _key(kind, clock) in told:\n            continue\n", "",
           "tests/desk/test_alarms.py -k each_once"),
    Mutant(8, "two services tell of one breach", "desk/alarms.py", ".limit(BATCH)\n            .with_for_update(skip_locked=True)", ".limit(BATCH)",
           "tests/desk/test_alarms.py -k two_services"),
    Mutant(8, "a new policy moves the first tickets only", "desk/recounting.py", 'f"{version}:{tickets[-1].id}" if len(tickets) == BATCH else f"{version}"', 'f"{version}"',
           "tests/desk/test_alarms.py -k moves_what_is_open"),
    Mutant(5, "clocks are read by today's policy alone", "desk/timekeeping.py", "if policy.loaded_at is None or policy.loaded_at <= since:", "if True:",
           "tests/desk/test_alarms.py -k policy_of_its_time"),
    Mutant(0, "the feed hears nothing", "store/changes.py", "if version != self._seen:", "if version < self._seen:",
           "tests/store/test_changes.py"),
    Mutant(0, "pages lose ties", "store/queues.py", "place > tuple_(*after)", "place > tuple_(after[0], after[1], 2**31)",
           "tests/store/test_queues.py -k pages"),
    Mutant(0, "an attached mail stays with the child", "intake/frames.py", 'forwarded=_forwarded(fields["forwarded"])',
           "forwarded=None", "tests/intake/test_parse_anything.py -k forwarded_mail_reaches"),
    Mutant(0, "two equals signs are one", "intake/parsing/transfer.py", 'if b"==" in octets', 'if b"==" in b""',
           "tests/intake/test_mails.py -k two_equals_signs"),
    Mutant(0, "UTF-8 under any label of Asia", "intake/parsing/charsets.py", "letters=1 if _is_single_byte(name) else 3",
           "letters=1", "tests/intake/test_parse_anything.py -k two_letters"),
    Mutant(0, "a packet of RTF has no cap", "intake/parsing/rtf.py", "limit = len(_PRESET) + min(size, caps.text)",
           "limit = len(_PRESET) + size", "tests/intake/test_rtf.py -k small_packet"),
    Mutant(0, "Greek capitals are Russian", "intake/parsing/charset_guess.py", "and sure > 0.015 * high and sure >= 2", "",
           "tests/intake/test_charset_guess.py -k greek_is_greek"),
    Mutant(0, "an opened quote is told to the customer", "procedure/quoting.py", "ranges = _quoted(stripped)",
           "ranges = list(fold_ranges(text))", "tests/procedure/test_quoting_answers.py -k takes_nothing"),
    Mutant(0, "an unknown conversation opens its quotes", "procedure/quoting_answers.py",
           "sum(worded) >= 2 and sum(worded) * 2 >= len(worded)", "worded", "tests/procedure/test_quoting_answers.py -k unknown"),
    Mutant(0, "a weak rule speaks beside others", "procedure/routing.py", "    hits = [hit for hit in hits if not hit.rule.weak] or hits\n", "",
           "tests/procedure/test_routing.py -k decide"),
    Mutant(0, "one of two conditions is enough", "procedure/routing.py", "            reasons.append(_quoted(self._found(self.everything, rule.also)))",
           "            pass", "tests/procedure/test_routing.py -k decide"),
    Mutant(0, "the phrases of also are never asked for", "procedure/policy_values.py", "(rule.words, rule.subject, rule.also, rule.unless)",
           "(rule.words, rule.subject, rule.unless)", "tests/procedure/test_routing.py -k decide"),
    Mutant(0, "families in the written order only", "procedure/families.py", "for order in permutations(parts))", "for order in (parts,))",
           "tests/procedure/test_families.py"),
    Mutant(6, "who may not read searches", "desk/search.py", "@act(Permission.READ_TICKETS)\n", "", "tests/desk/test_permission_contract.py"),
    Mutant(0, "the end of one page is searched again", "store/searching.py", "return found[:limit], found[limit - 1]",
           "return found[:limit], found[limit - 1] + 1", "tests/desk/test_search.py -k pages_join"),
    Mutant(0, "a ticket with two entries stands twice", "store/searching.py", "[number for number, _ in groupby(rows)]", "list(rows)",
           "tests/desk/test_search.py -k pages_join"),
    Mutant(0, "an answer called back is still found", "desk/undo.py", "    search_index.take(session, answer_id, ticket.id, answer.text)\n", "    session.flush()\n",
           "tests/desk/test_search.py -k called_back"),
    Mutant(0, "accents count in the index", "procedure/search_fields.py", "        folded = fold(word)\n", "        folded = word.lower()\n",
           "tests/desk/test_search.py -k accents"),
    Mutant(0, "a quotation mark from the parser", "store/search_index.py", """.replace("'", "''")""", "", "tests/store/test_search_index.py -k not_trusted"),
    Mutant(0, "unknown is not false under a minus", "store/search_terms.py", "at.is_not(None) & holds(at)", "holds(at)", "tests/desk/test_search.py -k waits_for_nobody"),
    Mutant(0, "acknowledgements are indexed", "desk/correspondence.py", "    if kind is not MessageKind.SYSTEM or ledger_id is not None:\n", "    if True:\n",
           "tests/store/test_search_index.py -k acknowledgements"),
    Mutant(0, "an untouched ticket agrees with its rules", "desk/past_tickets.py", "        return None\n    return level_of_people", "        pass\n    return level_of_people",
           "tests/desk/test_policy_review.py -k people_judge"),
    Mutant(0, "a page of the past is read twice", "desk/past_tickets.py", "col(Ticket.id) < before", "col(Ticket.id) <= before",
           "tests/desk/test_policy_review.py -k pages"),
    Mutant(0, "a corrected difficulty is not heard", "procedure/learning.py", "    if level != routed or difficulty == routed_difficulty:\n", "    if True:\n",
           "tests/procedure/test_learning.py -k people_made"),
    Mutant(0, "words that all tickets have are told", "procedure/learning.py", "TIMES_AS_OFTEN * self._right_words[word] / right", "0",
           "tests/procedure/test_learning.py -k no_rule_knows"),
    Mutant(0, "the past overrules a rule", "procedure/acquaintance.py", "    if not is_undecided or number < AT_LEAST", "    if number < AT_LEAST",
           "tests/procedure/test_acquaintance.py -k weak_sign"),
    Mutant(0, "half of the past decides", "procedure/acquaintance.py", "2 * number <= len(earlier)", "2 * number < 0", "tests/procedure/test_acquaintance.py -k half_is_not"),
    Mutant(0, "a corrected estimate looks like the rules'", "tui/reasons.py", "    if routed == ticket.difficulty:\n", "    if True:\n", "tests/tui/test_reasons.py"),
    Mutant(0, "a short page ends the search", "tui/screens/search.py", "            if before is None or len(self._ids) >= wanted:\n", "            if True:\n",
           "tests/tui/test_screens_search.py -k where_a_look_ended"),
    Mutant(0, "the mark stands at the beginning of the line", "tui/widgets/search_line.py", "query.value[: mistake.start]", '""',
           "tests/tui/test_screens_search.py -k marked_at_its_place"),
    Mutant(0, "one page is enough for a command", "app/found.py", "        if before is None:\n", "        if True:\n", "tests/app/test_commands_ticket.py -k looks_further"),
)  # fmt: skip


def copy_of_the_tree(into: Path) -> None:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, into / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", into)


def verdict(mutant: Mutant, tree: Path, sound: dict[str, bool]) -> str:
    """Say what became of a fault; ``sound`` remembers for each test whether it passes without one."""
    path = tree / mutant.file
    text = path.read_text("utf-8")
    if text.count(mutant.old) != 1:
        return NO_FIT
    if mutant.test not in sound:
        sound[mutant.test] = run(mutant.test, tree) == 0
    if not sound[mutant.test]:
        return RED_ALREADY
    path.write_text(text.replace(mutant.old, mutant.new), "utf-8")
    try:
        return KILLED if run(mutant.test, tree) == 1 else SURVIVED
    finally:
        path.write_text(text, "utf-8")


def run(test: str, tree: Path) -> int:
    """Run tests in the copy and return pytest's exit status: 0 passed, 1 failed, more is trouble of another kind."""
    command = f"{sys.executable} -m pytest -q -x -p no:cacheprovider --timeout=240 --hypothesis-profile=unshrunk {test}"
    done = subprocess.run(command, shell=True, cwd=tree, capture_output=True, timeout=600, check=False)
    return done.returncode


def main() -> int:
    wanted = sys.argv[1:]
    chosen = [mutant for mutant in MUTANTS if not wanted or any(word in mutant.name for word in wanted)]
    sound: dict[str, bool] = {}
    counted: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="tierdesk-mutants-") as directory:
        tree = Path(directory)
        copy_of_the_tree(tree)
        for mutant in chosen:
            end = verdict(mutant, tree, sound)
            counted[end] += 1
            law = f"law {mutant.law}" if mutant.law else "feeds"
            print(f"{end:14}  {law:6}  {mutant.name}  ({mutant.file}; {mutant.test})", flush=True)
    print(", ".join(f"{number} {end}" for end, number in counted.items()), f"of {len(chosen)}")
    return 0 if counted[KILLED] == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
