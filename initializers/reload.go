package initializers

import (
	"net/http"
	"reflect"
	"sync/atomic"

	"latchkey/config"
	"latchkey/routes"
)

// swapped is a handler that can be replaced while it answers: each request is answered by one as a whole.
type swapped struct{ present atomic.Pointer[http.Handler] }

func (s *swapped) use(h http.Handler) { s.present.Store(&h) }

// Present is the handler that answers at this moment.
func (s *swapped) Present() http.Handler { return *s.present.Load() }

// ServeHTTP hands over to the present handler.
func (s *swapped) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.Present().ServeHTTP(w, r)
}

// withLive returns cfg with those settings of other that can change while the service runs: the keys, the level of the
// log, and who may call from where.
func withLive(cfg, other config.Config) config.Config {
	cfg.Keys = other.Keys
	cfg.Log.Level = other.Log.Level
	cfg.Origins = other.Origins
	cfg.HTTP.TrustedProxies = other.HTTP.TrustedProxies
	cfg.HTTP.AllowedHosts = other.HTTP.AllowedHosts
	cfg.Warnings = other.Warnings
	return cfg
}

// Reload lets the settings that can change in a running service count, and logs whether others have changed too, which
// need a restart. After an error, one line for each fault, everything is as it was.
func (a *App) Reload(cfg config.Config) error {
	a.reloading.Lock()
	defer a.reloading.Unlock()
	next := withLive(a.cfg, cfg)
	handler, err := routes.New(next, a.parts)
	if err != nil {
		return err
	}
	if err := a.keys.use(next.Keys); err != nil {
		return err
	}
	a.handler.use(handler)
	if a.logLevel != nil {
		a.logLevel.Set(levelOf(next.Log))
	}
	a.log.Info("settings re-read")
	if !reflect.DeepEqual(next, cfg) {
		a.log.Warn("some of the changed settings count after a restart only; docs/keys.md lists those that count at once")
	}
	return nil
}
