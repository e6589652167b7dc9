-- +goose Up
CREATE TABLE sessions (
    id             text        PRIMARY KEY,
    user_id        text        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    generation     integer     NOT NULL,
    used           boolean     NOT NULL,
    sent_at        datetime    NOT NULL,
    issued_at      datetime    NOT NULL,
    expires_at     datetime    NOT NULL,
    ends_at        datetime    NOT NULL,
    created_at     datetime    NOT NULL,
    last_used_at   datetime    NOT NULL,
    user_agent     text        NOT NULL,
    ip             text        NOT NULL,
    revoked_at     datetime,
    revoked_reason text
);
CREATE INDEX sessions_user_id ON sessions (user_id, created_at) WHERE revoked_at IS NULL;
CREATE INDEX sessions_expires_at ON sessions (expires_at);
CREATE INDEX sessions_revoked_at ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;

-- +goose Down
DROP TABLE sessions;
