"""What is known to go wrong with mail listeners, and which dialogue or test holds each; and probes that need more.

A dialogue is a file in ``dialogs/``; a test is ``module::function`` beside this file.
"""

from __future__ import annotations

import ast
import asyncio
import logging
import smtplib
import ssl
import tracemalloc
from pathlib import Path

import pytest

from intake.content import Content
from intake.settings import MEBIBYTE, ListenerSettings
from intake.users import line_for, read_users
from tests.intake.conftest import Open, server_context
from tests.intake.house import House

HERE = Path(__file__).parent

HELD = {
    "size announced, checked at MAIL": "parameters.smtp size_of_zero.smtp size_with_leading_zeros.smtp",
    "size checked in DATA, read to its end": "too_large.smtp mail_of_exactly_the_limit.smtp too_large.lmtp",
    "nobody is read for ever": "far_too_large.smtp far_too_large.lmtp",
    "long lines are content": "long_line.smtp long_lines_are_content.lmtp",
    "lines, header and line length have limits": "too_many_lines.smtp too_many_lines.lmtp header_too_large.smtp "
    "header_too_large.lmtp line_too_long_for_us.smtp line_too_long.lmtp",
    "long commands": "command_too_long.smtp command_without_end.smtp",
    "memory of one mail": "test_probes::test_empty_lines_cost_no_more_than_their_octets",
    "memory of all mails": "memory_counted_for_each_mail.smtp memory_full_before_data.smtp "
    "memory_full_in_data.smtp memory_full.lmtp",
    "timeouts: command, block, DATA, commit": "idle.smtp idle.lmtp idle_between_mails.smtp block_silence.smtp "
    "block_silence.lmtp slow_data.smtp trickle.smtp too_slow_commit.smtp too_slow_commit.lmtp",
    "a slow but steady upload is no timeout": "test_probes::test_a_steady_upload_outlasts_the_command_timer",
    "caps: connections, per peer": "peer_cap.smtp total_cap.smtp dead_peers_free_their_place.smtp "
    "test_protocol::test_connections_are_capped",
    "caps: recipients, commands, errors": "recipients.smtp recipient_limit.lmtp too_many_commands.smtp "
    "too_many_errors.smtp",
    "smuggling, each sequence": "smuggling.smtp smuggling.lmtp smuggling_lf_dot_lf.smtp smuggling_lf_dot_crlf.smtp "
    "smuggling_crlf_dot_lf.smtp smuggling_cr_dot_cr.smtp smuggling_cr_dot_crlf.smtp smuggling_crlf_dot_cr.smtp "
    "smuggling_nul_dot.smtp smuggling_dot_with_space.smtp",
    "bare LF in commands": "bare_line_feed.smtp",
    "bare CR and LF in mails are kept": "data_one_bare_line_feed.smtp data_one_bare_carriage_return.smtp",
    "dots": "data_dots.smtp data_empty.smtp test_protocol::test_any_cut_of_the_stream_gives_the_same_mail",
    "STARTTLS injection": "starttls_injection.smtp starttls_forgets_the_mail.smtp starttls_garbage.smtp",
    "STARTTLS": "starttls.smtp starttls.lmtp starttls_twice.smtp starttls_argument.smtp starttls_not_offered.smtp",
    "CHUNKING, BINARYMIME, DSN, REQUIRETLS are not offered": "bdat_is_refused.smtp binarymime_is_refused.smtp "
    "dsn_is_refused.smtp requiretls_is_refused.smtp greeting.lmtp plain_mail.smtp",
    "8BITMIME": "body_8bitmime_is_kept.smtp test_protocol::test_what_is_kept_is_what_was_sent",
    "SMTPUTF8 is required where it is needed": "smtputf8.smtp utf8_sender_with_ascii_recipient.smtp "
    "utf8_recipient.lmtp smtputf8_value.smtp",
    "PIPELINING": "pipelined.smtp pipelined.lmtp",
    "null sender": "null_sender.smtp test_protocol::test_what_is_kept_is_what_was_sent",
    "LMTP: greeting": "greeting.lmtp helo_is_refused.lmtp lhlo_needs_a_name.lmtp lhlo_is_not_smtp.smtp",
    "LMTP: a reply for each recipient": "mixed_recipients.lmtp same_recipient_twice.lmtp several_mails.lmtp "
    "our_bug.lmtp store_away_at_data.lmtp half_close.lmtp unix_socket.lmtp",
    "LMTP: DATA without recipients": "data_without_recipients.lmtp",
    "PROXY from nobody but named peers": "proxy_from_nobody.smtp proxy_version_1.smtp proxy_version_2.smtp "
    "proxy_version_2_ipv6.smtp proxy_version_2_local.smtp proxy_version_1_unknown.smtp proxy_header_bad.smtp "
    "proxy_header_missing.smtp proxy.lmtp test_proxy::test_nothing_else_is_raised",
    "AUTH only where somebody can pass it": "not_offered.smtp auth_not_offered.smtp auth_in_clear_is_refused.smtp "
    "auth_plain.smtp auth_login.smtp auth_wrong_passwords.smtp auth_bad_base64.smtp auth_cancelled.smtp "
    "auth_other_mechanism.smtp auth_once.smtp auth_plain_for_another.smtp auth_parameter_of_mail.smtp "
    "auth_required.smtp auth_not_asked_of_a_unix_socket.lmtp test_probes::test_a_program_logs_in_under_tls",
    "our trouble is 4xx, its text stays with us": "our_bug.smtp store_away.smtp store_away_at_rcpt.lmtp "
    "rcpt_after_our_trouble.smtp test_probes::test_the_reference_of_a_451_is_in_the_log",
    "numbers that are none": "parameters.smtp parameter_without_value.smtp",
    "browsers": "http_get.smtp http_post.smtp http.lmtp",
    "control octets, NUL and 8 bit in commands and addresses": "bad_paths.smtp command_nul.smtp command_8bit.smtp",
    "NUL in mails": "data_nul.smtp",
    "paths": "bad_paths.smtp plus_tag_octets.smtp quoted_local_part.smtp source_route.smtp long_sender.smtp "
    "address_literal_recipient.smtp",
    "no open relay": "unknown_recipient.smtp address_literal_recipient.smtp",
    "postmaster": "postmaster.smtp",
    "QUIT pipelined, side closed": "half_close_before_the_reply.smtp half_close_without_quit.smtp half_close.lmtp",
    "a peer that goes in the commit": "reset_in_the_commit.smtp reset_in_the_commit.lmtp "
    "test_protocol::test_a_peer_that_leaves_during_the_commit "
    "test_recorder::test_a_cancelled_connection_is_stored_once",
    "half a mail is no mail": "data_cut_short.smtp",
    "free space": "disk_nearly_full.smtp disk_nearly_full.lmtp size_beyond_disk.smtp disk_full_before_data.smtp",
    "order": "order.smtp data_without_recipients.smtp data_forgets_the_mail.smtp ehlo_again_forgets.smtp "
    "data_argument.smtp rset_argument.smtp quit_argument.smtp quit_in_the_middle.smtp data_commands_are_content.smtp",
    "HELP, VRFY, EXPN, NOOP": "help.smtp help.lmtp vrfy.smtp expn_is_refused.smtp noop_argument.smtp",
    "case and padding": "command_case.smtp command_padding.smtp",
    "one mail for several recipients": "several_recipients.smtp accepted_twice_is_one_recipient.smtp",
    "real programs": "test_protocol::test_real_clients_deliver test_protocol::test_smtplib_delivers",
    "sockets": "unix_socket.smtp test_sockets::test_another_program_keeps_its_socket "
    "test_sockets::test_a_stale_socket_is_replaced test_sockets::test_a_file_is_left_alone",
}


