-- +goose Up
-- A chore that one node at a time does, such as pruning, holds its lease until then.
CREATE TABLE leases (
    name       text PRIMARY KEY,
    held_until timestamptz NOT NULL
);

-- +goose Down
DROP TABLE leases;
