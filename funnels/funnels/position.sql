-- name: read_funnel_position
-- All that a move depends on; locks nothing. A finished funnel ends with its tracking token, every funnel with a
-- conversion or dismissal: the next token enters it anew.
SELECT trail.platform, trail.language, trail.channel, trace.id, trace.closed_at IS NOT NULL, trace.organization_id,
       trace.is_trusted, trace.captured, application.platforms,
       customer.id, customer.is_anonymous, customer.attributes, customer.tags, customer.points,
       campaign.id, interaction.id, funnel.version_id,
       entry.id, entry.revision, entry.uuid, entry.version_id, entry.step, entry.data,
       cardinality(entry.answers), entry.answers[cardinality(entry.answers)], entry.answers[%(answer_index)s::int],
       entry.answered_in[cardinality(entry.answers)], entry.answered_in[%(answer_index)s::int],
       entry.id IS NOT NULL
       AND (NOT entry.is_finished OR entry.interaction_id = interaction.id)
       AND NOT COALESCE(GREATEST(participation.converted_at, participation.dismissed_at) >= entry.entered_at, FALSE),
       CASE WHEN %(with_schema)s::boolean THEN (
           SELECT json_agg(json_build_array(field.id, field.name, field.type, field.required) ORDER BY field.id)::text
           FROM customers_customerfield field WHERE field.organization_id = trace.organization_id
       ) END
FROM traces_trail trail
JOIN traces_trace trace ON trace.id = trail.trace_id
JOIN customers_application application ON application.id = trace.application_id
JOIN customers_customer customer ON customer.id = trace.customer_id
LEFT JOIN campaigns_adcampaign campaign
       ON campaign.id = %(campaign)s::bigint AND campaign.organization_id = trace.organization_id
      AND campaign.deleted_at IS NULL
LEFT JOIN campaigns_interaction interaction
       ON interaction.token = %(token)s::uuid AND interaction.customer_id = customer.id
      AND interaction.campaign_id = campaign.id
LEFT JOIN funnels_funnel funnel ON funnel.campaign_id = campaign.id
LEFT JOIN funnels_funnelentry entry ON entry.customer_id = customer.id AND entry.campaign_id = campaign.id
LEFT JOIN campaigns_participation participation
       ON participation.customer_id = customer.id AND participation.campaign_id = campaign.id
WHERE trail.uuid = %(trail)s::uuid
