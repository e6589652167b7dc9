package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"latchkey/controllers"
	"latchkey/initializers"
)

func newKeysRetire(p Process) *cobra.Command {
	var yes, asJSON bool
	cmd := &cobra.Command{
		Use: "retire KID", Short: "Take a key out at once, because somebody else may have it; says what that does to people",
		Long: "Take a key out at once, because somebody else may have it. `latchkey keys list` shows the KIDs; one that begins with a\n" +
			"minus goes behind two: latchkey keys retire --yes -- -KID",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := load(p)
			if err != nil {
				return err
			}
			key, err := initializers.RetireKey(cfg, args[0], utcNow(), !yes)
			if err != nil {
				return err
			}
			effect := retired{RetiredKey: key, Done: yes, Effect: effectOf(key.KeyState)}
			if asJSON {
				err = printJSON(cmd.OutOrStdout(), effect)
			} else {
				err = effect.print(cmd.OutOrStdout())
			}
			if err == nil && !yes {
				return errors.New("nothing was done; add --yes to do it")
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do it; without this, only say what it would do")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// retired is what a retirement does, or would do.
type retired struct {
	initializers.RetiredKey
	Done   bool   `json:"done"`
	Effect string `json:"effect"`
}

func (r retired) print(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%s key %s (%s)\n%s\n", r.Kind, r.KeyID, r.State, r.Effect)
	if err == nil && r.Replacement != "" {
		_, err = fmt.Fprintf(w, "Key %s signs in its place.\n", r.Replacement)
	}
	return err
}

// effectOf says what people notice when a key goes.
func effectOf(key initializers.KeyState) string {
	switch {
	case key.State == initializers.KeyNext || key.State == initializers.KeyRetired:
		return "Nobody notices: no token that counts is signed with it."
	case key.Kind == "access":
		return "Access tokens signed with it are refused as soon as the nodes notice, within seconds. Browsers get new ones at their next " +
			"refresh and nobody has to sign in again. A service that verifies by itself refuses them once it has read the key set again, " +
			"which may take " + controllers.KeySetMaxAge.String() + "."
	}
	return "Refresh tokens signed with it are refused as soon as the nodes notice, within seconds. Whoever has one " +
		"has to sign in again when the access token expires."
}
