"""Explanations of why a customer is or isn't offered a campaign, for the admin."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from campaigns.customer_facts.facts import facts_of
from campaigns.decisions.compiled import EPOCH, find_definition
from campaigns.decisions.decide import needed_for_an_offer
from campaigns.decisions.engine import Candidate, Context, History, Reason, Subject, first_failing
from campaigns.models import DecisionRecord, Participation
from campaigns.models.frequency import frequency_starts
from campaigns.spend.budgets import find_exhausted_budgets
from customers.customers.lookup import read_of_living
from customers.errors import not_found
from customers.models import Customer, Organization

# Calendars of all time zones have days on both sides of these.
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2999, 12, 31, tzinfo=UTC)
SENTENCES = {
    None: "is eligible: no rule excludes it",
    Reason.FOREIGN: "belongs to another organization",
    Reason.NOT_LIVE: "is not live",
    Reason.OUTSIDE_DATES: "is outside its dates",
    Reason.PARENT_NOT_LIVE: "has a parent that is not live",
    Reason.PLACEMENT: "is not shown in this place",
    Reason.CATEGORY: "is of another category",
    Reason.GROUP: "is of another group",
    Reason.TARGETING: "is not for this customer: a target isn't met",
    Reason.CONSENT: "is withheld: the customer has given no consent",
    Reason.DISMISSED: "was dismissed by the customer",
    Reason.CONVERTED: "was converted to by the customer",
    Reason.COMPLETED: "was completed by the customer",
    Reason.FREQUENCY: "has reached its frequency cap for this customer",
    Reason.SPEND: "has reached its spend limit",
    Reason.CONTROL_GROUP: "is withheld: the customer is in its control group",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """The reason at a time (None: eligible), and the last decision record before it, if there is one."""

    campaign_id: int
    name: str
    reason: Reason | None
    record: DecisionRecord | None

    @property
    def sentence(self) -> str:
        """The reason in words."""
        return f"{self.name} {SENTENCES[self.reason]}."

    @property
    def recorded(self) -> str:
        """The campaign's result in the record, in a word; empty if there is no record."""
        if self.record is None:
            return ""
        if self.campaign_id in self.record.chosen:
            return "eligible"
        return str(self.record.excluded.get(str(self.campaign_id), ""))


def explain(*, organization: Organization, customer: Customer, campaign_id: int, at: datetime) -> Explanation:
    """Apply the rules to one campaign and one customer at a time, by today's definitions; DomainError `not_found`.

    `at` is from EARLIEST to LATEST. Dismissals, conversions and completions after it are ignored; the visit is the
    customer's last one.
    """
    definition = find_definition(organization_id=organization.pk, campaign_id=campaign_id)
    if definition is None:
        raise not_found("Campaign")
    candidate = definition.candidate

    def read(customer: Customer) -> Explanation:
        return _explained(organization, customer, candidate, at)

    return read_of_living(organization=organization, customer=customer, read=read)


def _explained(organization: Organization, customer: Customer, candidate: Candidate, at: datetime) -> Explanation:
    campaign_id = candidate.campaign_id
    needed = {campaign_id: needed_for_an_offer(candidate)}
    context = Context(
        period_starts=frequency_starts(at, organization.zone),
        budget_exhausted=find_exhausted_budgets(organization=organization, needed=needed, at=at),
    )
    reason = first_failing(candidate, _subject(organization, customer, campaign_id, at), context, at)
    records = DecisionRecord.objects.filter(organization=organization, customer=customer, at__lte=at).order_by("-at")
    mentioned = records.filter(chosen__contains=[campaign_id]) | records.filter(excluded__has_key=str(campaign_id))
    return Explanation(campaign_id, candidate.name, reason, mentioned.first())


def _subject(organization: Organization, customer: Customer, campaign_id: int, at: datetime) -> Subject:
    own = Participation.objects.filter(organization=organization, customer=customer, campaign_id=campaign_id).first()
    return Subject(
        organization_id=organization.pk,
        identity=str(customer.uuid),
        facts=facts_of(customer),
        has_consent=customer.consent,
        history={} if own is None else {campaign_id: _history(own, at)},
    )


def _history(own: Participation, at: datetime) -> History:
    def happened(moment: datetime | None) -> bool:
        return moment is not None and moment <= at

    return History(
        is_dismissed=happened(own.dismissed_at),
        is_converted=happened(own.converted_at),
        is_completed=happened(own.completed_at),
        last_seen=0 if own.last_seen_at is None else (own.last_seen_at - EPOCH) // timedelta(microseconds=1),
        capped_count=own.capped_count,
        capped_from=own.capped_from.toordinal() if own.capped_from else 0,
        capped_rule=own.capped_rule or 0,
    )
