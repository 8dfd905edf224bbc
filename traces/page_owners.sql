-- name: of_trail
SELECT application.app_token
FROM traces_trail trail
JOIN traces_trace trace ON trace.id = trail.trace_id
JOIN customers_application application ON application.id = trace.application_id
WHERE trail.uuid = %s::uuid
