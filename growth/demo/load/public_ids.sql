-- The engine reserves the identity before the row, so the source's name for it is known. One look-up by the index of
-- each foreign key of accounts_externalidentity. Arguments: noun, seed, key of the source.
CREATE OR REPLACE FUNCTION pg_temp.demo_public_id() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    noun text := TG_ARGV[0];
    source bigint := TG_ARGV[2];
    name text;
BEGIN
    IF noun = 'account' THEN
        SELECT external_id INTO STRICT name FROM accounts_externalidentity
        WHERE account_id = NEW.id AND source_id = source;
    ELSIF noun = 'contact' THEN
        SELECT external_id INTO STRICT name FROM accounts_externalidentity
        WHERE contact_id = NEW.id AND source_id = source;
    ELSE
        SELECT external_id INTO STRICT name FROM accounts_externalidentity
        WHERE opportunity_id = NEW.id AND source_id = source;
    END IF;
    NEW.public_id := md5(TG_ARGV[1] || ':' || noun || ':' || name)::uuid;
    RETURN NEW;
END $$;
