// Package metrics owns what the service measures about itself and the registry in which a scraper reads it.
// It must not know the addresses of the service, its users or its sessions: callers hand it words from closed sets,
// never input, and no number in it can be traced to a person.
package metrics
