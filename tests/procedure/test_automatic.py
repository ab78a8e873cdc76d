from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procedure.automatic import HEADERS, Automatic, Delivery, classify, delivery, is_silent, sounds_like_bounce
from procedure.mail import Address
from tests.procedure.mails import NIKOS, a_mail, from_address

REPLY = ("<td.1@desk.example>",)


def header(name: str, value: str, **changes: Any) -> Any:
    return a_mail(headers={name: value}, **changes)


PEOPLE = [
    a_mail(),
    header("auto-submitted", "no"),
    header("auto-submitted", "No; owner-email=x"),
    header("x-autoreply", "no"),
    header("precedence", "first-class"),
    header("x-auto-response-suppress", "None"),
    a_mail(subject="Out of office: how do I set it up?"),
    a_mail(subject="Automatic reply not working", in_reply_to=REPLY),
    a_mail(subject="Re: Out of office", in_reply_to=REPLY),
    a_mail(subject="[TD-7] Εκτός γραφείου", in_reply_to=REPLY),
    a_mail(subject="Delivery status notification"),
    a_mail(subject="Mail delivery failed: what does it mean?"),
    from_address("postmaster@customer.example"),
]
MACHINES = [
    (header("auto-submitted", "auto-replied"), Automatic.AUTO_REPLY),
    (header("auto-submitted", "Auto-Replied (vacation)"), Automatic.AUTO_REPLY),
    (header("x-autoreply", "yes"), Automatic.AUTO_REPLY),
    (header("x-autorespond", "Re: x"), Automatic.AUTO_REPLY),
    (header("x-auto-reply-from", "a@b"), Automatic.AUTO_REPLY),
    (header("precedence", "auto_reply"), Automatic.AUTO_REPLY),
    (header("precedence", "bulk", in_reply_to=REPLY), Automatic.AUTO_REPLY),
    (a_mail(subject="Automatic reply: Cannot log in", in_reply_to=REPLY), Automatic.AUTO_REPLY),
    (a_mail(subject="ΑΥΤΌΜΑΤΗ ΑΠΆΝΤΗΣΗ: x", references=REPLY), Automatic.AUTO_REPLY),
    (a_mail(subject="Εκτός γραφείου", in_reply_to=REPLY), Automatic.AUTO_REPLY),
    (a_mail(subject="Abwesenheitsnotiz: x", in_reply_to=REPLY), Automatic.AUTO_REPLY),
    (header("auto-submitted", "auto-generated"), Automatic.GENERATED),
    (header("auto-submitted", "auto-notified; x"), Automatic.GENERATED),
    (header("x-auto-response-suppress", "All"), Automatic.GENERATED),
    (a_mail(headers={"auto-submitted": "auto-generated", "list-id": "<x>"}), Automatic.GENERATED),
    (header("precedence", "bulk"), Automatic.BULK),
    (header("precedence", "list", in_reply_to=REPLY), Automatic.BULK),
    (header("precedence", "JUNK"), Automatic.BULK),
    (header("list-unsubscribe", "<mailto:x@y>"), Automatic.BULK),
    (a_mail(headers={"list-id": "<x>", "precedence": "bulk"}, in_reply_to=REPLY), Automatic.BULK),
    (a_mail(is_delivery_report=True), Automatic.BOUNCE),
    (a_mail(is_delivery_report=True, headers={"auto-submitted": "auto-replied"}), Automatic.BOUNCE),
    (header("x-failed-recipients", "a@b"), Automatic.BOUNCE),
    (from_address("MAILER-DAEMON@x.example", subject="Undeliverable: x"), Automatic.BOUNCE),
    (a_mail(sender=Address("Mail Delivery System", "x@y"), subject="Αδύνατη η παράδοση"), Automatic.BOUNCE),
    (from_address("MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@x", subject="Μη παραδόσιμο: x"), Automatic.BOUNCE),
    (header("content-type", "multipart/report; report-type=feedback-report"), Automatic.REPORT),
    (header("content-type", 'multipart/report; report-type="disposition-notification"'), Automatic.REPORT),
    (a_mail(subject="Report Domain: desk.example Submitter: x Report-ID: 1"), Automatic.REPORT),
]


@pytest.mark.parametrize("mail", PEOPLE)
def test_people(mail: Any) -> None:
    """A person who writes about machines is still a person."""
    assert classify(mail, NIKOS.address) is None


@pytest.mark.parametrize(("mail", "kind"), MACHINES)
def test_machines(mail: Any, kind: Automatic) -> None:
    """Each sign of RFC 3834, RFC 3464 and the customs around them names its kind of machine."""
    assert classify(mail, "x@y.example") is kind


