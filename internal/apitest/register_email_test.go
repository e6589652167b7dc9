package apitest_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"latchkey/internal/apitest"
)

func TestEmailIsStoredTrimmedAndLowerCased(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		r := scenario{request: register, body: newcomer("email", "  Robin.Doe@Example.COM "), status: 201, contains: []string{`"email":"robin.doe@example.com"`}}.send(t, s)
		for _, spelling := range []string{"robin.doe@example.com", "ROBIN.DOE@EXAMPLE.COM", " robin.doe@example.com", "Robin.doe@example.com   "} {
			again := scenario{request: register, body: newcomer("email", spelling), status: 409, code: "email_taken"}
			again.named("register "+spelling).run(t, s)
			login := scenario{
				request: "POST /api/auth/login", body: apitest.Credentials(spelling), status: 200,
				contains: []string{fmt.Sprint(r.JSON("data.user.id")), `"email":"robin.doe@example.com"`},
			}
			login.named("login "+spelling).run(t, s)
		}
		scenario{request: register, body: newcomer("email", "robin.doe@example.org"), status: 201}.send(t, s)
	})
}

func TestOfManyRegistrationsOfOneAddressOneSucceeds(t *testing.T) {
	onBoth(t, settings{"HASH_QUEUE": "100", "HASH_QUEUE_WAIT": "60s"}, func(t *testing.T, s *apitest.Server) {
		spellings := []string{"crowd@example.com", "CROWD@example.com", " crowd@example.com", "Crowd@Example.Com ", "crowd@EXAMPLE.COM"}
		bodies := make([]map[string]any, 50)
		for i := range bodies {
			bodies[i] = newcomer("email", spellings[i%len(spellings)], "name", fmt.Sprintf("Racer %02d", i))
		}
		winner := oneOf(t, s, bodies, "email_taken")
		for _, spelling := range spellings {
			scenario{
				request: "POST /api/auth/login", body: apitest.Credentials(spelling), status: 200,
				contains: []string{fmt.Sprintf("Racer %02d", winner)},
			}.send(t, s)
		}
	})
}

func TestOfManyRegistrationsOfOneUsernameOneSucceeds(t *testing.T) {
	onBoth(t, settings{"HASH_QUEUE": "100", "HASH_QUEUE_WAIT": "60s"}, func(t *testing.T, s *apitest.Server) {
		bodies := make([]map[string]any, 20)
		for i := range bodies {
			bodies[i] = newcomer("username", []string{"crowd_9", "CROWD_9", "Crowd_9"}[i%3])
		}
		winner := oneOf(t, s, bodies, "username_taken")
		for i, body := range bodies {
			want := http.StatusUnauthorized
			if i == winner {
				want = http.StatusOK
			}
			scenario{request: "POST /api/auth/login", body: apitest.Credentials(fmt.Sprint(body["email"])), status: want}.send(t, s)
		}
	})
}

// oneOf registers all bodies at once and returns which one succeeded; all others must be conflicts with the code.
func oneOf(t *testing.T, s *apitest.Server, bodies []map[string]any, code string) int {
	t.Helper()
	answers, failures := make([]apitest.Response, len(bodies)), make([]error, len(bodies))
	client, start := s.Browser(t), make(chan struct{})
	var all sync.WaitGroup
	for i, body := range bodies {
		all.Go(func() {
			<-start
			answers[i], failures[i] = client.Try("POST", "/api/auth/register", body)
		})
	}
	close(start)
	all.Wait()
	winner := -1
	for i := range answers {
		switch r := answers[i]; {
		case failures[i] != nil:
			t.Errorf("racer %d: %v", i, failures[i])
		case r.Status == http.StatusCreated && winner < 0:
			winner = i
		case r.Status != http.StatusConflict || r.Code() != code:
			t.Errorf("racer %d: status %d %s", i, r.Status, r.Body)
		}
	}
	if winner < 0 {
		t.Fatal("nobody could register")
	}
	return winner
}

