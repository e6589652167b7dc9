-- +goose Up
-- SQLite compares bytes in any case: users_email_key_lower is already the index that PostgreSQL gets here.
SELECT 1;

-- +goose Down
SELECT 1;
