-- +goose Up
-- key is hashed; tat is the theoretical arrival time of GCRA in microseconds since 1970: a row of the past is as good as none.
CREATE TABLE throttles (
    key text   PRIMARY KEY,
    tat bigint NOT NULL
);
CREATE INDEX throttles_tat ON throttles (tat);

-- +goose Down
DROP TABLE throttles;
