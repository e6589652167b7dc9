package cli

import (
	"context"
	"fmt"
	"io"

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
func migration(p Process, use, short string, run func(context.Context, *initializers.Migrator, io.Writer) error) *cobra.Command {
	return &cobra.Command{
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
			return run(cmd.Context(), m, cmd.OutOrStdout())
		},
	}
}

func migrateUp(ctx context.Context, m *initializers.Migrator, w io.Writer) error {
	n, err := m.Up(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "applied %d migrations\n", n)
	return err
}

func migrateStatus(ctx context.Context, m *initializers.Migrator, w io.Writer) error {
	rows, err := m.Status(ctx)
	if err != nil {
		return err
	}
	for _, r := range rows {
		state := "pending"
		if r.Applied {
			state = "applied"
		}
		if _, err := fmt.Fprintf(w, "%-8s %s\n", state, r.Name); err != nil {
			return err
		}
	}
	return nil
}

func migrateDown(ctx context.Context, m *initializers.Migrator, w io.Writer) error {
	name, err := m.Down(ctx)
	if err != nil {
		return err
	}
	if name == "" {
		name = "nothing: no migration is applied"
	}
	_, err = fmt.Fprintln(w, "took back "+name)
	return err
}
