// Package doctor owns the mistakes that people make around an auth service for browser apps: how each is found in the
// settings, below the service and in its answers, and what mends it.
// It must not know how a database, a key folder or a cache is opened: it is handed what was found there.
package doctor
