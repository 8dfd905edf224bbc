-- name: generate_customers
-- Inserts the customers of a range of numbers. A customer's values follow from the number and the seed alone, by the
-- digits of a hash. Locks nothing.
INSERT INTO customers_customer (organization_id, uuid, external_id, is_anonymous, attributes, tags, consent,
    email_consent, push_consent, last_platform, last_language, last_channel)
SELECT %(organization)s::bigint, hash::uuid, 'GEN-' || lpad(number::text, 10, '0'), false,
    jsonb_build_object('first_name', first_name, 'last_name', last_name,
        'email', lower(first_name || '.' || last_name || '.' || number || '@generated.example.com'),
        'state', (%(states)s::text[])[home], 'gender', CASE WHEN one %% 2 = 0 THEN 'female' ELSE 'male' END,
        'zip', (%(zips)s::text[])[home] || lpad((two %% 100)::text, 2, '0'),
        'birth_date', to_char(date '1950-01-01' + (two / 128 %% 20000)::int, 'YYYY-MM-DD'),
        'loyalty_tier', (%(tiers)s::text[])[1 + (three %% 100)::int]),
    array_remove(ARRAY[{tags}]::varchar[], NULL),
    three / 128 %% 100 < 94, three / 16384 %% 100 < 88, three / 16384 %% 100 < 70,
    (%(platforms)s::text[])[1 + (two %% 20)::int], (%(languages)s::text[])[1 + (three / 512 %% 5)::int],
    CASE WHEN one / 4096 %% 2 = 0 THEN 'web' ELSE 'mobile' END
FROM (
    SELECT number, hash, one, two, three, (%(first_names)s::text[])[1 + one %% 24] AS first_name,
        (%(last_names)s::text[])[1 + one / 32 %% 12] AS last_name, 1 + (one / 1024 %% 50)::int AS home
    FROM (
        SELECT number, hash, ('x' || left(hash, 8))::bit(32)::bigint AS one,
            ('x' || substr(hash, 9, 8))::bit(32)::bigint AS two, ('x' || substr(hash, 17, 8))::bit(32)::bigint AS three
        FROM (
            SELECT number, md5(%(seed)s::text || ':' || %(organization)s::text || ':' || number) AS hash
            FROM generate_series(%(first)s::bigint, %(last)s::bigint) number OFFSET 0
        ) numbered OFFSET 0
    ) diced OFFSET 0
) people