@pytest.mark.parametrize(
    ("mail", "kind"),
    [
        (a_mail(), Automatic.AUTO_REPLY),
        (a_mail(subject="Undelivered Mail Returned to Sender"), Automatic.BOUNCE),
        (from_address("mailer-daemon@x.example"), Automatic.BOUNCE),
        (a_mail(subject="Onbestelbaar: x"), Automatic.BOUNCE),
        (a_mail(subject="Ανεπίδοτο μήνυμα: x"), Automatic.BOUNCE),
        (a_mail(subject="NOTICE: mail delivery status."), Automatic.BOUNCE),
        # the words are those of the ticket that is answered
        (a_mail(subject="Automatic reply: Mail delivery failed", in_reply_to=REPLY), Automatic.AUTO_REPLY),
        (a_mail(subject="Re: [TD-7] Undelivered Mail"), Automatic.AUTO_REPLY),
        (a_mail(subject="Απ: Μη παραδοτέο"), Automatic.AUTO_REPLY),
        (header("auto-submitted", "auto-generated"), Automatic.GENERATED),
    ],
)
def test_null_sender(mail: Any, kind: Automatic) -> None:
    """Under the null sender no person writes, and two signs of three make a bounce."""
    assert (classify(mail, ""), classify(mail, "<>")) == (kind, kind)


@pytest.mark.parametrize(
    ("sender", "subject", "sounds"),
    [("nikos@x", "x", False), ("MAILER-DAEMON@x", "x", True), ("nikos@x", "Undeliverable: x", True),
     ("nikos@x", "Re: Undeliverable: x", False), ("nikos@x", "Δεν είναι δυνατή η παράδοση: x", True)],
)  # fmt: skip
def test_sounds_like_bounce(sender: str, subject: str, sounds: bool) -> None:
    """One sign that a mail carries in itself makes it worth reading as a report, and no more."""
    assert sounds_like_bounce(Address("", sender), subject) is sounds


@pytest.mark.parametrize(
    ("action", "status", "subject", "expected"),
    [
        # what the report says to machines
        ("failed", "5.1.1", "Delivery delayed", Delivery.FAILED),
        ("failed", "4.4.7", "Warning", Delivery.FAILED),
        ("failed", "2.0.0", "x", Delivery.FAILED),
        ("delayed", "4.4.1", "Mail delivery failed", Delivery.DELAYED),
        ("delayed", "", "x", Delivery.DELAYED),
        ("delivered", "2.1.5", "x", Delivery.ARRIVED),
        ("relayed", "2.0.0", "Undeliverable", Delivery.ARRIVED),
        ("expanded", "", "x", Delivery.ARRIVED),
        ("delivered", "5.1.1", "x", Delivery.FAILED),
        # what it says to people
        ("", "4.4.1", "Delayed Mail (still being retried)", Delivery.DELAYED),
        ("", "", "Warning: message 1x delayed 24 hours", Delivery.DELAYED),
        ("", "4.4.7", "Undelivered Mail Returned to Sender", Delivery.FAILED),
        ("", "5.1.1", "Delivery delayed", Delivery.FAILED),
        ("", "2.0.0", "Delivery Status Notification", Delivery.ARRIVED),
        ("", "", "failure notice", Delivery.FAILED),
    ],
)
def test_delivery(action: str, status: str, subject: str, expected: Delivery) -> None:
    """The action decides, then class 2, then words; class 4 alone is a failure, and so is what contradicts itself."""
    assert delivery(a_mail(bounce_action=action, bounce_status=status, subject=subject)) is expected


@pytest.mark.parametrize(
    ("address", "silent"),
    [("noreply@x", True), ("No-Reply+17@x", True), ("noreply-orders@x", True), ("MAILER-DAEMON@x", True),
     ("bounce+x=y@z", True), ("nikos@x", False), ("reply@x", False), ("", False)],
)  # fmt: skip
def test_silent(address: str, silent: bool) -> None:
    """A mailbox that nobody reads says so in its name."""
    assert is_silent(address) is silent


@given(
    st.dictionaries(st.sampled_from(HEADERS), st.text(max_size=30)),
    st.text(),
    st.sampled_from(["", "x@y.example"]),
    st.booleans(),
)
def test_any_headers(headers: dict[str, str], subject: str, mail_from: str, is_report: bool) -> None:
    """Whatever the headers say, the answer is a kind of machine or a person; a null sender is never a person."""
    kind = classify(a_mail(headers=headers, subject=subject, is_delivery_report=is_report), mail_from)
    assert kind is not None or mail_from
