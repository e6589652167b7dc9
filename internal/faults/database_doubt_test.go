//go:build linux

package faults_test

import (
	"net/http"
	"testing"
	"time"

	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
)

// The line to the database breaks after a commit was sent and before its answer came: it was done, and the service
// cannot know. Whatever it tells people then, doing the same again helps, and nobody is signed out by a refresh.
func TestCommitInDoubt(t *testing.T) {
	t.Parallel()
	proxy, url := newProxy(t, testdb.Postgres(t))
	s := launch(t, url, nil)
	all := people(t, s, 4)
	for _, p := range all {
		wantSession(t, p)
	}
	proxy.doubt(true)
	newcomer := apitest.Registration(apitest.NewEmail())
	inDoubt := []answer{
		ask(s.Browser(t), register, newcomer),
		ask(all[0].Browser, refresh, nil),
		ask(all[1].Browser, login, apitest.Credentials(all[1].email)),
	}
	wantOutage(t, inDoubt, 2*time.Second)
	thief := all[2].Clone()
	wantRefusedLogout(t, all[2], 2*time.Second)
	wantGood(t, "me", []answer{ask(all[3].Browser, me, nil)}) // needs no commit
	proxy.doubt(false)

	if a := ask(s.Browser(t), register, newcomer); a.Status != http.StatusCreated && a.Code() != "email_taken" {
		t.Errorf("the registration again: %v", a)
	}
	wantGood(t, "its login", []answer{ask(s.Browser(t), login, newcomer)})
	a := all[0].send(refresh)
	wantGood(t, "the refresh again", []answer{a})
	if outcome := a.Header.Get("X-Refresh-Outcome"); outcome != "replayed-unused" {
		t.Errorf("the refresh again is %q: the commit was not in doubt", outcome)
	}
	// Its sign-in took the place of the one before, and nobody has its tokens.
	again := ask(all[1].Browser, login, apitest.Credentials(all[1].email))
	all[1].Keep(again.Response)
	wantGood(t, "the login again", []answer{again})
	wantSession(t, all[1])
	wantGood(t, "the logout again", []answer{ask(all[2].Browser, logout, nil)})
	if a := ask(thief, me, nil); a.Status != http.StatusUnauthorized {
		t.Errorf("after the logout: %v", a)
	}
	wantSession(t, all[3])
}
