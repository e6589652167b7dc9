// Package initializers owns the composition of the service: it opens the database, loads keys, and ties the parts
// together by struct literals. It must not know a rule of sign-ins or an answer of HTTP.
package initializers
