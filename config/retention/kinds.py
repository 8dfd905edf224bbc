"""The kinds of rows that are deleted by their age, and which old rows are still needed.

Each is one statement that looks at the next rows after an id. It returns the last id it looked at (null if none),
whether that was the end for now, and how many rows it deleted. It skips locked rows, which are left to the next pass.
"""

from dataclasses import dataclass

from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

DELETE_OLD_ROWS = SQL("delete_old_rows")
ENDS_AT_NEW_ROWS = "OR max(at) >= %(before)s::timestamptz"
# How far a goal looks back: its period, its throttle or its consecutive days.
LOOKBACK = """make_interval(secs => GREATEST(COALESCE(goal.period, 0), COALESCE(goal.min_time_between_events, 0),
    CASE WHEN goal.consecutive THEN 86400.0 * (goal.event_count + 1) ELSE 0 END))"""
IS_UNNEEDED_EVENT = SQL("is_unneeded_event", lookback=LOOKBACK)
IS_UNNEEDED_COUNTER = f"(goal.deleted_at IS NOT NULL OR (old.is_consumed AND old.at < now() - {LOOKBACK}))"
# A token may convert until it is closed or its campaign has ended, and its customer may be inside the funnel.
CANT_CONVERT = """(old.closed_by IS NOT NULL OR campaign.deleted_at < %(before)s::timestamptz
        OR campaign.ends_at < %(before)s::timestamptz)
    AND NOT EXISTS (SELECT FROM funnels_funnelentry entry WHERE entry.interaction_id = old.id)"""
MARK_REMOVED_INTERACTIONS = SQL("mark_removed_interactions")
# Failed deliveries are left alone: an operator may have them retried.
HAS_CHUNKS = "delivery.chunks > 0 AND delivery.chunks_removed_at IS NULL"
DELETE_OLD_CHUNKS = SQL("delete_old_chunks", delivery=SQL("next_finished_delivery", has_rows=HAS_CHUNKS))
# An ambiguous recipient waits for an operator's decision. The delivery keeps its counts, and when its rows were
# removed.
HAS_RECIPIENTS = """EXISTS (SELECT FROM campaigns_recipient recipient
    WHERE recipient.delivery_id = delivery.id AND recipient.state NOT IN ('ambiguous', 'leased'))"""
DELETE_OLD_RECIPIENTS = SQL("delete_old_recipients", delivery=SQL("next_finished_delivery", has_rows=HAS_RECIPIENTS))
DELETE_OLD_TRIGGERED_RECIPIENTS = SQL("delete_old_triggered_recipients")


@dataclass(frozen=True, slots=True)
class RetentionKind:
    """A kind of rows: `setting` says after how many days they are deleted; `sql` is None for files."""

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
    is_inserted_late: bool = False,
) -> str:
    end = "" if is_inserted_late else ENDS_AT_NEW_ROWS
    return DELETE_OLD_ROWS.format(
        table=table, time=time, spare=spare, join=join, more=more, locked=locked, mark=mark, end=end
    )


KINDS = (
    RetentionKind("decisions", "RETAIN_DECISIONS_DAYS", _rows("campaigns_decisionrecord")),
    RetentionKind("actions", "RETAIN_ACTIONS_DAYS", _rows("traces_action")),
    RetentionKind(
        "trails",
        "RETAIN_TRAILS_DAYS",
        _rows(
            "traces_trail",
            spare="NOT EXISTS (SELECT FROM traces_action action WHERE action.trail_id = old.id)",
        ),
    ),
    RetentionKind(
        "traces",
        "RETAIN_TRAILS_DAYS",
        _rows(
            "traces_trace",
            spare="NOT EXISTS (SELECT FROM traces_trail trail WHERE trail.trace_id = old.id)"
            " AND NOT EXISTS (SELECT FROM funnels_eventoccurrence told WHERE told.trace_id = old.id)",
        ),
    ),
    RetentionKind(
        "interactions",
        "RETAIN_INTERACTIONS_DAYS",
        _rows(
            "campaigns_interaction",
            spare=CANT_CONVERT,
            join="JOIN campaigns_adcampaign campaign ON campaign.id = old.campaign_id"
            " JOIN campaigns_participation participation ON participation.customer_id = old.customer_id"
            " AND participation.campaign_id = old.campaign_id",
            more=", participation.id AS participation_id",
            locked="old, participation",
            mark=MARK_REMOVED_INTERACTIONS,
        ),
    ),
    RetentionKind("events", "RETAIN_EVENTS_DAYS", _rows("campaigns_event", spare=IS_UNNEEDED_EVENT)),
    RetentionKind(
        "business events",
        "RETAIN_EVENTS_DAYS",
        _rows("funnels_eventoccurrence", spare="old.idempotency_key IS NULL"),
    ),
    RetentionKind(
        "counters",
        "RETAIN_COUNTERS_DAYS",
        _rows(
            "campaigns_goalprogressevent",
            time="at",
            spare=IS_UNNEEDED_COUNTER,
            join="JOIN campaigns_achievement goal ON goal.id = old.goal_id",
            is_inserted_late=True,
        ),
    ),
    RetentionKind("chunks", "RETAIN_CHUNKS_DAYS", DELETE_OLD_CHUNKS),
    RetentionKind("recipients", "RETAIN_RECIPIENTS_DAYS", DELETE_OLD_RECIPIENTS),
    RetentionKind("triggered recipients", "RETAIN_RECIPIENTS_DAYS", DELETE_OLD_TRIGGERED_RECIPIENTS),
    RetentionKind("changes", "RETAIN_CHANGES_DAYS", _rows("django_admin_log", time="action_time")),
    RetentionKind("audience files", "RETAIN_AUDIENCE_FILES_DAYS", None),
)
