-- name: create_check_function
-- The function of the triggers that keep a row and what it points to in one organization; its error names what the row
-- points to.
CREATE OR REPLACE FUNCTION check_rows_of_one_organization() RETURNS trigger LANGUAGE plpgsql AS $$$$
DECLARE
    wrong text;
    written text := CASE TG_LEVEL WHEN 'ROW' THEN '(SELECT ($$1).*)' ELSE 'written' END;
BEGIN
    FOR place IN 0 .. TG_NARGS - 1 BY 2 LOOP
        EXECUTE format(
            'SELECT %L || parent.id FROM %s child JOIN %I parent ON parent.id = child.%I
             WHERE parent.organization_id <> child.organization_id LIMIT 1',
            TG_ARGV[place] || ' ', written, TG_ARGV[place + 1], TG_ARGV[place]) INTO wrong USING NEW;
        IF wrong IS NOT NULL THEN
            RAISE EXCEPTION 'a row of % points to another organization''s %', TG_TABLE_NAME, wrong
                USING ERRCODE = 'foreign_key_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
        END IF;
    END LOOP;
    RETURN NULL;
END $$$$

-- name: create_refuse_function
-- The function of the triggers that keep a row in its organization.
CREATE OR REPLACE FUNCTION refuse_another_organization() RETURNS trigger LANGUAGE plpgsql AS $$$$
BEGIN
    RAISE EXCEPTION 'a row of % stays in its organization', TG_TABLE_NAME
        USING ERRCODE = 'foreign_key_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
END $$$$
