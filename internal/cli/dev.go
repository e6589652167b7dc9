package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"latchkey/initializers"
	"latchkey/internal/seed"
)

func newDev(p Process) *cobra.Command {
	group := &cobra.Command{Use: "dev", Short: "Help for development; refused in production", Args: cobra.NoArgs, RunE: help}
	group.AddCommand(newDevSeed(p))
	return group
}

func newDevSeed(p Process) *cobra.Command {
	var (
		asJSON bool
		plan   seed.Plan
	)
	cmd := &cobra.Command{
		Use: "seed --users N --sessions N", Short: "Fill the database with made-up accounts that have one password, and their sessions", Args: cobra.NoArgs,
		Long: "Fill the database with made-up accounts, so that it can be tried at size. A second run adds what is missing.\n" +
			"All accounts have the same password, which is printed: never do this where strangers can sign in.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load(p)
			if err != nil {
				return err
			}
			out := initializers.Outside{Log: initializers.NewLogger(cfg.Log, p.Stderr), Now: utcNow, Version: p.Version}
			progress, done := p.counting()
			added, err := initializers.Seed(cmd.Context(), cfg, out, plan, progress)
			done()
			if err != nil {
				return err
			}
			return report(cmd, asJSON, seedDocument(plan, added), seedText(plan, added))
		},
	}
	jsonFlag(cmd, &asJSON)
	cmd.Flags().IntVar(&plan.Users, "users", 1000, "how many accounts there are to be")
	cmd.Flags().IntVar(&plan.Sessions, "sessions", 0, "how many sessions, spread over the accounts")
	cmd.Flags().IntVar(&plan.Events, "events", 0, "how many events of the sessions' refreshes")
	return cmd
}

func seedDocument(p seed.Plan, added seed.Added) map[string]any {
	kind := func(wanted, added int) map[string]any { return map[string]any{"wanted": wanted, "added": added} }
	return map[string]any{
		"users": kind(p.Users, added.Users), "sessions": kind(p.Sessions, added.Sessions), "events": kind(p.Events, added.Events),
		"first": seed.Email(1), "last": seed.Email(p.Users), "password": seed.Password,
	}
}

func seedText(p seed.Plan, added seed.Added) string {
	return fmt.Sprintf("added %d of %d users, %d of %d sessions, %d of %d events; the others were there\nsign in as %s to %s with the password: %s",
		added.Users, p.Users, added.Sessions, p.Sessions, added.Events, p.Events, seed.Email(1), seed.Email(p.Users), seed.Password)
}
