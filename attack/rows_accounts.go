package main

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// accountRows attack the identity of accounts.
func accountRows() []row {
	return []row{
		{id: "47", attack: "double register", expected: "one 201, rest 409", run: doubleRegister},
		{id: "48", attack: "Unicode twins", expected: "400/409, no second account", run: unicodeTwins},
		{id: "49", attack: "address syntax", expected: "400", run: addressSyntax},
		{id: "51", attack: "recipient smuggling", expected: "400 (register, login)", run: recipientSmuggling},
	}
}

// atOnce is how many requests race each other.
const atOnce = 50

func doubleRegister(c *check) {
	c.oneWins("e-mail", "email_taken", func(i int, a *account) {
		local, domain, _ := strings.Cut(a.email, "@")
		a.email = []string{local + "@" + domain, strings.ToUpper(local) + "@" + domain, " " + local + "@" + domain, local + "@" + strings.ToUpper(domain) + " ", "\t" + strings.ToUpper(local+"@"+domain)}[i%5]
		a.username = random(20)
	})
	c.oneWins("username", "username_taken", func(i int, a *account) {
		a.email = c.newAccount().email
		a.username = []string{a.username, strings.ToUpper(a.username), strings.ToUpper(a.username[:5]) + a.username[5:]}[i%3]
	})
}

// oneWins registers one account many times at once in varied spellings: one gets it.
func (c *check) oneWins(what, code string, vary func(i int, a *account)) {
	base := c.newAccount()
	forms := make([]account, atOnce)
	for i := range forms {
		forms[i] = base
		vary(i, &forms[i])
	}
	answers := c.together(atOnce, func(i int) request { return postJSON(registerPath, forms[i].registration()) })
	won, id := 0, ""
	var winner account
	for i, a := range answers {
		c.attacked(what, postJSON(registerPath, forms[i].registration()).String(), a, status(201, 409, 503).code(code).under(0))
		if a.status == http.StatusCreated {
			won++
			winner, id = forms[i], a.user().ID
		}
	}
	c.holds(what+": winners", won == 1, "1", strconv.Itoa(won))
	if won == 0 {
		c.stop()
	}
	in := c.twin("the winner signs in", postJSON(loginPath, winner.credentials()), status(http.StatusOK))
	c.holds(what+": whose", in.user().ID == id && id != "", id, in.user().ID)
	for i := range 5 {
		again := base
		vary(i, &again)
		c.attack(what+" once more", postJSON(registerPath, again.registration()), status(409).code(code).under(hashing))
	}
}

// unicodeTwins registers addresses that a careless fold makes equal to one that is taken.
func unicodeTwins(c *check) {
	taken := c.newAccount()
	taken.email = "kisfi" + taken.email // letters with twins beyond ASCII
	c.twin("register", postJSON(registerPath, taken.registration()), status(http.StatusCreated))
	local, domain, _ := strings.Cut(taken.email, "@")
	rest := local[5:]
	var twins []string
	for _, s := range []string{
		"\u212Aisfi", "k\u0130sfi", "k\u0131sfi", "ki\u017Ffi", "kis\uFB01", "\uFF4B\uFF49\uFF53\uFF46\uFF49", "ki\u0073\u0301fi", "ki\u200Bsfi",
		"\u200Ekisfi", "kisfi\u200F", "k\u00ADisfi", "\u043Aisfi", "kisf\u0456",
		"\u1D4Bisfi", "\uFEFFkisfi", "kis\u0000fi", "kisfi\u00A0",
	} {
		twins = append(twins, s+rest+"@"+domain)
	}
	for _, d := range []string{
		strings.Replace(domain, ".", "\uFF0E", 1), strings.Replace(domain, ".", "\u3002", 1), strings.Replace(domain, "example", "ex\u00E1mple", 1),
		strings.Replace(domain, "example", "\uFF45xample", 1), domain + ".",
		strings.Replace(domain, "example", "xn--example-.", 1), "." + domain, strings.Replace(domain, "example", "exa\u00ADmple", 1),
	} {
		twins = append(twins, local+"@"+d)
	}
	twins = append(twins, local+"\uFF20"+domain, local+"\uFE6B"+domain, local+"@\uFE52"+domain)
	refused := status(400, 409).code("validation_failed", "email_taken", "malformed_json").under(hashing)
	for _, twin := range twins {
		a := c.newAccount()
		a.email = twin
		c.attack(fmt.Sprintf("%+q", twin), postJSON(registerPath, a.registration()), refused)
	}
	for _, name := range []string{"\u212A" + taken.username[1:], taken.username + "\u200B", "\uFF41" + taken.username, taken.username + "\u0130", " " + taken.username} {
		a := c.newAccount()
		a.username = name
		c.attack(fmt.Sprintf("username %+q", name), postJSON(registerPath, a.registration()), status(400, 409).code("validation_failed", "username_taken").under(hashing))
	}
}

