package store_test

import (
	"testing"

	"gorm.io/gorm"
)

// crowd fills the tables of PostgreSQL with what a service has after some weeks, so that its planner has a choice: most
// sessions live, a few of them ended a short while ago, and a trail of ninety days in which sign-ins are few.
var crowd = []string{
	`INSERT INTO users (id, name, email, password, role, provider, photo, verified, created_at, updated_at, username)
	SELECT gen_random_uuid(), 'Seed ' || n, 'seed' || n || '@example.com', repeat('x', 97), 'user', 'local', 'default.png', false,
		at, at, CASE WHEN n % 2 = 0 THEN 'seed' || n END
	FROM generate_series(1, 30000) AS n, LATERAL (SELECT TIMESTAMPTZ '2026-03-01 12:00Z' - n * interval '1 minute' AS at) AS t`,
	`INSERT INTO sessions (id, user_id, generation, used, sent_at, issued_at, expires_at, ends_at, created_at, last_used_at,
		user_agent, ip, revoked_at, revoked_reason)
	SELECT gen_random_uuid(), u.id, 3, true, at, at, at + interval '7 days', at + interval '30 days', at, at,
		repeat('Mozilla/5.0 ', 8), '192.0.2.7', CASE WHEN n % 50 = 0 THEN TIMESTAMPTZ '2026-03-01 12:00Z' - n % 60 * interval '1 minute' END,
		CASE WHEN n % 50 = 0 THEN 'logout' END
	FROM (SELECT id, row_number() OVER () AS n FROM users) AS u, generate_series(1, 2) AS d,
		LATERAL (SELECT TIMESTAMPTZ '2026-03-01 12:00Z' - (n * 2 + d) % 10000 * interval '1 minute' AS at) AS t`,
	`INSERT INTO events (id, at, kind, user_id, session_id, ip, user_agent, request_id, detail)
	SELECT gen_random_uuid(), at, CASE WHEN n % 20 = 0 THEN 'login' ELSE 'refresh' END, s.user_id, s.id, '192.0.2.7',
		repeat('Mozilla/5.0 ', 8), '', 'rotated'
	FROM (SELECT id, user_id, row_number() OVER () AS n FROM sessions) AS s,
		LATERAL (SELECT TIMESTAMPTZ '2026-03-01 12:00Z' - n * interval '2 minutes' AS at) AS t`,
	`INSERT INTO api_keys (id, user_id, name, lookup, hash, scopes, created_at, expires_at)
	SELECT gen_random_uuid(), id, 'k', 'lookup' || n, '\x00', 'profile:read', TIMESTAMPTZ '2026-01-01Z', TIMESTAMPTZ '2026-03-02Z' + n * interval '1 minute'
	FROM (SELECT id, row_number() OVER () AS n FROM users) AS u`,
	`INSERT INTO user_metadata (user_id, document) SELECT id, '{"theme":"dark"}' FROM users`,
	`INSERT INTO throttles (key, tat) SELECT md5(n::text), 1772366400000000 + n FROM generate_series(1, 30000) AS n`,
	`ANALYZE`,
}

func seedCrowd(t *testing.T, db *gorm.DB) {
	t.Helper()
	for _, statement := range crowd {
		if err := db.Exec(statement).Error; err != nil {
			t.Fatalf("%v in %s", err, statement)
		}
	}
}