@pytest.mark.parametrize("rule", HELD)
def test_each_rule_is_held(rule: str) -> None:
    """Nothing in the table is a name only."""
    for holder in HELD[rule].split():
        module, _, function = holder.partition("::")
        if not function:
            assert (HERE / "dialogs" / holder).is_file(), holder
            continue
        names = {getattr(node, "name", "") for node in ast.walk(ast.parse((HERE / f"{module}.py").read_text("utf-8")))}
        assert function in names, holder


def test_empty_lines_cost_no_more_than_their_octets() -> None:
    """Millions of lines are one buffer, not millions of objects."""
    content = Content(64 * MEBIBYTE, 64 * MEBIBYTE, 10_000_000)
    tracemalloc.start()
    try:
        content.feed(b"X: y\r\n\r\n")
        for _ in range(16):
            content.feed(b"\r\n" * (MEBIBYTE // 4))
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert content.refusal is None and content.held < most < 3 * content.held


async def test_a_steady_upload_outlasts_the_command_timer(house: House, open_door: Open) -> None:
    """Each block starts the block's time anew: a mail may take longer than a command may."""
    host, port = await open_door(command_seconds=0.4, block_seconds=5.0)
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"HELO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<help@shop.example>\r\nDATA\r\n")
    loop = asyncio.get_running_loop()
    until = loop.time() + 0.8
    while loop.time() < until:
        writer.write(b"x\r\n")
        await asyncio.sleep(0.02)
    writer.write(b".\r\nQUIT\r\n")
    replies = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    assert b"250 2.6.0 Queued as 1" in replies


async def test_a_program_logs_in_under_tls(house: House, open_door: Open, certificate: Path) -> None:
    """The standard library's client finds STARTTLS and AUTH, each mechanism, and delivers."""
    users = read_users(line_for("relay", "open sesame", b"salt"))
    host, port = await open_door(tls=server_context(certificate), users=users, is_auth_required=True)

    def deliver(mechanism: str) -> None:
        trusted = ssl.create_default_context(cafile=str(certificate))
        trusted.check_hostname = False
        with smtplib.SMTP(host, port, timeout=10) as client:
            client.starttls(context=trusted)
            client.ehlo_or_helo_if_needed()
            client.user, client.password = "relay", "open sesame"
            client.auth(mechanism, getattr(client, f"auth_{mechanism.lower()}"))
            client.sendmail("a@b.example", ["help@shop.example"], f"Subject: {mechanism}\r\n\r\n")

    for mechanism in ("PLAIN", "LOGIN"):
        await asyncio.to_thread(deliver, mechanism)
    assert [mail.raw for mail in house.stored] == [b"Subject: PLAIN\r\n\r\n", b"Subject: LOGIN\r\n\r\n"]


async def test_the_reference_of_a_451_is_in_the_log(
    house: House, open_door: Open, caplog: pytest.LogCaptureFixture
) -> None:
    """Who is told a reference can be helped with it; the log has what happened, the reply has not."""
    house.has_bug = True
    host, port = await open_door()
    reader, writer = await asyncio.open_connection(host, port)
    with caplog.at_level(logging.ERROR, "tierdesk.intake"):
        writer.write(b"HELO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<help@shop.example>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n")
        replies = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    assert b"reference ref0123456" in replies and b"secret" not in replies
    assert "reference=ref0123456" in caplog.text and "secret text of ours" in caplog.text


def test_the_usual_limits_let_real_mail_in() -> None:
    """Lines, recipients and times are at least what RFC 5321 §4.5.3 asks for."""
    usual = ListenerSettings()
    assert usual.max_line_bytes > 2 * MEBIBYTE and usual.max_recipients >= 100
    assert (usual.command_seconds, usual.block_seconds) >= (300, 180)
