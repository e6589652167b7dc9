package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"latchkey/initializers"
	"latchkey/models"
)

func newUsers(p Process) *cobra.Command {
	group := &cobra.Command{
		Use: "users", Short: "Look at the accounts and change them, beside the running service", Args: cobra.NoArgs, RunE: help,
		Long: "Look at the accounts and change them. The service may be running: what is done counts from its next request on.\n" +
			"A user is named by e-mail address or by id. Passwords are never shown, in whatever form.",
	}
	group.AddCommand(
		newUsersList(p), newUsersCreate(p), newUsersDisable(p), newUsersEnable(p), newUsersSetRole(p),
		newUsersSessions(p), newUsersRevoke(p),
	)
	return group
}

// operate runs work with the accounts of the configured database.
func operate(ctx context.Context, p Process, work func(*initializers.Operator) error) error {
	cfg, err := load(p)
	if err != nil {
		return err
	}
	op, err := initializers.OpenOperator(ctx, cfg, initializers.Outside{
		Log: initializers.NewLogger(cfg.Log, p.Stderr), Now: utcNow, Version: p.Version,
	})
	if err != nil {
		return err
	}
	defer op.Close()
	return work(op)
}

// onUser runs work on the user that the first argument names.
func onUser(cmd *cobra.Command, p Process, name string, work func(*initializers.Operator, models.User) error) error {
	return operate(cmd.Context(), p, func(op *initializers.Operator) error {
		user, err := op.Users.Find(cmd.Context(), name)
		if errors.Is(err, models.ErrNotFound) {
			return fmt.Errorf("there is no user %s", printable(name))
		}
		if err != nil {
			return err
		}
		return work(op, user)
	})
}

// by says in the audit trail that a command did it, and which.
func by(cmd *cobra.Command) models.Origin { return models.Origin{UserAgent: cmd.CommandPath()} }

// userView is an account as these commands print it.
type userView struct {
	ID         uuid.UUID  `json:"id"`
	Email      string     `json:"email"`
	Name       string     `json:"name"`
	Username   *string    `json:"username"`
	Role       string     `json:"role"`
	Provider   string     `json:"provider"`
	Verified   bool       `json:"verified"`
	DisabledAt *time.Time `json:"disabled_at"`
	CreatedAt  time.Time  `json:"created_at"`
	UpdatedAt  time.Time  `json:"updated_at"`
}

func viewUser(u models.User) userView {
	return userView{
		ID: u.ID, Email: u.Email, Name: u.Name, Username: u.Username, Role: string(u.Role), Provider: u.Provider,
		Verified: u.Verified, DisabledAt: u.DisabledAt, CreatedAt: u.CreatedAt.UTC(), UpdatedAt: u.UpdatedAt.UTC(),
	}
}

// state is an account's standing in words.
func (v userView) state() string {
	switch {
	case v.DisabledAt != nil:
		return "disabled"
	case v.Verified:
		return "verified"
	}
	return "unverified"
}

func newUsersList(p Process) *cobra.Command {
	var (
		asJSON bool
		after  string
		limit  int
	)
	cmd := &cobra.Command{
		Use: "list [PREFIX]", Short: "List the accounts in the order of their addresses, all or those that begin with PREFIX",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if limit < 1 || limit > mostUsers {
				return fmt.Errorf("--limit: %d is out of range; write a number from 1 to %d", limit, mostUsers)
			}
			prefix := ""
			if len(args) > 0 {
				prefix = args[0]
			}
			return operate(cmd.Context(), p, func(op *initializers.Operator) error {
				page, err := op.Users.List(cmd.Context(), prefix, after, limit)
				if err != nil {
					return err
				}
				views := make([]userView, 0, len(page.Users))
				for _, u := range page.Users {
					views = append(views, viewUser(u))
				}
				return printUsers(cmd, p, asJSON, views, page.Next)
			})
		},
	}
	jsonFlag(cmd, &asJSON)
	cmd.Flags().StringVar(&after, "after", "", "go on after this e-mail address, the last of the page before")
	cmd.Flags().IntVar(&limit, "limit", 50, "the most accounts to list")
	return cmd
}

// mostUsers bounds one page.
const mostUsers = 1000

func printUsers(cmd *cobra.Command, p Process, asJSON bool, users []userView, next string) error {
	if asJSON {
		out := struct {
			Users []userView `json:"users"`
			Next  *string    `json:"next"` // for --after; null at the end
		}{Users: users}
		if next != "" {
			out.Next = &next
		}
		return printJSON(cmd.OutOrStdout(), out)
	}
	rows := make([][]string, 0, len(users))
	for _, u := range users {
		rows = append(rows, []string{u.Email, u.Name, u.Role, u.state(), u.ID.String(), moment(u.CreatedAt)})
	}
	err := printTable(cmd.OutOrStdout(), []string{"E-MAIL", "NAME", "ROLE", "STATE", "ID", "CREATED"}, rows)
	if err == nil && next != "" {
		_, err = fmt.Fprintf(p.Stderr, "there are more: --after %s\n", printable(next))
	}
	return err
}
