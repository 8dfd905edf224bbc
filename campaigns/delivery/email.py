"""`email_message`: a template's texts by SMTP, or through a mail service that django-anymail speaks to.

A mail server tells nobody who asks again that it has a message already. So email does not deduplicate: where a
connection breaks while a message is handed over, it may have arrived, and the result is UNKNOWN. A batch is shared out
over a few connections, each kept until its share is sent: a mail server answers four times a message, and waiting for
that is most of the work.
"""

import smtplib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from email.utils import parseaddr
from http import HTTPStatus
from typing import Any

from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused
from django.core.mail import get_connection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from campaigns.delivery.channel import STOPPED, Message, Outcome, Recipient, Result, Wanted, always
from campaigns.delivery.mail import Mail
from campaigns.delivery.unsubscribing import unsubscribe_url
from campaigns.delivery.wording import fill_in, template_of
from campaigns.models import Destination
from customers.models.mail_address import is_mail_address

PEOPLE_AT_ONCE = 500
# SMTP's replies from here on are final.
PERMANENT = 500
TIMEOUT_SECONDS = 30
SMTP = "django.core.mail.backends.smtp.EmailBackend"
# How each mail service calls its key.
KEYS: Mapping[str, str] = {"mailersend": "api_token", "postmark": "server_token"}


def mail_backend(destination: Destination) -> Any:
    """Django's connection to the destination's mail server or mail service."""
    secrets, provider = destination.secrets, destination.option("provider")
    if provider:
        options: dict[str, Any] = {KEYS.get(provider, "api_key"): secrets["api_key"]}
        chosen = {"api_url": destination.option("provider_url"), "sender_domain": destination.option("sender_domain")}
        options |= {name: value for name, value in chosen.items() if value}
        return get_connection(f"anymail.backends.{provider}.EmailBackend", **options)
    if not destination.option("host"):
        return get_connection()
    encryption = destination.option("encryption")
    return get_connection(
        SMTP,
        host=destination.option("host"),
        port=destination.option("port"),
        username=destination.option("user") or "",
        password=secrets.get("password", ""),
        use_tls=encryption == "starttls",
        use_ssl=encryption == "tls",
        timeout=TIMEOUT_SECONDS,
    )


class EmailChannel:
    """One mail a recipient."""

    deduplicates = False
    batch_size = PEOPLE_AT_ONCE

    def __init__(self, destination: Destination, message: Message) -> None:
        self.destination = destination.name
        self.rate: float | None = destination.rate_per_second
        self.sender: str = destination.option("from_address")
        self.domain = parseaddr(self.sender)[1].rpartition("@")[2]
        reply_to = destination.option("reply_to")
        self.reply_to = [reply_to] if reply_to else []
        self.address_attribute: str = destination.option("address_attribute")
        self.template = template_of(message)
        self.backends = [mail_backend(destination) for _ in range(destination.option("concurrency"))]

    def send(self, message: Message, recipients: Sequence[Recipient], wanted: Wanted = always) -> list[Result]:
        """Mail each who has an address."""
        number = min(len(self.backends), len(recipients))
        with ThreadPoolExecutor(number or 1) as pool:
            shares = [recipients[first::number] for first in range(number)]
            sent = pool.map(
                lambda backend, share: self._send_share(backend, message, share, wanted), self.backends, shares
            )
            return [result for results in sent for result in results]

    def _send_share(
        self, backend: Any, message: Message, recipients: Sequence[Recipient], wanted: Wanted
    ) -> list[Result]:
        results: list[Result] = []
        # Once it concerns everybody, those that have not been tried are left for later.
        trouble = None
        try:
            for recipient in recipients:
                if not self._has_address(recipient):
                    results.append(Result(recipient.key, Outcome.SKIPPED, error="No mail address."))
                    continue
                trouble = trouble or (_open(backend) if wanted() else STOPPED)
                if trouble is not None:
                    results.append(Result(recipient.key, Outcome.LATER, error=trouble))
                    continue
                result, trouble = self._send(backend, message, recipient)
                results.append(result)
        finally:
            _close(backend)
        return results

    def _has_address(self, recipient: Recipient) -> bool:
        return is_mail_address(self._address(recipient))

    def _address(self, recipient: Recipient) -> str:
        return str(recipient.attributes.get(self.address_attribute, "")).strip()

    def _send(self, backend: Any, message: Message, recipient: Recipient) -> tuple[Result, str | None]:
        """The result, and what concerns all others too."""
        try:
            mail = self.mail(message, recipient)
        except Exception as error:  # noqa: BLE001 - a filter that this one's attributes break; others get their mail
            return Result(recipient.key, Outcome.FAILED, error=_sentence(error)), None
        try:
            backend.send_messages([mail])
        except (OSError, AnymailError, ValueError) as error:
            # A connection that had trouble isn't used again.
            _close(backend)
            trouble = _sentence(error) if concerns_all(error) or _timed_out(error) else None
            return Result(recipient.key, outcome_of(error), error=_sentence(error)), trouble
        return Result(recipient.key, Outcome.SENT, reference=_reference(mail)), None

    def mail(self, message: Message, recipient: Recipient) -> Mail:
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


def _open(backend: Any) -> str | None:
    """Connect where there is no connection; what is wrong with it, or None."""
    try:
        backend.open()
    except OSError as error:
        _close(backend)
        return _sentence(error)
    return None


def _close(backend: Any) -> None:
    with suppress(OSError):
        backend.close()


def outcome_of(error: Exception) -> Outcome:
    """What an error of sending means: never, not now, or nobody knows."""
    if concerns_all(error):
        return Outcome.LATER
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        final = all(code >= PERMANENT for code, _ in error.recipients.values())
        return Outcome.FAILED if final else Outcome.RETRY
    if isinstance(error, smtplib.SMTPResponseException):
        return Outcome.FAILED if error.smtp_code >= PERMANENT else Outcome.RETRY
    status = getattr(error, "status_code", None)
    if status is not None:
        return Outcome.UNKNOWN if status >= HTTPStatus.INTERNAL_SERVER_ERROR else Outcome.FAILED
    if isinstance(error, AnymailRecipientsRefused | ValueError | smtplib.SMTPNotSupportedError):
        return Outcome.FAILED
    return Outcome.UNKNOWN


def concerns_all(error: Exception) -> bool:
    """Whether a mail service was never reached, or wants no more for now."""
    if isinstance(error, AnymailAPIError) and error.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        return True
    cause = error.__cause__.args[0] if error.__cause__ and error.__cause__.args else None
    return isinstance(getattr(cause, "reason", None), NewConnectionError | ConnectTimeoutError)


def _timed_out(error: Exception) -> bool:
    """Whether a server was silent for so long that waiting again with each of the others would be in vain."""
    return isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)


def _reference(mail: Mail) -> str:
    """What the mail is known by: the mail service's id, or its own Message-ID."""
    status = getattr(mail, "anymail_status", None)
    told = {each.message_id for each in status.recipients.values()} if status else set()
    return ", ".join(sorted(told - {None})) or mail.extra_headers["Message-ID"]


def _sentence(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
