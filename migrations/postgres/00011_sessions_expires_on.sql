-- +goose Up
-- A refresh moves expires_at, and an index on a column that moves costs each refresh an entry in every index of the table
-- (no heap-only tuple). The day changes once in a day. Pages keep room for the next version of a row beside the last.
ALTER TABLE sessions ADD COLUMN expires_on date NOT NULL GENERATED ALWAYS AS ((expires_at AT TIME ZONE 'UTC')::date) STORED;
CREATE INDEX sessions_expires_on ON sessions (expires_on);
DROP INDEX sessions_expires_at;
ALTER TABLE sessions SET (fillfactor = 80);

-- +goose Down
ALTER TABLE sessions RESET (fillfactor);
DROP INDEX sessions_expires_on;
ALTER TABLE sessions DROP COLUMN expires_on;
CREATE INDEX sessions_expires_at ON sessions (expires_at);
