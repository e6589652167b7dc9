package verify_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"latchkey/verify"
)

// With a new key in the set its tokens are good at the next look, and a key that was taken away is forgotten.
func TestKeysRoll(t *testing.T) {
	i, c := newIssuer(t), newClock()
	v := i.verifier(t, c)
	next := anotherKey()
	old := i.good()
	fresh := signParts(b64([]byte(strings.Replace(goodHeader, "k1", "k2", 1))), strings.Split(old, ".")[1], next)
	judged(t, v, old, nil)
	judged(t, v, fresh, verify.ErrInvalid)
	i.set(func() { i.keys = jwks(jwk("k1", &i.key.PublicKey), jwk("k2", &next.PublicKey)) })
	judged(t, v, fresh, verify.ErrInvalid) // asked a moment ago
	c.step(10 * time.Second)
	judged(t, v, fresh, nil)
	judged(t, v, old, nil)
	i.set(func() { i.keys = jwks(jwk("k2", &next.PublicKey)) })
	c.step(5 * time.Minute)
	judged(t, v, old, nil) // the set is fetched behind this request
	eventually(t, "the old key is forgotten", func() bool {
		_, err := v.Verify(t.Context(), old)
		return errors.Is(err, verify.ErrInvalid)
	})
	judged(t, v, fresh, nil)
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 20s: %s", what)
		}
	}
}

// However many tokens name keys that nobody has, the issuer is asked once in ten seconds.
func TestAFloodOfUnknownKeysIsNoFloodOfFetches(t *testing.T) {
	i, c := newIssuer(t), newClock()
	v := i.verifier(t, c)
	judged(t, v, i.good(), nil)
	flood := func() {
		var all sync.WaitGroup
		for n := range 500 {
			all.Go(func() {
				header := strings.Replace(goodHeader, "k1", "x"+strings.Repeat("y", n), 1)
				if _, err := v.Verify(t.Context(), b64([]byte(header))+".e30.c2ln"); !errors.Is(err, verify.ErrInvalid) {
					t.Errorf("error %v, want ErrInvalid", err)
				}
				if _, err := v.Verify(t.Context(), i.good()); err != nil {
					t.Errorf("a good token in the flood: %v", err)
				}
			})
		}
		all.Wait()
	}
	flood()
	if got := i.asked.Load(); got != 1 {
		t.Errorf("asked %d times within ten seconds, want 1", got)
	}
	c.step(10 * time.Second)
	flood()
	if got := i.asked.Load(); got != 2 {
		t.Errorf("asked %d times in eleven seconds, want 2", got)
	}
	if got := i.unchanged.Load(); got != 1 {
		t.Errorf("%d answers were 304, want 1", got)
	}
}

// Everybody who comes while nothing is there waits for one fetch, however long it takes.
func TestTheFirstFetchIsSharedByAll(t *testing.T) {
	i, c := newIssuer(t), newClock()
	hang := make(chan struct{})
	i.set(func() { i.hang = hang })
	v := i.verifier(t, c)
	var all sync.WaitGroup
	crowd := func() {
		for range 25 {
			all.Go(func() {
				if _, err := v.Verify(t.Context(), i.good()); err != nil {
					t.Error(err)
				}
			})
		}
	}
	crowd()
	eventually(t, "the issuer is asked", func() bool { return i.asked.Load() > 0 })
	c.step(2 * time.Second)
	crowd()
	time.Sleep(20 * time.Millisecond) // for the crowd to come; a second fetch would show by then
	close(hang)
	all.Wait()
	if got := i.asked.Load(); got != 1 {
		t.Errorf("asked %d times, want 1", got)
	}
}

// Without keys nobody gets in; with old ones the service goes on until they are too old.
func TestTheIssuerIsAway(t *testing.T) {
	i, c := newIssuer(t), newClock()
	v := i.verifier(t, c, func(o *verify.Options) { o.KeysMaxAge = time.Hour; o.Leeway = 5 * time.Minute })
	i.set(func() { i.down = true })
	judged(t, v, i.good(), verify.ErrUnavailable)
	judged(t, v, "garbage", verify.ErrInvalid)
	if got := i.asked.Load(); got != 1 {
		t.Errorf("asked %d times within a second, want 1", got)
	}
	i.set(func() { i.down = false })
	judged(t, v, i.good(), verify.ErrUnavailable) // not asked again so soon
	c.step(time.Second)
	judged(t, v, i.good(), nil)
	i.set(func() { i.down = true })
	c.step(19 * time.Minute)
	judged(t, v, i.good(), nil)
	eventually(t, "a fetch behind the request", func() bool { return i.asked.Load() == 3 })
	c.step(42 * time.Minute)
	judged(t, v, i.good(), verify.ErrUnavailable) // although it has expired: nobody can tell who signed it
	i.set(func() { i.down = false })
	c.step(time.Second)
	judged(t, v, i.good(), verify.ErrExpired)
}

