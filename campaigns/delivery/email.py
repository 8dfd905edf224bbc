"""`email_message`: a template's texts by SMTP, or through a mail service that django-anymail speaks to.

A mail server tells nobody who asks again that it has a message already. So email does not deduplicate: where a
connection breaks while a message is handed over, it may have arrived, and the result is UNKNOWN. Messages to one
destination share a connection for the length of a batch.
"""

import smtplib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from email.utils import parseaddr
from http import HTTPStatus
from typing import Any

from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.validators import validate_email
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from campaigns.delivery.channel import Message, Outcome, Recipient, Result
from campaigns.delivery.unsubscribing import unsubscribe_url
from campaigns.delivery.wording import fill_in, template_of
from campaigns.models import Destination
from campaigns.queries.destinations import consenting_ids

PEOPLE_AT_ONCE = 100
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
        self.backend = mail_backend(destination)

    def send(self, message: Message, recipients: Sequence[Recipient]) -> list[Result]:
        """Mail each who has an address and still wants mail; who unsubscribed a moment ago gets none."""
        wanting = consenting_ids(
            organization_id=message.organization_id,
            customer_ids=[recipient.customer_id for recipient in recipients],
            consent="email_consent",
        )
        results: list[Result] = []
        # Once it concerns everybody, those that have not been tried are left for later.
        trouble = None
        try:
            for recipient in recipients:
                refusal = self._refusal(recipient, wanting)
                if refusal is not None:
                    results.append(Result(recipient.key, Outcome.SKIPPED, error=refusal))
                    continue
                trouble = trouble or self._open()
                if trouble is not None:
                    results.append(Result(recipient.key, Outcome.RETRY, error=trouble))
                    continue
                result, trouble = self._send(message, recipient)
                results.append(result)
        finally:
            self._close()
        return results

    def _refusal(self, recipient: Recipient, wanting: set[int]) -> str | None:
        """Why a recipient gets no mail."""
        if recipient.customer_id not in wanting:
            return "No consent any more."
        try:
            validate_email(self._address(recipient))
        except ValidationError:
            return "No mail address."
        return None

    def _address(self, recipient: Recipient) -> str:
        return str(recipient.attributes.get(self.address_attribute, "")).strip()

    def _open(self) -> str | None:
        """Connect where there is no connection; what is wrong with it, or None."""
        try:
            self.backend.open()
        except OSError as error:
            self._close()
            return _sentence(error)
        return None

    def _close(self) -> None:
        with suppress(OSError):
            self.backend.close()

    def _send(self, message: Message, recipient: Recipient) -> tuple[Result, str | None]:
        """The result, and what concerns all others too."""
        mail = self.mail(message, recipient)
        try:
            self.backend.send_messages([mail])
        except (OSError, AnymailError, ValueError) as error:
            # A connection that had trouble isn't used again.
            self._close()
            trouble = _sentence(error) if concerns_all(error) else None
            return Result(recipient.key, outcome_of(error), error=_sentence(error)), trouble
        return Result(recipient.key, Outcome.SENT, reference=_reference(mail)), None

    def mail(self, message: Message, recipient: Recipient) -> EmailMultiAlternatives:
        """The mail to one recipient; its Message-ID is the same however often it is made."""
        address = unsubscribe_url(message.organization_id, recipient.customer_uuid)
        words = fill_in(self.template, message, recipient, unsubscribe_url=address)
        mail = EmailMultiAlternatives(
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


def outcome_of(error: Exception) -> Outcome:
    """What an error of sending means: never, not now, or nobody knows."""
    if concerns_all(error):
        return Outcome.RETRY
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


def _reference(mail: EmailMultiAlternatives) -> str:
    """What the mail is known by: the mail service's id, or its own Message-ID."""
    status = getattr(mail, "anymail_status", None)
    told = {each.message_id for each in status.recipients.values()} if status else set()
    return ", ".join(sorted(told - {None})) or mail.extra_headers["Message-ID"]


def _sentence(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
