-- +goose Up
-- No foreign keys: an event outlives the user and the session that it speaks of.
CREATE TABLE events (
    id         uuid        PRIMARY KEY,
    at         timestamptz NOT NULL,
    kind       text        NOT NULL,
    user_id    uuid,
    session_id uuid,
    ip         text        NOT NULL,
    user_agent text        NOT NULL,
    request_id text        NOT NULL,
    detail     text        NOT NULL
);
CREATE INDEX events_at ON events (at);
CREATE INDEX events_user_id ON events (user_id, at);

-- +goose Down
DROP TABLE events;
