// Package architecture owns the test of the house's floors: imports point downward only, packages of one floor do not
// import each other, and some packages must not know some things.
// It holds no code for the service and must not be imported.
package architecture
