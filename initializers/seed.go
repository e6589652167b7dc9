package initializers

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"latchkey/config"
	"latchkey/internal/password"
	"latchkey/internal/seed"
	"latchkey/internal/store"
	"latchkey/models"
)

// Seed fills the configured database, which must be migrated, with made-up rows; see seed.Fill. It hashes one password for
// all of them. In production it is refused: everybody knows that password.
func Seed(ctx context.Context, cfg config.Config, out Outside, p seed.Plan, progress func(what string, done, of int)) (seed.Added, error) {
	if cfg.Production() {
		return seed.Added{}, errors.New("APP_ENV: it is production, where no accounts with a known password are made; use another database with another APP_ENV")
	}
	if err := p.Check(); err != nil {
		return seed.Added{}, err
	}
	db, err := OpenDatabase(ctx, cfg.Database)
	if err != nil {
		return seed.Added{}, err
	}
	app := &App{cfg: cfg, db: db, log: out.Log}
	defer app.Close() //nolint:contextcheck // what is open is closed in any case
	if err := requireMigrated(ctx, app); err != nil {
		return seed.Added{}, err
	}
	hasher, err := password.New(hashing(cfg.Password))
	if err != nil {
		return seed.Added{}, err
	}
	hash, err := hasher.Hash(ctx, seed.Password)
	if err != nil {
		return seed.Added{}, err
	}
	p.Hash, p.Now = models.PasswordHash(hash), out.Now()
	p.Idle, p.MaxAge, p.Kept = cfg.Tokens.RefreshLifetime, cfg.Sessions.MaxAge, cfg.Sessions.EventsKept
	added, err := seed.Fill(ctx, store.New(db), p, progress)
	if errors.Is(err, gorm.ErrForeignKeyViolated) {
		err = errors.New("users: an account that was not made here has the address of one that is to be (" + seed.Email(1) +
			" and so on); take another database, or change that address")
	}
	return added, err
}
