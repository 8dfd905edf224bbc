"""Completing a campaign as if the customer had done everything (contract 1, Performing Campaign Domain Actions)."""

from datetime import datetime
from functools import partial

from django.db import transaction

from campaigns.behaviors.compiled import CompiledBehavior, get_behavior_rules
from campaigns.behaviors.effects import write_effects
from campaigns.behaviors.run import BehaviorRun, CustomerEvent
from campaigns.customer_facts.locking import for_living, lock_customers
from customers.errors import DomainError, ErrorKind
from customers.models import Customer, Organization


def complete_campaign(*, organization: Organization, campaign_id: int, customer: Customer, now: datetime) -> list[int]:
    """Complete every behavior of a campaign once, its goals first, with all outcomes; the ids of those completed.

    Behaviors at a cap are skipped. `organization.version` must be read in this request. DomainError `failed_to_perform`
    if the campaign is not live now or has no behavior, the customer is not qualified, or all behaviors are at their
    caps.
    """
    work = partial(_complete, organization, campaign_id, now)
    return for_living(organization=organization, customer=customer, work=work)


@transaction.atomic
def _complete(organization: Organization, campaign_id: int, now: datetime, customer: Customer) -> list[int]:
    rules = get_behavior_rules(organization_id=organization.pk, version=organization.version)
    compiled_behaviors = [one for one in rules.of_campaign(campaign_id) if one.is_open(now)]
    if not compiled_behaviors:
        raise _failed("The campaign is not live, or has nothing to be completed.")
    customer_id = customer.pk
    customers = lock_customers(organization=organization, customer_ids=[customer_id])
    if not all(one.matches(customers[customer_id].facts) for one in compiled_behaviors):
        raise _failed("The customer is not qualified for the campaign.")
    run = BehaviorRun(rules, organization.zone, customers)
    run.load(_further(customer_id, compiled_behaviors, now), [(customer_id, one, now) for one in compiled_behaviors])
    earned = run.earn(customer_id, compiled_behaviors, now)
    if not earned:
        raise _failed("The campaign has been completed as often as it can be.")
    write_effects(organization=organization, run=run, now=now)
    return [one.behavior.id for one in earned]


def _further(customer_id: int, compiled_behaviors: list[CompiledBehavior], now: datetime) -> list[CustomerEvent]:
    """The events that completing may trigger."""
    return [CustomerEvent(customer_id, name, now) for one in compiled_behaviors for name in one.events]


def _failed(sentence: str) -> DomainError:
    return DomainError(ErrorKind.CLOSED, "failed_to_perform", sentence)