func TestAddressesThatLookLikeAnotherMakeNoSecondAccount(t *testing.T) {
	twins := map[string][2]string{
		"kelvin sign":           {"kim@example.com", "\u212Aim@example.com"},
		"dotted capital I":      {"ian@example.com", "\u0130an@example.com"},
		"long s":                {"sam@example.com", "\u017Fam@example.com"},
		"ligature":              {"fish@example.com", "\uFB01sh@example.com"},
		"full-width letter":     {"wide@example.com", "\uFF57ide@example.com"},
		"full-width at":         {"at@example.com", "at\uFF20example.com"},
		"small at":              {"at2@example.com", "at2\uFE6Bexample.com"},
		"combining accent":      {"renee@example.com", "rene\u0301e@example.com"},
		"zero-width space":      {"zero@example.com", "ze\u200Bro@example.com"},
		"zero-width joiner":     {"join@example.com", "jo\u200Din@example.com"},
		"right-to-left mark":    {"mark@example.com", "mark\u200F@example.com"},
		"soft hyphen":           {"soft@example.com", "so\u00ADft@example.com"},
		"no-break space":        {"space@example.com", "\u00A0space@example.com"},
		"kelvin in the domain":  {"dom@kexample.com", "dom@\u212Aexample.com"},
		"ideographic full stop": {"stop@example.com", "stop@example\u3002com"},
		"trailing dot":          {"dot@example.com", "dot@example.com."},
		"broken punycode":       {"puny@example.com", "puny@xn--example-.com"},
	}
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		for name, pair := range twins {
			t.Run(name, func(t *testing.T) {
				scenario{request: register, body: newcomer("email", pair[0]), status: 201}.send(t, s)
				scenario{request: register, body: newcomer("email", pair[1]), status: 400, code: "validation_failed", fields: []string{"email"}}.send(t, s)
			})
		}
	})
}

func TestRegisterRefusesWhatIsNoPlainAddress(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		long := strings.Repeat("d", 60)
		for _, email := range []string{
			"plain", "@example.com", "a@", "a@b@example.com", "a@b,c@example.com", "a@example.com,b@example.com", "a@example.com;b@example.com",
			"a@example.com\r\nBcc: b@example.com", "a@exa\r\nmple.com", "a@example.com\n", "\"e@attacker.com\"@example.com", "\"quoted\"@example.com",
			"\"a b\"@example.com", "Robin <robin@example.com>", "<robin@example.com>", "robin(comment)@example.com", "robin@[127.0.0.1]",
			"robin@[IPv6:::1]", strings.Repeat("l", 65) + "@example.com", "a@" + strings.Join([]string{long, long, long, long, long}, ".") + ".com",
			"=?utf-8?q?robin?=@example.com=?x?=", "=?utf-8?b?cm9iaW5AZXhhbXBsZS5jb20=?=", "ro bin@example.com", "robin@exa mple.com",
			"robin@.example.com", "robin@example..com", ".robin@example.com", "robin.@example.com", "ro..bin@example.com", "robin@-example.com",
			"robin@example.com\x00", "robin\x00@example.com", "robin@example.com/../x", "mailto:robin@example.com", "robin@example.com?cc=x@example.com",
			"robin@exa_mple.com", "robin\t@example.com", "robin@example.com%0abcc",
		} {
			scenario{
				request: register, body: newcomer("email", email), status: 400, code: "validation_failed", fields: []string{"email"},
			}.named(fmt.Sprintf("%.40q", email)).run(t, s)
		}
		for _, email := range []string{
			"robin@example.com", "robin+tag@example.com", "r.o.b.i.n@sub.example.co.uk", "o'brien@example.com", "1@example.com", "robin@xn--bcher-kva.example",
			strings.Repeat("l", 64) + "@example.com", "a_b-c@ex-ample.com",
		} {
			scenario{request: register, body: newcomer("email", email), status: 201, contains: []string{email[1:]}}.named(email).run(t, s)
		}
	})
}
