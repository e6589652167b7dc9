-- +goose Up
-- A key is lookup and secret; of the whole only the SHA-256 hash is kept. Revoking a key deletes its row.
CREATE TABLE api_keys (
    id           uuid        PRIMARY KEY,
    user_id      uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name         text        NOT NULL,
    lookup       text        NOT NULL UNIQUE,
    hash         bytea       NOT NULL,
    scopes       text        NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    last_used_at timestamptz
);
CREATE INDEX api_keys_user_id ON api_keys (user_id, created_at);
CREATE INDEX api_keys_expires_at ON api_keys (expires_at);

-- +goose Down
DROP TABLE api_keys;