func TestKeySetsThatAreNotTaken(t *testing.T) {
	public := &newKey().PublicKey
	small := &mustKey(1024).PublicKey
	good := jwk("k1", public)
	for name, c := range map[string]struct {
		set  string
		want error
	}{
		"good":                        {jwks(good), nil},
		"beside keys of other kinds":  {jwks(`{"kty":"EC","crv":"P-384","kid":"e","alg":"ES384","x":"x","y":"y"}`, `{"kty":"OKP","crv":"Ed448","kid":"o","alg":"EdDSA","x":"x"}`, good, strings.Replace(jwk("k2", public), `"sig"`, `"enc"`, 1)), nil},
		"members that we do not know": {jwks(jwk("k1", public, `"x5c":["x"],"key_ops":["verify"]`)), nil},
		"beside an older list":        {`{"x":1,"keys":[` + good + `]}`, nil},
		"no list":                     {`{}`, verify.ErrUnavailable},
		"null":                        {`{"keys":null}`, verify.ErrUnavailable},
		"an empty list":               {jwks(), verify.ErrUnavailable},
		"no key for us":               {jwks(strings.Replace(good, "RS256", "RS512", 1)), verify.ErrUnavailable},
		"a page":                      {`<html>`, verify.ErrUnavailable},
		"a list of text":              {`{"keys":["x"]}`, verify.ErrUnavailable},
		"two keys of one kid":         {jwks(good, jwk("k1", &anotherKey().PublicKey)), verify.ErrUnavailable},
		"a weak key":                  {jwks(jwk("k1", small)), verify.ErrUnavailable},
		"exponent of 1":               {jwks(strings.Replace(good, "AQAB", "AQ", 1)), verify.ErrUnavailable},
		"exponent of 3":               {jwks(strings.Replace(good, "AQAB", "Aw", 1)), verify.ErrUnavailable},
		"huge exponent":               {jwks(strings.Replace(good, "AQAB", "AQABAQABAQAB", 1)), verify.ErrUnavailable},
		"modulus that is no base64":   {jwks(strings.Replace(good, `"n":"`, `"n":"!`, 1)), verify.ErrUnavailable},
		"a name twice":                {jwks(jwk("k1", public, `"kid":"k1"`)), verify.ErrUnavailable},
		"too long":                    {jwks(jwk("k1", public, `"x":"`+strings.Repeat("x", 300<<10)+`"`)), verify.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			i := newIssuer(t)
			i.set(func() { i.keys = c.set })
			judged(t, i.verifier(t, newClock()), i.good(), c.want)
		})
	}
}

// A set that cannot be read does not take the place of the one that could.
func TestABrokenSetLeavesTheOldOne(t *testing.T) {
	i, c := newIssuer(t), newClock()
	v := i.verifier(t, c)
	judged(t, v, i.good(), nil)
	i.set(func() { i.keys = `{"keys":[]}` })
	c.step(6 * time.Minute)
	for range 3 {
		judged(t, v, i.good(), nil)
		c.step(time.Second)
	}
	eventually(t, "it is asked for again", func() bool { return i.asked.Load() >= 2 })
	judged(t, v, i.good(), nil)
}

// Whoever can answer in the issuer's place must not lead the fetch elsewhere.
func TestRedirectsAreNotFollowed(t *testing.T) {
	i := newIssuer(t)
	front := httptest.NewServer(http.RedirectHandler(i.URL+"/.well-known/jwks.json", http.StatusFound))
	defer front.Close()
	v := i.verifier(t, newClock(), func(o *verify.Options) { o.URL = front.URL })
	judged(t, v, i.good(), verify.ErrUnavailable)
	if got := i.asked.Load(); got != 0 {
		t.Errorf("the fetch was led elsewhere %d times", got)
	}
}

// A request that nobody waits for any more does not end the fetch for the others.
func TestACancelledRequestDoesNotEndTheFetch(t *testing.T) {
	i := newIssuer(t)
	hang := make(chan struct{})
	i.set(func() { i.hang = hang })
	v := i.verifier(t, newClock())
	impatient, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := v.Verify(impatient, i.good())
		done <- err
	}()
	eventually(t, "the issuer is asked", func() bool { return i.asked.Load() > 0 })
	cancel()
	if err := <-done; !errors.Is(err, verify.ErrUnavailable) {
		t.Errorf("error %v, want ErrUnavailable", err)
	}
	close(hang)
	eventually(t, "the keys are there", func() bool {
		_, err := v.Verify(t.Context(), i.good())
		return err == nil
	})
	if got := i.asked.Load(); got != 1 {
		t.Errorf("asked %d times, want 1", got)
	}
}
