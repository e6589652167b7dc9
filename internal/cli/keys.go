package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"latchkey/initializers"
)

func newKeys(p Process) *cobra.Command {
	group := &cobra.Command{Use: "keys", Short: "Make, list, rotate and retire the key pairs that sign tokens", Args: cobra.NoArgs, RunE: help}
	group.AddCommand(newKeysGenerate(), newKeysList(p), newKeysRotate(p), newKeysRetire(p))
	return group
}

func newKeysList(p Process) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the keys of both kinds, what each does now, and until when", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load(p)
			if err != nil {
				return err
			}
			keys, err := initializers.ListKeys(cfg, utcNow())
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), keys)
			}
			return printKeys(cmd.OutOrStdout(), keys)
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func printKeys(w io.Writer, keys []initializers.KeyState) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "KIND\tKID\tSTATE\tSIGNS FROM\tVERIFIES UNTIL\tWHERE")
	for _, k := range keys {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", k.Kind, k.KeyID, k.State, orDash(k.From), orDash(k.Until), k.Where)
	}
	return table.Flush() // has the error of every line
}

func orDash(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.Format(time.RFC3339)
}

func jsonFlag(cmd *cobra.Command, asJSON *bool) {
	cmd.Flags().BoolVar(asJSON, "json", false, "print JSON")
}

func printJSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}
