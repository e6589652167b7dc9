package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"latchkey/config"
	"latchkey/initializers"
	"latchkey/internal/doctor"
)

// doctorOptions are the flags of the diagnosis.
type doctorOptions struct {
	asJSON  bool
	pages   []string
	timeout time.Duration
	old     tutorialOptions
}

func newDoctor(p Process) *cobra.Command {
	var o doctorOptions
	cmd := &cobra.Command{
		Use: "doctor [URL ...]", Short: "Find what is wrong with a set-up, and what mends it",
		Long: "Without an address it examines the settings, the keys, the database and Redis from this folder. With one it also asks the\n" +
			"service there what a browser would meet; with several it compares them as the nodes of one service. It changes\n" +
			"nothing, and exits with 1 when something is wrong (FAIL).",
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.old.file != "" {
				return fromTutorial(cmd, args, o)
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), o.timeout)
			defer cancel()
			done := p.working("examining")
			found, err := examine(ctx, p, args, o.pages)
			done()
			if err != nil {
				return err
			}
			if err := printFindings(cmd, o.asJSON, found); err != nil {
				return err
			}
			if doctor.Failed(found) {
				return errTold
			}
			return nil
		},
	}
	jsonFlag(cmd, &o.asJSON)
	cmd.Flags().StringSliceVar(&o.pages, "origin", nil, "the origin of a web page that calls the service, as the browser's address bar shows it (default: CLIENT_ORIGIN)")
	cmd.Flags().DurationVar(&o.timeout, "timeout", 30*time.Second, "the longest that everything may take")
	o.old.flags(cmd)
	return cmd
}

// examine collects what is found here and at the addresses.
func examine(ctx context.Context, p Process, addresses, pages []string) ([]doctor.Finding, error) {
	for _, page := range pages {
		if doctor.Origin(page) == "" {
			return nil, fmt.Errorf("--origin: %s is no origin; write scheme://host:port as the address bar shows it", printable(page))
		}
	}
	report := config.Inspect(config.Options{File: settingsFile, Getenv: p.Getenv})
	below := initializers.Foundations(ctx, report.Config)
	visit := doctor.Visit{Addresses: addresses, Pages: pages}
	var found []doctor.Finding
	if len(addresses) == 0 || isHome(report, below) {
		found = doctor.Settings(report)
		found = append(found, doctor.Below(below, report.Config)...)
		found = append(found, doctor.Committed(ctx, ".", report.Config.Keys.Dir)...)
		found = append(found, openSettings(report)...)
		visit.Local, visit.Signing = &report, below.Keys.Signing
		if len(pages) == 0 {
			visit.Pages = report.Config.Origins.Client
		}
	}
	for _, f := range doctor.Live(ctx, visit) {
		if !slices.Contains(found, f) { // the settings may have told it already
			found = append(found, f)
		}
	}
	return found, nil
}

// isHome reports whether the service's own settings are here: anything but defaults, or what a service has made.
func isHome(report config.Report, below doctor.Foundations) bool {
	for _, v := range report.Values {
		if v.Source != "" {
			return true
		}
	}
	return below.Keys.Signing != "" || !below.Database.Absent
}

// openSettings finds a settings file with secrets that other users of the machine can read.
func openSettings(report config.Report) []doctor.Finding {
	for _, v := range report.Values {
		if v.Secret && v.Text != "" && v.Source == settingsFile {
			return doctor.OpenFile(settingsFile)
		}
	}
	return nil
}

func printFindings(cmd *cobra.Command, asJSON bool, found []doctor.Finding) error {
	if asJSON {
		found = append([]doctor.Finding{}, found...) // an empty list is no null
		return printJSON(cmd.OutOrStdout(), map[string]any{"ok": !doctor.Failed(found), "findings": found})
	}
	for _, f := range found {
		if _, err := fmt.Fprintln(cmd.OutOrStdout(), f); err != nil {
			return err
		}
	}
	return nil
}
