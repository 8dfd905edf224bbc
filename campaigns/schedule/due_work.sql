-- fragment: due_jobs
-- The jobs whose time has come at `{now}`, from FROM on; their states are the caller's to name. A job whose levels have
-- not begun yet waits for them.
FROM campaigns_audiencejob job
JOIN campaigns_adunit unit ON unit.id = job.unit_id
JOIN campaigns_adgroup part ON part.id = unit.group_id
JOIN campaigns_adlineitem line_item ON line_item.id = part.line_item_id
JOIN campaigns_adcampaign campaign ON campaign.id = line_item.campaign_id
WHERE job.scheduled_for <= {now} AND GREATEST(campaign.starts_at, line_item.starts_at, part.starts_at) <= {now}

-- name: work_is_due
-- Whether a worker would find something to do, in any organization.
SELECT EXISTS (SELECT FROM campaigns_audiencejob WHERE state IN ('building', 'delivering'))
OR EXISTS (SELECT ${due_now} AND job.state IN ('scheduled', 'built'))
OR EXISTS (SELECT FROM campaigns_audiencemember WHERE job_id IS NULL AND state = 'pending' AND due_at <= now())
