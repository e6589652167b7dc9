-- +goose Up
-- The column names are those of the well-known tutorial: a table made by it is adopted as it is.
CREATE TABLE IF NOT EXISTS users (
    id         uuid PRIMARY KEY,
    name       varchar(255) NOT NULL,
    email      text         NOT NULL,
    password   text         NOT NULL,
    role       varchar(255) NOT NULL,
    provider   varchar(255) NOT NULL,
    photo      text         NOT NULL,
    verified   boolean      NOT NULL,
    created_at timestamptz  NOT NULL,
    updated_at timestamptz  NOT NULL
);
UPDATE users SET role = 'user' WHERE role NOT IN ('user', 'admin');
ALTER TABLE users ADD CONSTRAINT users_role CHECK (role IN ('user', 'admin'));
ALTER TABLE users ALTER COLUMN photo TYPE text;
ALTER TABLE users ADD COLUMN IF NOT EXISTS username text;
ALTER TABLE users ADD COLUMN IF NOT EXISTS disabled_at timestamptz;
CREATE UNIQUE INDEX users_email_key_lower ON users (lower(email));
CREATE UNIQUE INDEX users_username_key_lower ON users (lower(username));

-- +goose Down
DROP TABLE users;
