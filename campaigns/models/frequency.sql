-- fragment: count_capped
-- Adds to a participation's frequency counter, or begins it anew (see frequency.py).
capped_count = CASE WHEN {not_counted} THEN mine.capped_count WHEN {anew} THEN excluded.capped_count
        ELSE mine.capped_count + {added} END,
    capped_from = CASE WHEN NOT COALESCE({not_counted}, false) AND {anew} THEN excluded.capped_from
        ELSE mine.capped_from END,
    capped_rule = GREATEST(mine.capped_rule, excluded.capped_rule)
