// Package account owns the rules of accounts: registration, proving a password, the profile.
// It must not know HTTP, cookies, tokens, sessions or SQL.
package account
