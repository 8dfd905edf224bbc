-- name: get_app_token_of_trail
-- The app-token of the application that started the trace of a trail. Locks nothing.
SELECT application.app_token
FROM traces_trail trail
JOIN traces_trace trace ON trace.id = trail.trace_id
JOIN customers_application application ON application.id = trace.application_id
WHERE trail.uuid = %s::uuid
