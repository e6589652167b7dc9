// Package store owns the queries and transactions of both databases and the translation of their errors.
// It must not know policies, HTTP, raw tokens or settings: it does atomically what the rules ask for.
package store
