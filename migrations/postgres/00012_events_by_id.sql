-- +goose Up
-- The ids of events begin with their time, so the primary key finds them by it, and each write has an index less to keep.
DROP INDEX events_at;

-- +goose Down
CREATE INDEX events_at ON events (at);
