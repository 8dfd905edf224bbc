-- name: insert_event_occurrence
-- Keeps an event with the answer to it; locks nothing but the rows that it refers to, against deletion.
INSERT INTO funnels_eventoccurrence (organization_id, customer_id, event_id, idempotency_key, campaign_id, trace_id,
                                     token, customer_reference, context, restarts_funnel)
VALUES (%s::bigint, %s::bigint, %s::bigint, %s::varchar, %s::bigint, %s::bigint, %s::uuid, %s::varchar, %s::jsonb,
        %s::boolean)
