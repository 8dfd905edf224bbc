-- name: next
SELECT job.id, GREATEST(job.scheduled_for, campaign.starts_at, line_item.starts_at, part.starts_at),
    LEAST(campaign.ends_at, line_item.ends_at, part.ends_at), unit.lateness_window
${due_jobs} AND job.state = %(state)s::varchar
AND (job.state <> 'scheduled' OR ${nothing_owed})
ORDER BY job.scheduled_for, job.id LIMIT 1 FOR NO KEY UPDATE OF job SKIP LOCKED

-- name: finish
-- Exports say themselves when they are done; the last of the others' recipients may have been anybody's.
UPDATE campaigns_audiencejob job SET state = 'complete', finished_at = now(), error = ''
FROM campaigns_adunit unit
WHERE job.id = ANY(%(jobs)s::bigint[]) AND unit.id = job.unit_id
AND (unit.ad_type <> ALL(%(exports)s::varchar[]) OR job.file_rows IS NOT NULL)
AND (SELECT member.key FROM campaigns_audiencemember member WHERE member.job_id = job.id AND member.state = 'pending'
    ORDER BY member.due_at LIMIT 1) IS NULL
AND NOT EXISTS (SELECT FROM campaigns_audiencemember member WHERE member.job_id = job.id AND member.state = 'leased')
