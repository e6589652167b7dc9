package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"latchkey/initializers"
	"latchkey/models"
)

// change is a command that does something to one user and says what. act returns the line and the document's parts.
func change(p Process, use, short string, args int, act func(*cobra.Command, []string, *initializers.Operator, models.User) (string, map[string]any, error)) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(args),
		RunE: func(cmd *cobra.Command, args []string) error {
			return onUser(cmd, p, args[0], func(op *initializers.Operator, user models.User) error {
				line, document, err := act(cmd, args, op, user)
				if err != nil {
					return err
				}
				document["id"], document["email"] = user.ID, user.Email
				return report(cmd, asJSON, document, printable(user.Email)+": "+line)
			})
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func newUsersDisable(p Process) *cobra.Command {
	return change(p, "disable USER", "Keep a user from signing in, and end the sessions", 1,
		func(cmd *cobra.Command, _ []string, op *initializers.Operator, user models.User) (string, map[string]any, error) {
			ended, changed, err := op.Users.Disable(cmd.Context(), user, by(cmd))
			line := fmt.Sprintf("disabled, %s ended", count(ended, "session"))
			if !changed {
				line = "was disabled already"
			}
			return line, map[string]any{"changed": changed, "disabled": true, "ended": ended}, err
		})
}

func newUsersEnable(p Process) *cobra.Command {
	return change(p, "enable USER", "Let a user sign in again; sessions that were ended stay so", 1,
		func(cmd *cobra.Command, _ []string, op *initializers.Operator, user models.User) (string, map[string]any, error) {
			changed, err := op.Users.Enable(cmd.Context(), user, by(cmd))
			line := "enabled"
			if !changed {
				line = "was enabled already"
			}
			return line, map[string]any{"changed": changed, "disabled": false}, err
		})
}

func newUsersSetRole(p Process) *cobra.Command {
	cmd := change(p, "set-role USER ROLE", "Give a user the role user or admin", 2,
		func(cmd *cobra.Command, args []string, op *initializers.Operator, user models.User) (string, map[string]any, error) {
			role := models.Role(args[1])
			changed, err := op.Users.SetRole(cmd.Context(), user, role, by(cmd))
			line := fmt.Sprintf("role %s, was %s", role, user.Role)
			if !changed {
				line = fmt.Sprintf("role was %s already", role)
			}
			return line, map[string]any{"changed": changed, "role": role, "before": user.Role}, err
		})
	cmd.Long = "Give a user the role user or admin. This service reads the role on each request. A service that reads it from\n" +
		"the access token sees the old one until that token expires; `users revoke` makes the user sign in anew."
	return cmd
}

// count writes a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
