-- +goose Up
-- What users keep beside their profile, as the text of a JSON object. A table of its own, so that a sign-in never reads it.
CREATE TABLE user_metadata (
    user_id  uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    document text NOT NULL
);

-- +goose Down
DROP TABLE user_metadata;
