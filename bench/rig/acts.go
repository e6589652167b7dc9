package main

import "fmt"

// act is one run of the harness, and the lines that are printed of it.
type act struct {
	name      string
	scenarios string
	workers   int
	users     int
	targets   []string // the first is what the others are compared with
	lines     []line
}

// line is one goal: what is measured, of which target and scenario.
type line struct {
	what, goal       string
	target, scenario string
	value            func(ours, base median) string
	against          string // "": the act's first target; else a target of the act before
}

// median holds the medians of one target and scenario, by the harness's names.
type median map[string]float64

func (m median) cpu() float64 { return m["server_us"] + m["db_us"] }

func total(ours, base median) string    { return ratio(ours.cpu(), base.cpu()) }
func server(ours, base median) string   { return ratio(ours["server_us"], base.cpu()) }
func database(ours, base median) string { return ratio(ours["db_us"], base["db_us"]) }
func rate(ours, base median) string     { return ratio(ours["rps"], base["rps"]) }
func memory(ours, _ median) string      { return fmt.Sprintf("%.0f MB", ours["rss_mb"]) }

func ratio(a, b float64) string {
	if b == 0 {
		return "n/a"
	}
	return fmt.Sprintf("%.2f", a/b)
}

// The two halves of a flood are within one run of one target, so these ratios need no base.
func floodMedian(ours, _ median) string {
	return ratio(ours["me-flood_p50_us"], ours["me-calm_p50_us"])
}

func floodSlowest(ours, _ median) string {
	return fmt.Sprintf("%.0f ms", ours["me-flood_p99_us"]/1000)
}

// acts are played in this order. The floor takes no part in a flood, which it would work off for the rest of the run.
//
//nolint:gochecknoglobals // a constant table
var acts = []act{
	{
		name: "/me, 2 connections", scenarios: "me", workers: 2, users: 64, targets: []string{"floor", "postgres"},
		lines: []line{{what: "/me, 2 connections: CPU of server and database", target: "postgres", scenario: "me", value: total}},
	},
	{
		name: "/me, 16 connections", scenarios: "me", workers: 16, users: 64,
		targets: []string{"floor", "postgres", "sqlite"},
		lines: []line{
			{"/me: CPU of server and database", "≤ 1.35", "postgres", "me", total, ""},
			{"/me: requests a second", "≥ 0.75", "postgres", "me", rate, ""},
			{"/me: CPU of the database, against 2 connections", "≤ 1.2", "postgres", "me", database, "postgres"},
			{"/me: memory", "≤ 40 MB", "postgres", "me", memory, ""},
			{"/me on SQLite: CPU of the server", "≤ 1.1", "sqlite", "me", server, ""},
		},
	},
	{
		name: "refresh, 16 connections", scenarios: "refresh", workers: 16, users: 64,
		targets: []string{"floor", "rotating", "postgres", "sqlite", "es256", "eddsa"},
		lines: []line{
			{"refresh that rotates: CPU of server and database", "≤ 1.1", "rotating", "refresh", total, ""},
			{"refresh that rotates: CPU of the database", "≤ 1.5", "rotating", "refresh", database, ""},
			{"refresh that is held: CPU of server and database", "≤ 0.6", "postgres", "refresh", total, ""},
			{"refresh that rotates, ES256: CPU of server and database", "≤ 0.3", "es256", "refresh", total, ""},
			{"refresh that rotates, EdDSA: CPU of server and database", "≤ 0.3", "eddsa", "refresh", total, ""},
			{"refresh on SQLite, held: CPU of the server", "", "sqlite", "refresh", server, ""},
		},
	},
	{
		name: "passwords, 2 connections", scenarios: "login,login-bad,register", workers: 2, users: 256,
		targets: []string{"floor", "postgres"},
		lines: []line{
			{"login: CPU of server and database", "≤ 1.05", "postgres", "login", total, ""},
			{"wrong password: CPU of server and database", "≤ 1.05", "postgres", "login-bad", total, ""},
			{"registration: CPU of server and database", "≤ 1.05", "postgres", "register", total, ""},
		},
	},
	{
		name: "unknown address against wrong password", scenarios: "login-bad", workers: 2, users: 256,
		targets: []string{"postgres", "unknown"},
		lines: []line{
			{
				"unknown address: median time, against a wrong password", "0.95 to 1.05", "unknown", "login-bad",
				func(ours, base median) string { return ratio(ours["p50_us"], base["p50_us"]) }, "",
			},
		},
	},
	{
		name: "90 % /me, 8 % refresh, 2 % login", scenarios: "mixed", workers: 8, users: 256,
		targets: []string{"floor", "postgres", "sqlite"},
		lines: []line{
			{"mixed: CPU of server and database", "≤ 1.15", "postgres", "mixed", total, ""},
			{"mixed on SQLite: CPU of the server", "", "sqlite", "mixed", server, ""},
		},
	},
	{
		name: "a flood of ten times the sign-ins", scenarios: "flood", workers: 4, users: 256,
		targets: []string{"postgres", "sqlite"},
		lines: []line{
			{"flood: p50 of /me, against calm", "≤ 2", "postgres", "flood", floodMedian, ""},
			{"flood: p99 of /me", "≤ 25 ms", "postgres", "flood", floodSlowest, ""},
			{"flood: memory", "≤ 150 MB", "postgres", "flood", memory, ""},
			{"flood on SQLite: p50 of /me, against calm", "≤ 2", "sqlite", "flood", floodMedian, ""},
			{"flood on SQLite: p99 of /me", "≤ 25 ms", "sqlite", "flood", floodSlowest, ""},
			{"flood on SQLite: memory", "≤ 150 MB", "sqlite", "flood", memory, ""},
		},
	},
}