func addressSyntax(c *check) {
	c.register()
	c.result.Twins++
	good := c.newAccount()
	local, domain, _ := strings.Cut(good.email, "@")
	other := "other@evil.example"
	for _, address := range []string{
		good.email + "," + other, good.email + ";" + other, good.email + " " + other, other + "," + good.email, good.email + "\r\nBcc: " + other,
		good.email + "\nBcc: " + other, good.email + "%0aBcc:" + other,
		local + "@evil.example@" + domain, local + "@@" + domain, `"` + local + `"@` + domain, `"` + other + `"@` + domain, "Name <" + good.email + ">",
		"<" + good.email + ">", local + "(x)@" + domain, "(" + other + ")" + good.email,
		local + "@[127.0.0.1]", local + "@127.0.0.1", local + "@[IPv6:::1]", strings.Repeat("a", 65) + "@" + domain,
		local + "@" + strings.Repeat("a.", 120) + "example.com", strings.Repeat("a", 300) + "@" + domain,
		"=?utf-8?q?" + local + "?=@" + domain, local + "@" + domain + "\x00", local + "\x00@" + domain, "@" + domain, local + "@", local,
		local + "@localhost", local + "@-" + domain, local + "@" + domain + "..", "." + local + "@" + domain,
		local + ".@" + domain, "a.." + local + "@" + domain, local + "@exa mple.com", "mailto:" + good.email, local + "@" + domain + "?cc=" + other, "",
		" ", "@", local + `\@` + domain, local + "@" + domain + "/x",
	} {
		a := good
		a.email = address
		c.attack(fmt.Sprintf("%.40q", address), postJSON(registerPath, a.registration()), status(400).code("validation_failed").under(hashing))
	}
	for _, value := range []string{`["` + good.email + `"]`, `{"0":"` + good.email + `"}`, `["` + good.email + `","` + other + `"]`, `null`, `0`, `true`} {
		c.attack("email "+shorten(value, 30), postJSON(registerPath, withField(good.registration(), "email", value)), status(400).code("validation_failed").under(hashing))
	}
	c.twin("the address that was made worse", postJSON(registerPath, good.registration()), status(http.StatusCreated))
}

// withField replaces a member of a flat object.
func withField(object, name, value string) string {
	m, err := parseObject([]byte(object))
	if err != nil {
		panic(err) // the suite wrote it
	}
	return m.set(name, value).json()
}

// recipientSmuggling names two addresses in one request.
func recipientSmuggling(c *check) {
	v := c.register()
	c.twin("login", postJSON(loginPath, v.credentials()), status(http.StatusOK))
	other := quote("other@evil.example")
	own := quote(v.email)
	for _, body := range []string{
		`{"email":[` + own + `,` + other + `],"password":` + quote(v.password) + `}`, `{"email":` + own + `,"email":` + other + `,"password":` + quote(v.password) + `}`,
		`{"email":` + other + `,"email":` + own + `,"password":` + quote(v.password) + `}`, `{"email":` + own + `,"Email":` + other + `,"password":` + quote(v.password) + `}`,
		`{"EMAIL":` + own + `,"password":` + quote(v.password) + `}`, `{"email":{"$ne":null},"password":` + quote(v.password) + `}`,
		`{"email":` + own + `,"username":` + other + `,"password":` + quote(v.password) + `}`,
		`{"email":` + own + `,"password":{"$ne":null}}`, `{"email":` + own + `,"password":[` + quote(v.password) + `]}`,
		`{"email":` + own + `,"password":true}`, `{"email":` + own + `}`,
	} {
		c.attack("login "+shorten(body, 60), postJSON(loginPath, body), status(400).code("validation_failed", "malformed_json").silent().under(hashing))
	}
	a := c.newAccount()
	for name, extra := range map[string]string{"email twice": `"email":` + other, "email and Email": `"Email":` + other, "escaped twice": `"em\u0061il":` + other} {
		body := strings.TrimSuffix(a.registration(), "}") + "," + extra + "}"
		c.attack("register, "+name, postJSON(registerPath, body), status(400).code("malformed_json"))
	}
	got := c.attack("register, another in the query", postJSON(registerPath+"?email=other@evil.example", a.registration()), status(http.StatusCreated).under(hashing))
	c.holds("the body counts", got.user().Email == a.email, a.email, got.user().Email)
	in := c.attack("login, another in the query", postJSON(loginPath+"?email="+c.victim.email, v.credentials()), status(http.StatusOK).under(hashing))
	c.holds("the body counts at the login", in.user().ID == v.id, v.email, in.user().Email)
}
