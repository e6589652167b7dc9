// Package seed owns made-up accounts for trying a service out at size: which rows there are, and in what order they come.
// It must not know SQL, HTTP, settings or how a password is hashed.
package seed
