package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"latchkey/initializers"
	"latchkey/internal/session"
	"latchkey/models"
)

// sessionView is a session as these commands print it.
type sessionView struct {
	ID         uuid.UUID `json:"id"`
	CreatedAt  time.Time `json:"created_at"`
	LastUsedAt time.Time `json:"last_used_at"`
	ExpiresAt  time.Time `json:"expires_at"`
	UserAgent  string    `json:"user_agent"`
	IP         string    `json:"ip"`
}

func newUsersSessions(p Process) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "sessions USER", Short: "List a user's live sessions, newest first", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return onUser(cmd, p, args[0], func(op *initializers.Operator, user models.User) error {
				rows, err := op.Sessions.ListOf(cmd.Context(), user.ID)
				if err != nil {
					return err
				}
				views := make([]sessionView, 0, len(rows))
				for _, r := range rows {
					views = append(views, sessionView{r.ID, r.CreatedAt.UTC(), r.LastUsedAt.UTC(), r.ExpiresAt.UTC(), r.UserAgent, r.IP})
				}
				return printSessions(cmd, asJSON, views)
			})
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func printSessions(cmd *cobra.Command, asJSON bool, views []sessionView) error {
	if asJSON {
		return printJSON(cmd.OutOrStdout(), map[string]any{"sessions": views})
	}
	rows := make([][]string, 0, len(views))
	for _, v := range views {
		rows = append(rows, []string{v.ID.String(), moment(v.CreatedAt), moment(v.LastUsedAt), moment(v.ExpiresAt), v.IP, v.UserAgent})
	}
	return printTable(cmd.OutOrStdout(), []string{"ID", "CREATED", "LAST USED", "EXPIRES", "IP", "USER AGENT"}, rows)
}

func newUsersRevoke(p Process) *cobra.Command {
	var one string
	cmd := change(p, "revoke USER", "End a user's sessions, all or one of them", 1,
		func(cmd *cobra.Command, _ []string, op *initializers.Operator, user models.User) (string, map[string]any, error) {
			if one != "" {
				return revokeOne(cmd, op, user, one)
			}
			ended, err := op.Sessions.RevokeAll(cmd.Context(), user.ID, by(cmd))
			return count(ended, "session") + " ended", map[string]any{"ended": ended}, err
		})
	cmd.Flags().StringVar(&one, "session", "", "end only the session of this id; see `users sessions`")
	return cmd
}

func revokeOne(cmd *cobra.Command, op *initializers.Operator, user models.User, text string) (string, map[string]any, error) {
	unknown := fmt.Errorf("%s has no live session %s", printable(user.Email), printable(text))
	id, err := uuid.Parse(text)
	if err != nil {
		return "", nil, unknown
	}
	switch err := op.Sessions.RevokeOf(cmd.Context(), user.ID, id, by(cmd)); {
	case errors.Is(err, session.ErrSessionNotFound):
		return "", nil, unknown
	case err != nil:
		return "", nil, err
	}
	return "session " + id.String() + " ended", map[string]any{"ended": 1}, nil
}
