// Package interop owns the check that libraries which are none of ours verify our access tokens, by the published keys alone.
// It must not know how the service signs.
package interop
