"""`audience-export-facebook`: the audience added to a Facebook custom audience.

`POST /<version>/<audience_id>/users` takes at most 10 000 people in a request: `payload` is a schema and rows, each
value normalised and hashed (SHA-256) before it leaves, and `session` ties the batches together. Session and batch
numbers follow from the delivery alone, so that a second attempt repeats the first.
"""

import hashlib
import itertools
import re
import unicodedata
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import orjson

from campaigns.delivery.channels.audience_file import has_any, require_delivery
from campaigns.delivery.channels.base import AudienceExport, ClaimedRecipient, ExportDeclaration, ExportedFile, Message
from campaigns.delivery.channels.destination_tests import made_up_recipient
from campaigns.delivery.channels.http import Answer, Body, Exchange, is_passing
from campaigns.delivery.channels.uploads import speaking_http
from campaigns.models import Destination, Recipient
from campaigns.models.ad_type import CreativeType
from campaigns.models.destination_kind import TIMEOUT, URL, DestinationKind, Member, Secret
from campaigns.models.recipient import RecipientState
from campaigns.models.setting_checks import matches

PEOPLE_AT_ONCE = 10_000
# Codes of the Graph API for too many calls and for faults that pass.
PASSING_CODES = frozenset({1, 2, 4, 17, 32, 341, 613, 80003})
# Advertising identifiers of devices are matched as they are.
UNHASHED = frozenset({"MADID"})
NO_LETTER = re.compile(r"[\W\d_]")
NO_DIGIT = re.compile(r"\D", re.ASCII)
SPACE = re.compile(r"\s")
ZIP_DIGITS = 5

Row = list[str]


def _letters(value: str) -> str:
    return NO_LETTER.sub("", unicodedata.normalize("NFC", value).lower())


def _digits(value: str) -> str:
    return NO_DIGIT.sub("", value).lstrip("0")


def _zip(value: str) -> str:
    """Without spaces and what follows a dash; of the United States' the first five digits."""
    code = SPACE.sub("", value).lower().partition("-")[0]
    return code[:ZIP_DIGITS] if code.isdigit() else code


def _two_digits(value: str) -> str:
    return f"{int(value):02}" if value.strip().isdecimal() else ""


NORMALIZERS: Mapping[str, Callable[[str], str]] = {
    "EXTERN_ID": str.strip,
    "EMAIL": lambda value: value.strip().lower(),
    "PHONE": _digits,
    "GEN": lambda value: _letters(value)[:1],
    "DOBY": _digits,
    "DOBM": _two_digits,
    "DOBD": _two_digits,
    "LN": _letters,
    "FN": _letters,
    "FI": lambda value: _letters(value)[:1],
    "ST": _letters,
    "CT": _letters,
    "ZIP": _zip,
    "COUNTRY": lambda value: _letters(value)[:2],
    "MADID": lambda value: value.strip().lower(),
}


def normalise(key: str, value: object) -> str:
    """One identifier in the form that Facebook asks for; empty where there is nothing of use in it."""
    return "" if value is None else NORMALIZERS[key](str(value))


def identify(key: str, value: object) -> str:
    """One identifier as Facebook matches it: normalised, and hashed where it says so; empty where there is none."""
    plain = normalise(key, value)
    return hashlib.sha256(plain.encode()).hexdigest() if plain and key not in UNHASHED else plain


def is_passing_on_graph(answer: Answer) -> bool:
    """The Graph API tells in the body what passes."""
    document = answer.document()
    error = document.get("error", {}) if isinstance(document, dict) else {}
    told = isinstance(error, dict) and (error.get("is_transient") is True or error.get("code") in PASSING_CODES)
    return told or is_passing(answer)


