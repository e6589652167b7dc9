package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"latchkey/initializers"
	"latchkey/internal/account"
	"latchkey/models"
)

func newUsersCreate(p Process) *cobra.Command {
	var (
		asJSON bool
		form   account.Registration
		role   string
		grant  account.Grant
	)
	cmd := &cobra.Command{
		Use: "create E-MAIL --name NAME", Short: "Make an account by the rules of registration; the password is asked for, or read from standard input",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			form.Email, grant.Role = args[0], models.Role(role)
			if !grant.Role.Known() {
				return account.ErrUnknownRole
			}
			return operate(cmd.Context(), p, func(op *initializers.Operator) error {
				plain, err := readPassword(p)
				if err != nil {
					return err
				}
				form.Password, form.PasswordConfirm = plain, plain
				user, err := op.Accounts.Create(cmd.Context(), form, grant, by(cmd))
				if err != nil {
					return err
				}
				return report(cmd, asJSON, map[string]any{"user": viewUser(user)},
					fmt.Sprintf("made %s (%s, %s), id %s", user.Email, user.Role, viewUser(user).state(), user.ID))
			})
		},
	}
	jsonFlag(cmd, &asJSON)
	cmd.Flags().StringVar(&form.Name, "name", "", "the person's name")
	cmd.Flags().StringVar(&form.Username, "username", "", "a name to sign in with as well")
	cmd.Flags().StringVar(&form.Photo, "photo", "", "the address of a picture")
	cmd.Flags().StringVar(&role, "role", string(models.RoleUser), "user or admin")
	cmd.Flags().BoolVar(&grant.Verified, "verified", false, "the e-mail address counts as proved")
	return cmd
}

// report prints what was done: one line, or the document that stands for it.
func report(cmd *cobra.Command, asJSON bool, document map[string]any, line string) error {
	if asJSON {
		return printJSON(cmd.OutOrStdout(), document)
	}
	_, err := fmt.Fprintln(cmd.OutOrStdout(), line)
	return err
}
