-- fragment: due_deliveries
-- The deliveries that are due at `{now}`, from FROM on, in any state. Levels that have not begun yet are waited for.
FROM campaigns_delivery delivery
JOIN campaigns_adunit creative ON creative.id = delivery.creative_id
${levels_above_creative}
WHERE delivery.scheduled_for <= {now} AND ${levels_start_at} <= {now}

-- name: find_due_work
-- Whether a worker would find something to do, in any organization; locks nobody.
SELECT EXISTS (SELECT FROM campaigns_delivery WHERE state IN ('building', 'delivering'))
OR EXISTS (SELECT ${due_deliveries} AND delivery.state IN ('scheduled', 'built'))
OR EXISTS (SELECT FROM campaigns_recipient WHERE delivery_id IS NULL AND state = 'pending' AND due_at <= now())
