"""The kinds of rows that may be deleted by their age, and what of them stays because something still needs it.

Each is one statement that looks at the next rows after a place, and answers with the last place it looked at (NULL:
nowhere), whether that was the end for now, and how many rows it deleted. It waits for no lock: what somebody has in
hand stays until the next pass.
"""

from dataclasses import dataclass

from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

BY_ID = SQL("by_id")
ENDS_AT_WHAT_IS_NEW = "OR max(at) >= %(before)s::timestamptz"
# A goal may still ask about events for as long as its period, its throttle or its days in a row reach back.
ASKED_FOR = """make_interval(secs => GREATEST(COALESCE(goal.period, 0), COALESCE(goal.min_time_between_events, 0),
    CASE WHEN goal.consecutive THEN 86400.0 * (goal.event_count + 1) ELSE 0 END))"""
UNNEEDED_EVENT = SQL("unneeded_event", asked_for=ASKED_FOR)
UNNEEDED_COUNTER = f"(goal.deleted_at IS NOT NULL OR (old.is_consumed AND old.at < now() - {ASKED_FOR}))"
# A token may convert until it has ended or its campaign is over; and a customer may be on the way through its funnel.
NOT_TO_CONVERT = """(old.closed_by IS NOT NULL OR campaign.deleted_at < %(before)s::timestamptz
        OR campaign.ends_at < %(before)s::timestamptz)
    AND NOT EXISTS (SELECT FROM funnels_funnelentry entry WHERE entry.interaction_id = old.id)"""
NOTE_INTERACTIONS = SQL("note_interactions")
# An operator may have failed deliveries taken up again; the others that are over stay so.
DELIVERIES = """
SELECT delivery.id FROM campaigns_delivery delivery WHERE delivery.id > %(after)s::bigint
AND delivery.state IN ('complete', 'cancelled', 'skipped') AND delivery.finished_at < %(before)s::timestamptz AND {has}
ORDER BY delivery.id LIMIT 1
"""
CHUNKS = SQL(
    "chunks",
    deliveries_has_delivery_chunks_0_and_delivery_chunks_rem=DELIVERIES.format(
        has="delivery.chunks > 0 AND delivery.chunks_removed_at IS NULL"
    ),
)
# What is ambiguous waits for an operator's word. The counts stay with the delivery, which says that its rows are gone.
HAS_RECIPIENTS = """EXISTS (SELECT FROM campaigns_recipient recipient
    WHERE recipient.delivery_id = delivery.id AND recipient.state NOT IN ('ambiguous', 'leased'))"""
RECIPIENTS = SQL("recipients", deliveries_has_has_recipients=DELIVERIES.format(has=HAS_RECIPIENTS))
TRIGGERED = SQL("triggered")


@dataclass(frozen=True, slots=True)
class Kind:
    """`setting` says after how many days; `sql` None: what is deleted are files, not rows."""

    name: str
    setting: str
    sql: str | None


def _rows(
    table: str,
    *,
    time: str = "created_at",
    spare: str = "TRUE",
    join: str = "",
    more: str = "",
    locked: str = "old",
    mark: str = "",
    tells_of_the_past: bool = False,
) -> str:
    end = "" if tells_of_the_past else ENDS_AT_WHAT_IS_NEW
    return BY_ID.format(table=table, time=time, spare=spare, join=join, more=more, locked=locked, mark=mark, end=end)


KINDS = (
    Kind("decisions", "RETAIN_DECISIONS_DAYS", _rows("campaigns_decisionrecord")),
    Kind("actions", "RETAIN_ACTIONS_DAYS", _rows("traces_action")),
    Kind(
        "trails",
        "RETAIN_TRAILS_DAYS",
        _rows(
            "traces_trail",
            spare="NOT EXISTS (SELECT FROM traces_action action WHERE action.trail_id = old.id)",
        ),
    ),
    Kind(
        "traces",
        "RETAIN_TRAILS_DAYS",
        _rows(
            "traces_trace",
            spare="NOT EXISTS (SELECT FROM traces_trail trail WHERE trail.trace_id = old.id)"
            " AND NOT EXISTS (SELECT FROM funnels_eventoccurrence told WHERE told.trace_id = old.id)",
        ),
    ),
    Kind(
        "interactions",
        "RETAIN_INTERACTIONS_DAYS",
        _rows(
            "campaigns_interaction",
            spare=NOT_TO_CONVERT,
            join="JOIN campaigns_adcampaign campaign ON campaign.id = old.campaign_id"
            " JOIN campaigns_participation participation ON participation.customer_id = old.customer_id"
            " AND participation.campaign_id = old.campaign_id",
            more=", participation.id AS participation_id",
            locked="old, participation",
            mark=NOTE_INTERACTIONS,
        ),
    ),
    Kind("events", "RETAIN_EVENTS_DAYS", _rows("campaigns_event", spare=UNNEEDED_EVENT)),
    Kind(
        "business events",
        "RETAIN_EVENTS_DAYS",
        _rows("funnels_eventoccurrence", spare="old.idempotency_key IS NULL"),
    ),
    Kind(
        "counters",
        "RETAIN_COUNTERS_DAYS",
        _rows(
            "campaigns_goalprogressevent",
            time="at",
            spare=UNNEEDED_COUNTER,
            join="JOIN campaigns_achievement goal ON goal.id = old.goal_id",
            tells_of_the_past=True,
        ),
    ),
    Kind("chunks", "RETAIN_CHUNKS_DAYS", CHUNKS),
    Kind("recipients", "RETAIN_RECIPIENTS_DAYS", RECIPIENTS),
    Kind("triggered recipients", "RETAIN_RECIPIENTS_DAYS", TRIGGERED),
    Kind("changes", "RETAIN_CHANGES_DAYS", _rows("django_admin_log", time="action_time")),
    Kind("audience files", "RETAIN_AUDIENCE_FILES_DAYS", None),
)
