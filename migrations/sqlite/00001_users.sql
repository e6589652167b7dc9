-- +goose Up
CREATE TABLE users (
    id         text PRIMARY KEY,
    name       varchar(255) NOT NULL,
    email      text         NOT NULL,
    password   text         NOT NULL,
    role       varchar(255) NOT NULL CHECK (role IN ('user', 'admin')),
    provider   varchar(255) NOT NULL,
    photo      text         NOT NULL,
    verified   boolean      NOT NULL,
    created_at datetime     NOT NULL,
    updated_at datetime     NOT NULL,
    username   text,
    disabled_at datetime
);
CREATE UNIQUE INDEX users_email_key_lower ON users (lower(email));
CREATE UNIQUE INDEX users_username_key_lower ON users (lower(username));

-- +goose Down
DROP TABLE users;
