-- +goose Up
-- For lists of accounts by the beginning of the address, in an order that is the same whatever the database's language.
CREATE INDEX users_email_bytes ON users (lower(email) COLLATE "C");

-- +goose Down
DROP INDEX users_email_bytes;
