-- name: claim_delivery
-- Leases a delivering delivery that nobody has leased, and says whether its file is complete; locks the delivery.
UPDATE campaigns_delivery SET lease_token = %(lease_token)s::bigint, heartbeat_at = now(),
    leased_until = now() + make_interval(secs => %(seconds)s::int)
WHERE id = %(delivery)s::bigint AND state = 'delivering' AND (leased_until IS NULL OR leased_until < now())
RETURNING file_rows IS NOT NULL

-- name: renew_delivery_lease
-- Extends the lease; no row if it is lost or the delivery is in another state by now. Locks the delivery.
UPDATE campaigns_delivery SET leased_until = now() + make_interval(secs => %(seconds)s::int), heartbeat_at = now()
WHERE id = %(delivery)s::bigint AND lease_token = %(lease_token)s::bigint AND state = %(state)s::varchar RETURNING id

-- name: release_delivery
-- Ends the lease; nobody gets the next one for `pause` seconds (NULL: anybody at once). Locks the delivery.
UPDATE campaigns_delivery SET lease_token = NULL, leased_until = now() + make_interval(secs => %(pause)s::float)
WHERE id = %(delivery)s::bigint AND lease_token = %(lease_token)s::bigint
