// Package models owns the rows of the database, pure predicates on them, and the error values that every floor shares.
// It must not know how rows are queried, encoded as JSON or sent over HTTP.
package models
