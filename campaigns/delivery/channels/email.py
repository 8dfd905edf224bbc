"""`email_message`: mails rendered from a template, sent by SMTP or through a mail service that django-anymail supports.

A mail server can't be asked whether it already has a message, so email does not deduplicate: if a connection breaks
while a message is transferred, it may have arrived, and the outcome is UNKNOWN. A batch is divided among a few
connections, each kept open until its part is sent: sending a message takes four round trips, and waiting for them takes
most of the time.
"""

import smtplib
import time
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from email.utils import parseaddr
from http import HTTPStatus

from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.encoding import punycode
from requests.exceptions import Timeout
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from campaigns.delivery.channels.base import (
    STOPPED,
    ChannelDeclaration,
    ClaimedRecipient,
    DeliveryFailedError,
    Message,
    Outcome,
    Result,
    Wanted,
    always,
)
from campaigns.delivery.channels.destination_tests import describe_success, made_up_recipient
from campaigns.delivery.channels.failure_messages import (
    LONGEST_SENTENCE,
    describe_answer,
    describe_failure,
    describe_unrenderable,
    host_and_port,
)
from campaigns.delivery.channels.http import asked_wait, asks_to_wait, status_line
from campaigns.delivery.channels.mail import Mail
from campaigns.delivery.channels.mail_services import PROVIDERS, mail_service
from campaigns.delivery.channels.outgoing import within
from campaigns.delivery.channels.smtp import MailServer, is_certainly_unsent
from campaigns.delivery.rendering import fill_in, template_of
from campaigns.delivery.templates import CompiledTemplate, compile_template
from campaigns.delivery.unsubscribing import unsubscribe_url
from campaigns.models import Destination
from campaigns.models.ad_type import CreativeType
from campaigns.models.destination_kind import (
    ASCII,
    ATTRIBUTE,
    CONCURRENCY,
    TIMEOUT,
    URL,
    DestinationKind,
    Member,
    Secret,
    Settings,
)
from campaigns.models.mailbox import read_mailbox, write_mailbox
from campaigns.models.message_template import TemplateLanguage
from campaigns.models.setting_checks import is_ascii, is_host, is_text, is_within, one_of, trouble_of_value
from customers.mail_address import is_mail_address

PORTS = range(1, 65_536)
# Settings that have no effect without another one.
NEEDED = {
    **dict.fromkeys(("port", "encryption", "user"), "host"),
    **dict.fromkeys(("provider_url", "sender_domain"), "provider"),
}
TEST_SUBJECT = "Test"
TEST_TEXT = "This is a test of the destination {{ message.creative }}. Nobody else got it."
PEOPLE_AT_ONCE = 500
# SMTP's replies from here on are no more than "not now", and from here on final.
PASSING, PERMANENT = 400, 500
# How long a connection that is no longer needed may take to say goodbye.
GOODBYE_SECONDS = 2.0
SMTP = "django.core.mail.backends.smtp.EmailBackend"


def mail_backend(destination: Destination) -> BaseEmailBackend:
    """Django's connection to the destination's mail server or mail service."""
    secrets, provider = destination.secrets, destination.option("provider")
    seconds = destination.option("timeout_seconds")
    if provider:
        chosen = {"api_url": destination.option("provider_url"), "sender_domain": destination.option("sender_domain")}
        options = {name: value for name, value in chosen.items() if value}
        return mail_service(provider, seconds=seconds, api_key=secrets["api_key"], **options)
    if not destination.option("host"):
        return MailServer(is_trusted=True, timeout=seconds) if settings.EMAIL_BACKEND == SMTP else get_connection()
    encryption = destination.option("encryption")
    return MailServer(
        host=destination.option("host"),
        port=destination.option("port"),
        username=destination.option("user") or "",
        password=secrets.get("password", ""),
        use_tls=encryption == "starttls",
        use_ssl=encryption == "tls",
        timeout=seconds,
    )


