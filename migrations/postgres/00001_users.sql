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
-- A table that was used before may be large, and is written to by nobody else meanwhile.
SET LOCAL statement_timeout = 0;
LOCK TABLE users;
-- Addresses are compared without regard to case here. Which of two such accounts is the person's nobody but its owner can
-- tell, so everything stays as it is then.
-- +goose StatementBegin
DO $$
DECLARE
    found text;
BEGIN
    SELECT string_agg(twins, ' and ') INTO found FROM (
        SELECT string_agg(id::text, ' = ' ORDER BY created_at, id) AS twins FROM users
        GROUP BY lower(btrim(email, E' \t')) HAVING count(*) > 1 ORDER BY min(created_at) LIMIT 10
    ) AS pairs;
    IF found IS NOT NULL THEN
        RAISE EXCEPTION 'table users: rows have the same e-mail but for case or spaces: %; change or delete all but one of each by hand and migrate again (nothing was changed)', found;
    END IF;
END $$;
-- +goose StatementEnd
ALTER TABLE users
    ALTER COLUMN name TYPE text, ALTER COLUMN email TYPE text, ALTER COLUMN password TYPE text,
    ALTER COLUMN role TYPE text, ALTER COLUMN provider TYPE text, ALTER COLUMN photo TYPE text;
UPDATE users SET email = lower(btrim(email, E' \t')) WHERE email <> lower(btrim(email, E' \t'));
-- Some editions of the tutorial leave columns open to NULL.
UPDATE users SET name = coalesce(name, ''), email = coalesce(email, ''), password = coalesce(password, ''),
    role = coalesce(role, 'user'), provider = coalesce(provider, 'local'), photo = coalesce(photo, ''),
    verified = coalesce(verified, false), created_at = coalesce(created_at, updated_at, now()),
    updated_at = coalesce(updated_at, created_at, now())
WHERE num_nulls(name, email, password, role, provider, photo, verified, created_at, updated_at) > 0;
ALTER TABLE users
    ALTER COLUMN name SET NOT NULL, ALTER COLUMN email SET NOT NULL, ALTER COLUMN password SET NOT NULL,
    ALTER COLUMN role SET NOT NULL, ALTER COLUMN provider SET NOT NULL, ALTER COLUMN photo SET NOT NULL,
    ALTER COLUMN verified SET NOT NULL, ALTER COLUMN created_at SET NOT NULL, ALTER COLUMN updated_at SET NOT NULL;
UPDATE users SET role = 'user' WHERE role NOT IN ('user', 'admin');
ALTER TABLE users ADD CONSTRAINT users_role CHECK (role IN ('user', 'admin'));
ALTER TABLE users ADD COLUMN IF NOT EXISTS username text;
ALTER TABLE users ADD COLUMN IF NOT EXISTS disabled_at timestamptz;
CREATE UNIQUE INDEX users_email_key_lower ON users (lower(email));
CREATE UNIQUE INDEX users_username_key_lower ON users (lower(username));

-- +goose Down
DROP TABLE users;
