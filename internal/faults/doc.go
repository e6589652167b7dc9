// Package faults owns the tests of what the service does when something around it breaks: its database, its disk, its
// clients, the clock, and whoever stops it.
// It must not know how the service is made: it sees answers, processes and files.
package faults
