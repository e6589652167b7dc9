// Package controllers owns the walk of one request: decode, one call of the rules, cookies, encode.
// It must not know the database, how tokens are made, or which status an error has.
package controllers
