-- The benchmark's dice: the same number for the same row and salt, between 0 and 1.
CREATE FUNCTION unit(row_number bigint, salt bigint) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (hashint8extended(row_number, salt) & 9007199254740991)::double precision / 9007199254740992 $$;
