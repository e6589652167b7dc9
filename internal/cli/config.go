package cli

import (
	"github.com/spf13/cobra"

	"latchkey/config"
)

func newConfig(p Process) *cobra.Command {
	group := &cobra.Command{Use: "config", Short: "Look at the settings", Args: cobra.NoArgs, RunE: help}
	group.AddCommand(newConfigPrint(p))
	return group
}

// settingView is one setting as config print shows it.
type settingView struct {
	Name   string `json:"name"`
	Value  string `json:"value"` // "[redacted]" for a secret
	Source string `json:"source"`
}

func newConfigPrint(p Process) *cobra.Command {
	var asJSON, all bool
	cmd := &cobra.Command{
		Use: "print", Short: "Print the settings that count and where each was found; secrets are hidden", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			report := config.Inspect(config.Options{File: settingsFile, Getenv: p.Getenv})
			views := []settingView{}
			for _, v := range report.Values {
				if v.Source == "" {
					v.Source = "default"
				} else if v.Text == "" {
					v.Text = "(at fault)"
				}
				if all || v.Source != "default" || v.Text != "" {
					views = append(views, settingView{v.Name, v.Text, v.Source})
				}
			}
			if err := printSettingViews(cmd, asJSON, views); err != nil {
				return err
			}
			if len(report.Faults) > 0 {
				return report.Faults
			}
			return nil
		},
	}
	jsonFlag(cmd, &asJSON)
	cmd.Flags().BoolVar(&all, "all", false, "also settings without a value")
	return cmd
}

func printSettingViews(cmd *cobra.Command, asJSON bool, views []settingView) error {
	if asJSON {
		return printJSON(cmd.OutOrStdout(), map[string]any{"settings": views})
	}
	rows := make([][]string, 0, len(views))
	for _, v := range views {
		rows = append(rows, []string{v.Name, v.Value, v.Source})
	}
	return printTable(cmd.OutOrStdout(), []string{"SETTING", "VALUE", "SOURCE"}, rows)
}
