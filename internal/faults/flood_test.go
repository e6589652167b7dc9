//go:build linux

package faults_test

import (
	"fmt"
	"maps"
	"net/http"
	"testing"
	"time"

	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
)

// realHashes are the costs that the service has by default.
var realHashes = map[string]string{"PASSWORD_MEMORY_KIB": "19456", "PASSWORD_ITERATIONS": "2"}

// with returns the settings and more of them.
func with(settings map[string]string, more ...string) map[string]string {
	all := maps.Clone(settings)
	for i := 0; i < len(more); i += 2 {
		all[more[i]] = more[i+1]
	}
	return all
}

// steady asks at an even pace, whatever the answers, for a while. Each time is counted from when the request was meant to
// be sent.
func steady(perSecond int, during time.Duration, request func(i int) answer) *crowd {
	c := &crowd{}
	began, every := time.Now(), time.Second/time.Duration(perSecond)
	c.busy.Go(func() {
		for i := 0; time.Duration(i)*every < during; i++ {
			due := began.Add(time.Duration(i) * every)
			time.Sleep(time.Until(due))
			c.busy.Go(func() {
				a := request(i)
				a.took, a.began = a.ended().Sub(due), due
				c.note(a)
			})
		}
	})
	return c
}

// capacity is how many sign-ins a second the service manages when it is asked by as many as it likes.
func capacity(t *testing.T, s *service, email string) float64 {
	t.Helper()
	const askers, during = 4, time.Second
	began := time.Now()
	c := &crowd{}
	for range askers {
		b := s.Browser(t)
		c.busy.Go(func() {
			for time.Since(began) < during {
				c.note(ask(b, login, apitest.Credentials(email)))
			}
		})
	}
	answers := c.finish()
	wantGood(t, "sign-ins before the flood", answers)
	return float64(len(answers)) / time.Since(began).Seconds()
}

// Ten times as many sign-ins as can be worked off, half of them to accounts that do not exist and each from an address of
// its own, so that throttles do not help: as many as can be are served, the others are told at once to come again, and
// nobody who is signed in is refused anything.
func TestSignInFlood(t *testing.T) {
	long(t)
	testdb.Each(t, func(t *testing.T, url string) {
		s := launch(t, url, with(realHashes, "RATE_LIMIT_ENABLED", "true", "TRUSTED_PROXIES", "127.0.0.1"))
		all := people(t, s, 4)
		users := make([]string, 8)
		for i := range users {
			users[i] = apitest.NewEmail()
			from := apitest.Header("X-Forwarded-For", fmt.Sprintf("192.0.2.%d", i))
			wantGood(t, "registration", []answer{ask(s.Browser(t), register, apitest.Registration(users[i]), from)})
		}
		most := capacity(t, s, all[0].email)
		peek := func(int) answer { return ask(all[1].Browser, me, nil) }
		idle := steady(50, 600*time.Millisecond, peek).finish()
		wantGood(t, "me before the flood", idle)

		const during = 2 * time.Second
		flooder := s.Browser(t)
		meanwhile := steady(50, during, peek)
		flood := steady(int(10*most), during, func(i int) answer {
			email := users[i/2%len(users)]
			if i%2 == 0 {
				email = fmt.Sprintf("nobody%d@example.com", i)
			}
			from := fmt.Sprintf("10.%d.%d.1", i/250%250, i%250)
			return ask(flooder, login, apitest.Credentials(email), apitest.Header("X-Forwarded-For", from))
		})
		answers, peeks := flood.finish(), meanwhile.finish()
		ended := time.Now()

		wantGood(t, "me in the flood", peeks)
		served, refused := sortFlood(t, answers)
		if len(served) == 0 || len(refused) == 0 {
			t.Errorf("%d served, %d refused: %s", len(served), len(refused), tally(answers))
		}
		again := ask(s.Browser(t), login, apitest.Credentials(all[2].email))
		wantGood(t, "a sign-in after the flood", []answer{again})
		for _, p := range all {
			wantSession(t, p)
		}
		t.Logf("capacity %.1f/s, flood %.0f/s, served %.1f/s = %.2f of capacity; %s", most, 10*most,
			float64(len(served))/ended.Sub(answers[0].began).Seconds(), float64(len(served))/ended.Sub(answers[0].began).Seconds()/most, tally(answers))
		t.Logf("refusals p50 %v p99 %v; served p50 %v slowest %v; me idle p50 %v p99 %v, in the flood p50 %v p99 %v; memory at most %.0f MiB; a sign-in afterwards %v",
			percentile(refused, .5), percentile(refused, .99), percentile(served, .5), slowest(served),
			percentile(idle, .5), percentile(idle, .99), percentile(peeks, .5), percentile(peeks, .99), s.peakMemory(t), again.took)
	})
}

// sortFlood checks what each sign-in of a flood was told, and sorts those that were worked off from those that were not.
func sortFlood(t *testing.T, answers []answer) (served, refused []answer) {
	t.Helper()
	wrong := 0
	for _, a := range answers {
		waits := a.err == nil && a.Header.Get("Retry-After") != ""
		switch {
		case a.err == nil && (a.Status == http.StatusOK || a.Status == http.StatusUnauthorized):
			served = append(served, a)
		case waits && (a.Status == http.StatusServiceUnavailable || a.Status == http.StatusTooManyRequests):
			refused = append(refused, a)
		default:
			if wrong++; wrong <= 5 {
				t.Errorf("a sign-in of the flood: %v", a)
			}
		}
	}
	if wrong > 5 {
		t.Errorf("… and %d more", wrong-5)
	}
	return served, refused
}

// A sign-in or registration that waits for a hash until its time is up is an overload like any other.
func TestQueueOutlastsTheRequest(t *testing.T) {
	s := launch(t, testdb.SQLite(t), map[string]string{
		"PASSWORD_MEMORY_KIB": "19456", "PASSWORD_ITERATIONS": "4", "HASH_SLOTS": "1", "HTTP_REQUEST_TIMEOUT": "1s",
	})
	p := people(t, s, 1)[0]
	c := &crowd{}
	for i := range 50 {
		c.busy.Go(func() {
			if i%2 == 0 {
				c.note(ask(s.Browser(t), register, apitest.Registration(apitest.NewEmail())))
				return
			}
			c.note(ask(s.Browser(t), login, apitest.Credentials(p.email)))
		})
	}
	answers := c.finish()
	_, refused := sortFlood(t, only(answers, func(a answer) bool { return a.Status != http.StatusCreated }))
	if len(refused) == 0 {
		t.Errorf("nobody had to wait: %s", tally(answers))
	}
	if longest := slowest(answers); longest > 4*time.Second {
		t.Errorf("an answer took %v", longest)
	}
	wantGood(t, "afterwards", []answer{p.send(login), p.send(me)})
	t.Logf("%s slowest %v", tally(answers), slowest(answers).Round(time.Millisecond))
}
