package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"latchkey/initializers"
)

func newMigrate(p Process) *cobra.Command {
	group := &cobra.Command{Use: "migrate", Short: "Bring the database's tables up to date, or back", Args: cobra.NoArgs, RunE: help}
	group.AddCommand(
		migration(p, "up", "Apply every pending migration", migrateUp),
		migration(p, "status", "List the migrations and which were applied", migrateStatus),
		migration(p, "down", "Take the newest migration back, with the data of its tables", migrateDown),
	)
	return group
}

// help is what a command does that has only subcommands.
func help(cmd *cobra.Command, _ []string) error { return cmd.Help() }

// migration is a subcommand that works on the configured database.
func migration(p Process, use, short string, run func(context.Context, *initializers.Migrator) (result, error)) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load(p)
			if err != nil {
				return err
			}
			db, err := initializers.OpenDatabase(cmd.Context(), cfg.Database)
			if err != nil {
				return err
			}
			pool, err := db.DB()
			if err != nil {
				return err
			}
			defer func() { _ = pool.Close() }()
			m, err := initializers.NewMigrator(db)
			if err != nil {
				return err
			}
			done := p.working("migrate " + use)
			out, err := run(cmd.Context(), m)
			done()
			if err != nil {
				return err
			}
			return report(cmd, asJSON, out.document, out.text)
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

// result is what a command prints, for people and for programs.
type result struct {
	text     string
	document map[string]any
}

func migrateUp(ctx context.Context, m *initializers.Migrator) (result, error) {
	n, err := m.Up(ctx)
	return result{fmt.Sprintf("applied %d migrations", n), map[string]any{"applied": n}}, err
}

func migrateStatus(ctx context.Context, m *initializers.Migrator) (result, error) {
	rows, err := m.Status(ctx)
	lines, list, pending := make([]string, 0, len(rows)), make([]map[string]any, 0, len(rows)), 0
	for _, r := range rows {
		state := "applied"
		if !r.Applied {
			state = "pending"
			pending++
		}
		lines = append(lines, fmt.Sprintf("%-8s %s", state, r.Name))
		list = append(list, map[string]any{"name": r.Name, "applied": r.Applied})
	}
	return result{strings.Join(lines, "\n"), map[string]any{"migrations": list, "pending": pending}}, err
}

func migrateDown(ctx context.Context, m *initializers.Migrator) (result, error) {
	name, err := m.Down(ctx)
	out := result{"took back " + name, map[string]any{"took_back": name}}
	if name == "" {
		out = result{"took back nothing: no migration is applied", map[string]any{"took_back": nil}}
	}
	return out, err
}
