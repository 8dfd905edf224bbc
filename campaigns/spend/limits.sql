-- name: change_spend_limits
-- Sets the wanted limits, and says of each whether it is below the period's spend and whether it was turned on or off.
-- The rows are locked by now, so this statement's snapshot has every charge that was booked before. Where something was
-- booked on the next day already, this call comes late, and that day is the present one.
WITH wanted AS (
    SELECT wanted.*, COALESCE((
        SELECT booked.starts_on FROM campaigns_spendtotal booked WHERE booked.campaign_id = wanted.campaign_id
        AND booked.period = 'daily' AND booked.starts_on = %(day)s::date + 1), %(day)s::date) AS day
    FROM unnest(%(campaigns)s::bigint[], %(types)s::text[], %(renewals)s::text[], %(amounts)s::numeric[])
        AS wanted (campaign_id, type, renewal, amount)
), judged AS (
    SELECT wanted.*, COALESCE(wanted.amount < total.amount, false) AS is_below, before.type <> wanted.type AS is_turned
    FROM wanted JOIN campaigns_spendlimit before ON before.campaign_id = wanted.campaign_id
    LEFT JOIN campaigns_spendtotal total
        ON total.campaign_id = wanted.campaign_id AND total.period = wanted.renewal
        AND total.starts_on = CASE wanted.renewal
            WHEN 'daily' THEN wanted.day WHEN 'monthly' THEN date_trunc('month', wanted.day)::date
            ELSE %(ever)s::date END
), changed AS (
    UPDATE campaigns_spendlimit kept SET
        type = judged.type, renewal = judged.renewal, amount = judged.amount,
        takes_effect_on = CASE WHEN is_below THEN
            CASE judged.renewal WHEN 'daily' THEN judged.day + 1
                ELSE (date_trunc('month', judged.day) + interval '1 month')::date END END,
        renewal_before = CASE WHEN is_below THEN
            CASE WHEN kept.takes_effect_on > judged.day THEN kept.renewal_before ELSE kept.renewal END END,
        amount_before = CASE WHEN is_below THEN
            CASE WHEN kept.takes_effect_on > judged.day THEN kept.amount_before ELSE kept.amount END END
    FROM judged
    WHERE kept.campaign_id = judged.campaign_id AND kept.organization_id = %(organization)s::bigint
        AND NOT (judged.renewal = 'lifetime' AND is_below)
    RETURNING kept.id, kept.campaign_id, is_below, is_turned
)
SELECT id, campaign_id, is_below, is_turned FROM changed
