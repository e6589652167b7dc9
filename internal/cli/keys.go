package cli

import (
	"io"
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
	rows := make([][]string, 0, len(keys))
	for _, k := range keys {
		rows = append(rows, []string{k.Kind, k.KeyID, k.Algorithm, k.State, orNothing(k.From), orNothing(k.Until), k.Where})
	}
	return printTable(w, []string{"KIND", "KID", "ALG", "STATE", "SIGNS FROM", "VERIFIES UNTIL", "WHERE"}, rows)
}

func orNothing(t *time.Time) string {
	if t == nil {
		return ""
	}
	return moment(*t)
}