class EmailChannel:
    """One mail a recipient."""

    deduplicates = False
    batch_size = PEOPLE_AT_ONCE

    def __init__(self, destination: Destination, template: CompiledTemplate) -> None:
        self.destination = destination.name
        self.rate: float | None = destination.rate_per_second
        self.seconds: float = destination.option("timeout_seconds")
        self.sender = write_mailbox(destination.option("from_address"))
        self.domain = punycode(parseaddr(self.sender)[1].rpartition("@")[2])
        reply_to = destination.option("reply_to")
        self.reply_to = [write_mailbox(reply_to)] if reply_to else []
        self.address_attribute: str = destination.option("address_attribute")
        self.template = template
        self.backends = [mail_backend(destination) for _ in range(destination.option("concurrency"))]

    def send(self, message: Message, recipients: Sequence[ClaimedRecipient], wanted: Wanted = always) -> list[Result]:
        """Mail each who has an address."""
        number = min(len(self.backends), len(recipients))
        with ThreadPoolExecutor(number or 1) as pool:
            shares = [recipients[first::number] for first in range(number)]
            sent = pool.map(
                lambda backend, share: self._send_share(backend, message, share, wanted), self.backends, shares
            )
            return [result for results in sent for result in results]

    def _send_share(
        self, backend: BaseEmailBackend, message: Message, recipients: Sequence[ClaimedRecipient], wanted: Wanted
    ) -> list[Result]:
        results: list[Result] = []
        # Once it concerns everybody, those that have not been tried are left for later.
        trouble = None
        try:
            for recipient in recipients:
                if not self._has_address(recipient):
                    results.append(Result(recipient.key, Outcome.SKIPPED, error="No mail address."))
                    continue
                trouble = trouble or (None if wanted() else STOPPED)
                if trouble is not None:
                    results.append(Result(recipient.key, Outcome.LATER, error=trouble))
                    continue
                result, trouble = self._send(backend, message, recipient)
                results.append(result)
        finally:
            _close(backend)
        return results

    def _has_address(self, recipient: ClaimedRecipient) -> bool:
        return is_mail_address(self._address(recipient))

    def _address(self, recipient: ClaimedRecipient) -> str:
        return str(recipient.attributes.get(self.address_attribute, "")).strip()

    def _send(
        self, backend: BaseEmailBackend, message: Message, recipient: ClaimedRecipient
    ) -> tuple[Result, str | None]:
        """The result, and the trouble that affects all other mails too, if any."""
        try:
            mail = self.mail(message, recipient)
        except Exception as error:  # noqa: BLE001 - a filter that this one's attributes break; others get their mail
            return Result(recipient.key, Outcome.FAILED, error=describe_unrenderable(error)), None
        with within(self.seconds):
            return self._exchange(backend, mail, recipient)

    def _exchange(
        self, backend: BaseEmailBackend, mail: Mail, recipient: ClaimedRecipient
    ) -> tuple[Result, str | None]:
        """The same for a rendered mail: connect and send, a second time if none of it was transferred."""
        for is_again in (False, True):
            trouble = self._open(backend)
            if trouble is not None:
                return Result(recipient.key, Outcome.LATER, error=trouble), trouble
            try:
                backend.send_messages([mail])
            except Exception as error:  # noqa: BLE001 - whatever it is, it is of one mail
                is_unsent = _is_unsent(backend, error)
                # A connection that had trouble isn't used again.
                _close(backend)
                # If it was closed between two mails, none of this one was transferred yet.
                if not is_unsent or is_again or _timed_out(error):
                    return self._result(backend, mail, recipient, error, is_unsent=is_unsent)
            else:
                break
        return Result(recipient.key, Outcome.SENT, reference=_reference(mail)), None

    def _result(
        self, backend: BaseEmailBackend, mail: Mail, recipient: ClaimedRecipient, error: Exception, *, is_unsent: bool
    ) -> tuple[Result, str | None]:
        """The result of an error for this mail, and the trouble that affects all others too, if any."""
        outcome = Outcome.LATER if is_unsent else outcome_of(error)
        if outcome is Outcome.SENT:
            return Result(recipient.key, outcome, reference=_reference(mail)), None
        is_common = is_unsent or concerns_all(error) or _timed_out(error)
        sentence, response = _sentence(backend, error, self.seconds), getattr(error, "response", None)
        asked = None if response is None else asked_wait(response.headers, time.time())
        if asked is not None:
            sentence += asks_to_wait(asked)
        return Result(recipient.key, outcome, error=sentence, retry_after=asked), sentence if is_common else None

    def _open(self, backend: BaseEmailBackend) -> str | None:
        """Connect where there is no connection; what is wrong with it, or None."""
        try:
            backend.open()
        except (OSError, ValueError) as error:
            _close(backend)
            return _sentence(backend, error, self.seconds)
        return None

    def mail(self, message: Message, recipient: ClaimedRecipient) -> Mail:
        """The mail to one recipient; its Message-ID is the same however often it is made."""
        address = unsubscribe_url(message.organization_id, recipient.customer_uuid)
        words = fill_in(self.template, message, recipient, unsubscribe_url=address)
        mail = Mail(
            words.subject,
            words.text,
            self.sender,
            [self._address(recipient)],
            reply_to=self.reply_to,
            headers={
                "Message-ID": f"<{recipient.key}@{self.domain}>",
                "List-Unsubscribe": f"<{address}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            },
        )
        if words.html:
            mail.attach_alternative(words.html, "text/html")
        return mail


def _close(backend: BaseEmailBackend) -> None:
    with suppress(OSError), within(GOODBYE_SECONDS):
        backend.close()


def _is_unsent(backend: BaseEmailBackend, error: Exception) -> bool:
    """Whether the connection broke (no reply refused the mail) before any of the mail was transferred."""
    is_reply = isinstance(error, AnymailError | smtplib.SMTPException)
    is_broken = isinstance(error, smtplib.SMTPServerDisconnected) or (isinstance(error, OSError) and not is_reply)
    return is_broken and is_certainly_unsent(backend)


def outcome_of(error: Exception) -> Outcome:
    """The outcome of a send that raised: FAILED, RETRY, LATER, UNKNOWN, or SENT if the mail was accepted."""
    if concerns_all(error):
        return Outcome.LATER
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        final = all(code >= PERMANENT for code, _ in error.recipients.values())
        return Outcome.FAILED if final else Outcome.RETRY
    if isinstance(error, smtplib.SMTPResponseException):
        return _outcome_of_reply(error)
    status = getattr(error, "status_code", None)
    if status is not None:
        return _outcome_of_status(status)
    is_final = isinstance(error, AnymailRecipientsRefused | ValueError | smtplib.SMTPNotSupportedError)
    return Outcome.FAILED if is_final else Outcome.UNKNOWN


def _outcome_of_reply(error: smtplib.SMTPResponseException) -> Outcome:
    """By the reply's code; UNKNOWN if it answers a whole mail and is neither an acceptance nor a refusal."""
    if isinstance(error, smtplib.SMTPDataError) and error.smtp_code < PASSING:
        return Outcome.UNKNOWN
    return Outcome.FAILED if error.smtp_code >= PERMANENT else Outcome.RETRY


def _outcome_of_status(status: int) -> Outcome:
    """By the HTTP status: 2xx means that the service accepted the mail, even if its body can't be read."""
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return Outcome.SENT
    return Outcome.UNKNOWN if status >= HTTPStatus.INTERNAL_SERVER_ERROR else Outcome.FAILED


def concerns_all(error: Exception) -> bool:
    """Whether the error affects all mails: the mail service can't be reached, or limits the rate."""
    if isinstance(error, AnymailAPIError) and error.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        return True
    cause = error.__cause__.args[0] if error.__cause__ and error.__cause__.args else None
    return isinstance(getattr(cause, "reason", None), NewConnectionError | ConnectTimeoutError)


def _timed_out(error: Exception) -> bool:
    """Whether a server was silent for so long that waiting again with each of the others would be in vain."""
    return isinstance(error, TimeoutError | Timeout) or isinstance(error.__context__, TimeoutError)


def _reference(mail: Mail) -> str:
    """What the mail is known by: the mail service's id, or its own Message-ID."""
    status = getattr(mail, "anymail_status", None)
    told = {each.message_id for each in status.recipients.values()} if status else set()
    return ", ".join(sorted(told - {None})) or mail.extra_headers["Message-ID"]


def _sentence(backend: BaseEmailBackend, error: Exception, seconds: float) -> str:
    """What went wrong: of what a mail service says its status line alone, of a mail server's reply the beginning."""
    status, response = getattr(error, "status_code", None), getattr(error, "response", None)
    if status is not None:
        return describe_answer(status_line(status, getattr(response, "reason", "")))
    replies: list[tuple[int, bytes | str]] = []
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        replies = list(error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        replies = [(error.smtp_code, error.smtp_error)]
    if replies:
        return describe_answer(_reply(*replies[0]))[:LONGEST_SENTENCE]
    told = describe_failure(_where(backend), error, seconds=seconds)
    return f"{told} (EMAIL_URL)" if getattr(backend, "is_trusted", False) else told


def _reply(code: int, text: bytes | str) -> str:
    told = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return " ".join(f"{code} {told}".split())


def _where(backend: BaseEmailBackend) -> str:
    """The host and port that a connection leads to."""
    service = getattr(backend, "api_url", None)
    if service:
        return host_and_port(service)
    return f"{getattr(backend, 'host', 'mail')}:{getattr(backend, 'port', 0)}"


def _is_mailbox(value: object) -> bool:
    """A mail address, alone or as `Name <address>`."""
    return isinstance(value, str) and is_text(value) and read_mailbox(value) is not None


def _conflicts(settings: Settings) -> list[str]:
    unmet = [
        f"{name}: without {other} it is of no use."
        for name, other in NEEDED.items()
        if name in settings and other not in settings
    ]
    instead = ["host: beside provider it is of no use."] if {"host", "provider"} <= settings.keys() else []
    return unmet + instead


def _further_secrets(settings: Settings, _secrets: Collection[str]) -> set[str]:
    if "provider" in settings:
        return {"api_key"}
    return {"password"} if "user" in settings else set()


def _trouble_of_password(password: str) -> str:
    """People choose it, and SMTP sends only ASCII."""
    return "" if is_ascii(password) else ASCII.sentence


def _test(destination: Destination, message: Message, to: str) -> str:
    if not is_mail_address(to):
        raise DeliveryFailedError("Whoever tests a mail destination needs a mail address of their own.")
    channel = EmailChannel(
        destination, compile_template(language=TemplateLanguage.LIQUID, subject=TEST_SUBJECT, text=TEST_TEXT, html="")
    )
    recipient = made_up_recipient(message, attributes={channel.address_attribute: to})
    return describe_success(channel.send(message, [recipient]), f"A mail went to {to}.")


MAILBOX = Member(_is_mailbox, "A mail address is expected.")
HOST = Member(is_host, "The name of a machine is expected, without a port.")
ENCRYPTIONS = frozenset({"none", "starttls", "tls"})
CHANNEL = ChannelDeclaration(
    kind=DestinationKind(
        name="email",
        label="Email",
        members={
            "from_address": replace(MAILBOX, required=True),
            "reply_to": MAILBOX,
            # A mail goes to no external id.
            "address_attribute": replace(ATTRIBUTE, default="email", other_names=frozenset()),
            "provider": Member(one_of(PROVIDERS), f"One of {', '.join(sorted(PROVIDERS))} is expected."),
            "sender_domain": HOST,
            "provider_url": URL,
            "host": HOST,
            "port": Member(
                is_within(PORTS), "A number from 1 to 65535 is expected.", default=587, trouble=trouble_of_value
            ),
            "encryption": Member(one_of(ENCRYPTIONS), "none, starttls or tls is expected.", default="starttls"),
            "user": ASCII,
            "concurrency": replace(CONCURRENCY, default=4),
            "timeout_seconds": TIMEOUT,
        },
        secrets={"password": Secret(trouble=_trouble_of_password), "api_key": Secret()},
        conflicts=_conflicts,
        further_secrets=_further_secrets,
    ),
    serves=(CreativeType.MESSAGING_PLATFORM_EMAIL,),
    consent="email_consent",
    make=lambda destination, message: EmailChannel(destination, template_of(message)),
    test=_test,
)
