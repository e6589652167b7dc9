package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"latchkey/config"
	"latchkey/controllers"
	"latchkey/initializers"
)

// leadForSettings is how long people have to bring a new setting to every node, unless they say otherwise.
const leadForSettings = 24 * time.Hour

func newKeysRotate(p Process) *cobra.Command {
	var (
		kind   string
		in     time.Duration
		asJSON bool
	)
	cmd := &cobra.Command{
		Use: "rotate", Short: "Make the next key: published now, signing later, with nobody signed out", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			names, err := kindsOf(kind)
			if err != nil {
				return err
			}
			if in != 0 && in < initializers.KeyLead {
				return fmt.Errorf("--in: %s is too soon: other services may go by a key set of %s ago; write at least %s",
					in, controllers.KeySetMaxAge, initializers.KeyLead)
			}
			cfg, err := load(p)
			if err != nil {
				return err
			}
			return rotate(cmd.OutOrStdout(), cfg, names, in, asJSON)
		},
	}
	cmd.Flags().StringVar(&kind, "kind", "both", "which tokens get a new key: access, refresh or both")
	cmd.Flags().DurationVar(&in, "in", 0, "how long until it signs; by default 7m for the key folder and 24h for settings")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func kindsOf(kind string) ([]string, error) {
	switch {
	case kind == "both":
		return keyNames(), nil
	case slices.Contains(keyNames(), kind):
		return []string{kind}, nil
	}
	return nil, errors.New("--kind: write access, refresh or both")
}

func rotate(w io.Writer, cfg config.Config, names []string, in time.Duration, asJSON bool) error {
	now := utcNow()
	made, err := initializers.RotateKeys(cfg, names, func(inFolder bool) time.Time {
		switch {
		case in != 0:
			return now.Add(in)
		case inFolder:
			return now.Add(initializers.KeyLead)
		}
		return now.Add(leadForSettings)
	}, now)
	if err != nil {
		return err
	}
	shown := make([]rotated, len(made))
	for i, key := range made {
		shown[i] = show(key)
		if asJSON {
			continue
		}
		if err := shown[i].print(w); err != nil {
			return err
		}
	}
	if asJSON {
		return printJSON(w, shown)
	}
	return nil
}

// rotated is a new key as it is shown: the name of its file, or as settings.
type rotated struct {
	Kind      string            `json:"kind"`
	KeyID     string            `json:"kid"`
	Algorithm string            `json:"alg"`
	From      time.Time         `json:"signs_from"`
	Until     time.Time         `json:"former_verifies_until"`
	File      string            `json:"file,omitempty"`
	Settings  map[string]string `json:"settings,omitempty"`
}

func show(key initializers.NewKey) rotated {
	r := rotated{Kind: key.Kind, KeyID: key.KeyID, Algorithm: key.Algorithm, From: key.From, Until: key.Until, File: key.File}
	if key.File == "" {
		r.Settings = map[string]string{
			setting(key.Kind, "NEXT_PRIVATE_KEY"): key.Private.Reveal(),
			setting(key.Kind, "NEXT_KEY_FROM"):    key.From.Format(time.RFC3339),
		}
		if key.Algorithm != key.Former {
			r.Settings["JWT_ALGORITHM"] = key.Algorithm
		}
	}
	return r
}

func (r rotated) print(w io.Writer) error {
	from, until := r.From.Format(time.RFC3339), r.Until.Format(time.RFC3339)
	if r.File != "" {
		_, err := fmt.Fprintf(w, `%s key %s (%s)
  file:    %s
  now:     published; running nodes notice within seconds, a node with a folder of its own needs a copy of the file
  %s: it signs
  %s: the last token of the key before it has expired; that key is removed
`, r.Kind, r.KeyID, r.Algorithm, r.File, from, until)
		return err
	}
	private, moment := setting(r.Kind, "NEXT_PRIVATE_KEY"), setting(r.Kind, "NEXT_KEY_FROM")
	change := ""
	if algorithm := r.Settings["JWT_ALGORITHM"]; algorithm != "" {
		change = "#    Together with them, since the key is of another kind than the one before it:\nJWT_ALGORITHM=" + algorithm + "\n"
	}
	_, err := fmt.Fprintf(w, `# %s key %s (%s). The keys of this kind are settings, so nothing was changed.
# 1. Set these two on every node beside those that are there, then send SIGHUP or restart, all before %s:
%s=%s
%s=%s
%s# 2. After %s make the first of them %s, and remove both and %s.
`, r.Kind, r.KeyID, r.Algorithm, r.From.Add(-controllers.KeySetMaxAge).Format(time.RFC3339), private, r.Settings[private], moment, r.Settings[moment], change,
		until, setting(r.Kind, "PRIVATE_KEY"), setting(r.Kind, "PUBLIC_KEY"))
	return err
}
