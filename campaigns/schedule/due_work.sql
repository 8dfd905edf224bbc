-- fragment: due_deliveries
-- The deliveries whose time has come at `{now}`, from FROM on; their states are the caller's to name. A delivery whose levels have
-- not begun yet waits for them.
FROM campaigns_delivery delivery
JOIN campaigns_adunit creative ON creative.id = delivery.creative_id
JOIN campaigns_adgroup creative_group ON creative_group.id = creative.creative_group_id
JOIN campaigns_adlineitem line_item ON line_item.id = creative_group.line_item_id
JOIN campaigns_adcampaign campaign ON campaign.id = line_item.campaign_id
WHERE delivery.scheduled_for <= {now} AND GREATEST(campaign.starts_at, line_item.starts_at, creative_group.starts_at) <= {now}

-- name: work_is_due
-- Whether a worker would find something to do, in any organization.
SELECT EXISTS (SELECT FROM campaigns_delivery WHERE state IN ('building', 'delivering'))
OR EXISTS (SELECT ${due_now} AND delivery.state IN ('scheduled', 'built'))
OR EXISTS (SELECT FROM campaigns_recipient WHERE delivery_id IS NULL AND state = 'pending' AND due_at <= now())
