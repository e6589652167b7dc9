package initializers

import (
	"context"
	"fmt"

	"latchkey/config"
	"latchkey/internal/account"
	"latchkey/internal/password"
	"latchkey/internal/session"
	"latchkey/internal/store"
	"latchkey/internal/throttle"
)

// Operator is what the commands on accounts work with, beside a service that may be running. Close it in the end.
type Operator struct {
	Accounts *account.Service  // to make accounts; its throttles are those of the database
	Users    *account.Operator // to look at them and change them
	Sessions *session.Service  // to list and end sessions; it has no keys and issues no token

	close func()
}

// Close gives the connections back.
func (o *Operator) Close() { o.close() }

// OpenOperator opens the database, which must be migrated: a look at the accounts is no moment to change the tables.
func OpenOperator(ctx context.Context, cfg config.Config, out Outside) (*Operator, error) {
	db, err := OpenDatabase(ctx, cfg.Database)
	if err != nil {
		return nil, err
	}
	app := &App{cfg: cfg, db: db, log: out.Log}
	hasher, err := password.New(hashing(cfg.Password))
	if err == nil {
		err = requireMigrated(ctx, app)
	}
	if err != nil {
		app.Close() //nolint:contextcheck // what is left to flush is flushed although ctx may be over
		return nil, err
	}
	rows := store.New(db)
	return &Operator{
		Accounts: &account.Service{
			Store: rows, Hasher: hasher, Guard: &throttle.Guard{Counter: rows, Settings: limitsOf(cfg.Limits)},
			Breached: breached(cfg.Password, out.Log), Policy: password.Policy{ProductName: productName}, Now: out.Now,
			Settings: account.Settings{RequireVerifiedEmail: cfg.Accounts.RequireVerifiedEmail},
		},
		Users:    &account.Operator{Store: rows, Now: out.Now},
		Sessions: &session.Service{Store: rows, Now: out.Now},
		close:    app.Close,
	}, nil
}

func requireMigrated(ctx context.Context, app *App) error {
	migrator, err := NewMigrator(app.db)
	if err != nil {
		return err
	}
	standing, err := migrator.Look(ctx)
	if err == nil && standing.Pending > 0 {
		err = fmt.Errorf(`%s: %d migrations are pending; run "latchkey migrate up", or start the service once`,
			app.cfg.Database.Setting, standing.Pending)
	}
	return err
}
