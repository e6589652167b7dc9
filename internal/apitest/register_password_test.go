package apitest_test

import (
	"net/http"
	"strings"
	"testing"

	"latchkey/internal/apitest"
)

const (
	weak  = "password_too_weak"
	login = "POST /api/auth/login"
)

// emoji are fifteen code points of four bytes each.
const emoji = "😀🚀🌵🎹🐙🧭🍉🛰🎲🦉🧊🪁🥝🔭🗿"

func TestPasswordLengthIsCountedInCodePoints(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		long := strings.Repeat("zq8#vLp1", 16)
		for name, c := range map[string]struct {
			password string
			status   int
		}{
			"7 letters":                    {"zq8#vLp", 400},
			"8 letters":                    {"zq8#vLp1", 201},
			"7 emoji of 28 bytes":          {firstOf(emoji, 7), 400},
			"8 emoji":                      {firstOf(emoji, 8), 201},
			"15 emoji":                     {emoji, 201},
			"64 letters":                   {long[:64], 201},
			"128 letters":                  {long, 201},
			"129 letters":                  {long + "z", 400},
			"128 ideographs of 384 bytes":  {strings.Repeat("山田花子東京都港", 16), 201},
			"129 ideographs":               {strings.Repeat("山田花子東京都港", 16) + "山", 400},
			"10000 letters":                {strings.Repeat(long, 78), 400},
			"words with spaces":            {"lorry teapot gravel nine", 201},
			"leading and trailing space":   {"  lorry teapot ", 201},
			"lower case alone":             {"lorryteapotgravel", 201},
			"digits alone that are random": {"8306174952061", 201},
		} {
			t.Run(name, func(t *testing.T) {
				body := newcomerWith(c.password)
				scenario{request: register, body: body, status: c.status, code: weak + "|validation_failed", without: []string{c.password}}.send(t, s)
				if c.status != http.StatusCreated {
					return
				}
				scenario{request: login, body: map[string]any{"email": body["email"], "password": c.password}, status: 200}.send(t, s)
			})
		}
	})
}

func firstOf(text string, n int) string { return string([]rune(text)[:n]) }

func TestPasswordIsCheckedExactlyAsItWasSet(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		seventyTwo := strings.Repeat("a", 72)
		for _, c := range []struct {
			name, password string
			others         []string
		}{
			{"beyond 72 bytes", seventyTwo + "X", []string{
				seventyTwo + "Y", seventyTwo, seventyTwo + "x", strings.ToUpper(seventyTwo + "X"), seventyTwo + "X ", " " + seventyTwo + "X",
				seventyTwo + "X\x00", seventyTwo + "X\x00tail", seventyTwo + "XX",
			}},
			{"mixed case", "Lorry Teapot Gravel", []string{
				"lorry teapot gravel", "LORRY TEAPOT GRAVEL", "Lorry Teapot Gravel ", "Lorry  Teapot Gravel", "LorryTeapotGravel", "Lorry Teapot Grave",
				"Lorry Teapot Gravel\x00", "Lorry Teapot Gravel\n",
			}},
			{"space at the end", "lorry teapot gravel ", []string{"lorry teapot gravel", "lorry teapot gravel  "}},
			{"markup", `<b>&amp;"lorry'%41`, []string{`&lt;b&gt;&amp;"lorry'%41`, `<b>&"lorry'%41`, `<b>&amp;"lorry'A`}},
			{"beyond 72 bytes of emoji", emoji + emoji, []string{emoji, emoji + "😀", firstOf(emoji+emoji, 18), firstOf(emoji+emoji, 29)}},
		} {
			t.Run(c.name, func(t *testing.T) {
				body := newcomerWith(c.password)
				scenario{request: register, body: body, status: 201}.send(t, s)
				for _, other := range c.others {
					scenario{
						request: login, body: map[string]any{"email": body["email"], "password": other}, status: 401, code: "invalid_credentials",
					}.send(t, s)
				}
				scenario{request: login, body: map[string]any{"email": body["email"], "password": c.password}, status: 200}.send(t, s)
			})
		}
	})
}

func TestPasswordNormalisationIsTheSameBothWays(t *testing.T) {
	const composed, decomposed = "lorry teapot caf\u00E9", "lorry teapot cafe\u0301"
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		var answers []int
		for _, pair := range [][2]string{{composed, decomposed}, {decomposed, composed}} {
			body := newcomerWith(pair[0])
			scenario{request: register, body: body, status: 201}.send(t, s)
			scenario{request: login, body: map[string]any{"email": body["email"], "password": pair[0]}, status: 200}.send(t, s)
			r := scenario{request: login, body: map[string]any{"email": body["email"], "password": pair[1]}, status: 200, or: []int{401}}.send(t, s)
			answers = append(answers, r.Status)
		}
		if answers[0] != answers[1] {
			t.Errorf("set composed, tried decomposed: %d; the other way round: %d", answers[0], answers[1])
		}
	})
}

func TestRegisterRefusesPasswordsThatAreEasilyGuessed(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		for _, password := range []string{
			"password", "12345678", "123456789", "qwertyuiop", "iloveyou", "sunshine", "football", "princess", "password1", "password123", "1qaz2wsx", "trustno1",
		} {
			scenario{request: register, body: newcomerWith(password), status: 400, code: weak}.named(password).run(t, s)
		}
		run(t, s, []scenario{
			{name: "own address", request: register, body: newcomerWith("morgana.vale@example.com", "email", "morgana.vale@example.com"), status: 400, code: weak},
			{name: "own address in upper case", request: register, body: newcomerWith("MORGANA.VALE@EXAMPLE.COM", "email", "morgana.vale@example.com"), status: 400, code: weak},
			{name: "name twice", request: register, body: newcomerWith("MorganaMorgana", "name", "Morgana"), status: 400, code: weak},
			{name: "whole name", request: register, body: newcomerWith("morgana vale", "name", "Morgana Vale"), status: 400, code: weak},
			{name: "product", request: register, body: newcomerWith("latchkey"), status: 400, code: weak},
			{name: "product twice", request: register, body: newcomerWith("LatchkeyLatchkey"), status: 400, code: weak},
			{name: "twin", request: register, body: newcomerWith("lorry teapot gravel", "email", "morgana.vale@example.com", "name", "Morgana Vale"), status: 201},
		})
	})
}
