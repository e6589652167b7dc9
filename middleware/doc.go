// Package middleware owns what every request passes on its way in and out: its id, log line, headers, guards, the
// signed-in user, and the only table from errors to answers. It must not know the database or where settings come from.
package middleware