class FacebookExport(AudienceExport):
    """Adds people in batches of one session."""

    def __init__(self, destination: Destination, exchange: Exchange | None = None) -> None:
        self.destination = destination.name
        parts = (
            destination.option("url").rstrip("/"),
            destination.option("version"),
            destination.option("audience_id"),
        )
        self.address = "/".join((*parts, "users"))
        self.columns: dict[str, str] = destination.option("columns")
        self.reachable = has_any(self.columns.values())
        self.token = destination.secrets["access_token"]
        self.exchange = exchange or Exchange(
            timeout=destination.option("timeout_seconds"), transient=is_passing_on_graph
        )

    def export(self, message: Message, batches: Iterator[Sequence[ClaimedRecipient]]) -> ExportedFile:
        """Add the audience of the message's delivery."""
        total = Recipient.objects.filter(delivery_id=require_delivery(message), state=RecipientState.PENDING).count()
        sent = self.upload(message, (recipient for batch in batches for recipient in batch), total=total)
        return ExportedFile("", sent)

    def upload(self, message: Message, people: Iterable[ClaimedRecipient], *, total: int = 1) -> int:
        """Add people, of whom there are about `total`; how many there were."""
        session = session_of(message.delivery_key or uuid.uuid4())
        rows = (self._row(recipient) for recipient in people)
        sent = 0
        with speaking_http("Facebook"):
            for number, several, is_last in _numbered(rows):
                self._send(
                    message,
                    number,
                    several,
                    {
                        "session_id": session,
                        "batch_seq": number,
                        "last_batch_flag": is_last,
                        "estimated_num_total": total,
                    },
                )
                sent += len(several)
        return sent

    def reaches(self, _recipient: ClaimedRecipient) -> bool:
        """Whether any identifier is left once they are normalised."""
        return any(normalise(key, value) for key, value in self._values(_recipient))

    def _values(self, recipient: ClaimedRecipient) -> Iterator[tuple[str, object]]:
        own: dict[str, object] = {"external_id": recipient.external_id, "user_id": recipient.customer_uuid}
        for key, name in self.columns.items():
            yield key, own[name] if name in own else recipient.attributes.get(name)

    def _row(self, recipient: ClaimedRecipient) -> Row:
        return [identify(key, value) for key, value in self._values(recipient)]

    def _send(self, message: Message, number: int, people: list[Row], session: Mapping[str, object]) -> None:
        payload = {"schema": list(self.columns), "data": people}
        body = Body.of(orjson.dumps({"session": session, "payload": payload}))
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        self.exchange.send(
            "POST", self.address, key=f"{message.delivery_key}-{number}", headers=lambda: headers, body=body
        )


def session_of(delivery_key: uuid.UUID) -> int:
    """A positive number of 63 bits that is the delivery's alone."""
    return int.from_bytes(hashlib.sha256(delivery_key.bytes).digest()[:8]) >> 1


def _numbered(rows: Iterable[Row]) -> Iterator[tuple[int, list[Row], bool]]:
    """Batches with their numbers from 1, and whether each is the last one."""
    rows = iter(rows)
    people = list(itertools.islice(rows, PEOPLE_AT_ONCE))
    for number in itertools.count(1):
        if not people:
            return
        following = list(itertools.islice(rows, PEOPLE_AT_ONCE))
        yield number, people, not following
        people = following


def _are_columns(value: object) -> bool:
    return (
        isinstance(value, dict)
        and bool(value)
        and set(value) <= NORMALIZERS.keys()
        and all(isinstance(name, str) and name for name in value.values())
    )


def _test(destination: Destination, message: Message, _to: str) -> str:
    export = FacebookExport(destination)
    export.exchange.attempts = 1
    attributes = dict.fromkeys(export.columns.values(), str(message.delivery_key))
    export.upload(message, [made_up_recipient(message, attributes=attributes)])
    return "One person was taken, whom nobody matches."


EXPORT = ExportDeclaration(
    kind=DestinationKind(
        name="facebook",
        label="Facebook custom audience",
        members={
            "url": replace(URL, default="https://graph.facebook.com"),
            "version": Member(matches(r"v\d{1,3}\.\d{1,2}"), "A version such as v23.0 is expected.", default="v23.0"),
            "audience_id": Member(
                matches(r"[0-9]{1,30}"), "The number of a custom audience is expected, of digits alone.", required=True
            ),
            # By identifier of Facebook's: the attribute that it is taken from.
            "columns": Member(
                _are_columns,
                f"Attributes by identifier are expected; identifiers are {', '.join(sorted(NORMALIZERS))}.",
                default={"EXTERN_ID": "external_id", "EMAIL": "email"},
                trouble=lambda _: "",
                names_attributes=True,
            ),
            "timeout_seconds": TIMEOUT,
        },
        secrets={"access_token": Secret(required=True)},
    ),
    serves=(CreativeType.AUDIENCE_EXPORT_FACEBOOK,),
    make=FacebookExport,
    test=_test,
)
