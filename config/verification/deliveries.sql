-- name: counts
SELECT job.organization_id, format('delivery %%s says {shown}, its recipients are {shown}', job.id, {kept}, {there})
    AS sentence
FROM campaigns_audiencejob job LEFT JOIN (
    SELECT job_id, count(*) AS audience, {sums} FROM campaigns_audiencemember WHERE job_id IS NOT NULL GROUP BY job_id
) member ON member.job_id = job.id
WHERE job.recipients_removed_at IS NULL AND ({kept}) IS DISTINCT FROM ({there})

-- name: chunks
SELECT job.organization_id, format('delivery %%s counts %%s of %%s chunks as done, there are %%s of %%s', job.id,
    job.chunks_done, job.chunks, COALESCE(part.done, 0), COALESCE(part.number, 0)) AS sentence
FROM campaigns_audiencejob job LEFT JOIN (
    SELECT job_id, count(*) AS number, count(done_at) AS done FROM campaigns_audiencechunk GROUP BY job_id
) part ON part.job_id = job.id
WHERE job.chunks_removed_at IS NULL
AND (job.chunks, job.chunks_done) IS DISTINCT FROM (COALESCE(part.number, 0), COALESCE(part.done, 0))

-- name: unfinished
SELECT job.organization_id, format('delivery %%s is complete, and %%s recipients are not settled', job.id,
    count(*)) AS sentence
FROM campaigns_audiencejob job JOIN campaigns_audiencemember member ON member.job_id = job.id
WHERE job.state = 'complete' AND member.state IN ('pending', 'leased') GROUP BY job.organization_id, job.id

-- name: twice
SELECT organization_id, format('customer %%s is %%s recipients of delivery %%s', customer_id, count(*), job_id)
    AS sentence
FROM campaigns_audiencemember WHERE job_id IS NOT NULL
GROUP BY organization_id, job_id, customer_id HAVING count(*) > 1

-- name: overlapping
-- Chunks share an organization's customers out: none is in two.
SELECT organization_id, format('chunk %%s of delivery %%s begins at customer %%s, where the one before it ends at %%s',
    id, job_id, first_id, last_before) AS sentence
FROM (SELECT *, lag(last_id) OVER (PARTITION BY job_id ORDER BY number) AS last_before FROM campaigns_audiencechunk)
    part
WHERE first_id <= last_before OR last_id < first_id

-- name: other_creative
-- What a recipient is of stands in its creative as well as in its delivery.
SELECT member.organization_id, format('recipient %%s is of creative %%s, its delivery %%s of creative %%s', member.key,
    member.unit_id, job.id, job.unit_id) AS sentence
FROM campaigns_audiencemember member JOIN campaigns_audiencejob job ON job.id = member.job_id
WHERE member.unit_id <> job.unit_id

-- name: no_delivery
-- A scheduled creative that lives below live levels has a delivery for its time, whatever has become of that.
SELECT unit.organization_id, format('creative %%s is live and scheduled for %%s, and has no delivery', unit.id,
    unit.scheduled_delivery_date) AS sentence
FROM campaigns_adunit unit JOIN campaigns_adgroup part ON part.id = unit.group_id
JOIN campaigns_adlineitem line_item ON line_item.id = part.line_item_id
JOIN campaigns_adcampaign campaign ON campaign.id = line_item.campaign_id
WHERE unit.delivery_method = 'scheduled'
AND 'live' = ALL (ARRAY[unit.status, part.status, line_item.status, campaign.status])
AND COALESCE(unit.deleted_at, part.deleted_at, line_item.deleted_at, campaign.deleted_at) IS NULL
AND NOT EXISTS (SELECT FROM campaigns_audiencejob job
    WHERE job.unit_id = unit.id AND job.scheduled_for = unit.scheduled_delivery_date)
