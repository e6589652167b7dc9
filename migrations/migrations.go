// Package migrations owns the numbered SQL files of both databases.
// It must not know who runs them.
package migrations

import "embed"

// SQLite holds the folder sqlite/.
//
//go:embed sqlite/*.sql
var SQLite embed.FS

// Postgres holds the folder postgres/.
//
//go:embed postgres/*.sql
var Postgres embed.FS
