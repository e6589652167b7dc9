package main

import (
	"cmp"
	"slices"
	"strconv"
)

// Reasons why a row of the table cannot be run yet. A later route only adds a function and takes its line out of here.
const (
	noReset   = "not yet: there is no password reset"
	noMail    = "not yet: there is no mail"
	noTOTP    = "not yet: there is no second factor"
	noPasskey = "not yet: there are no passkeys"
	noOIDC    = "not yet: there is no sign-in by another provider"
	noChange  = "not yet: an e-mail address cannot be changed"
	outside   = "not from outside: "
)

// table is the whole attack table in the order of its ids, but for the throttles, which come near the end since they lock
// addresses, and the sweep, which looks at everything before.
func table() []row {
	rows := slices.Concat(
		signatureRows(), headerRows(), claimRows(), formRows(), credentialRows(), sessionRows(), reuseRows(), csrfRows(), cookieRows(), corsRows(),
		accountRows(), enumerationRows(), injectionRows(), jsonRows(), smugglingRows(), addressRows(), apiKeyRows(),
		tokenRows(), notYet(),
	)
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(a.place(), b.place()) })
	return slices.Concat(rows, throttleRows(), apiKeyThrottleRows(), tokenThrottleRows(), leakRows())
}

// place is the id as a number.
func (x row) place() float64 {
	n, err := strconv.ParseFloat(x.id, 64)
	if err != nil {
		panic(err) // ids are numbers
	}
	return n
}

// addressRows look at what a client says of its own address.
func addressRows() []row {
	return []row{{id: "60.1", attack: "header spoof, address", expected: "the socket's address", run: spoofedAddress}}
}

func notYet() []row {
	return []row{
		{id: "29", attack: "restart or clock step", expected: "reuse still found", notYet: outside + "kills the target between two requests"},
		{id: "40", attack: "browser jar truth", expected: "works, jar empty after logout", notYet: outside + "needs browsers"},
		{id: "50", attack: "look-alike reset", expected: "mail to the stored address only", notYet: noReset},
		{id: "52", attack: "link poisoning", expected: "link = configured origin", notYet: noMail},
		{id: "53", attack: "reset race", expected: "one 200", notYet: noReset},
		{id: "54", attack: "reset misuse", expected: "400, 429", notYet: noReset},
		{id: "55", attack: "reset side doors", expected: "refused", notYet: noReset},
		{id: "56", attack: "pre-hijack", expected: "attacker's access gone", notYet: noReset},
		{id: "57", attack: "e-mail swap race", expected: "one owner", notYet: noChange},
		{id: "63", attack: "TOTP replay", expected: "one success", notYet: noTOTP},
		{id: "64", attack: "TOTP guessing", expected: "429", notYet: noTOTP},
		{id: "65", attack: "MFA skip", expected: "refused", notYet: noTOTP},
		{id: "66", attack: "passkey mutations", expected: "4xx", notYet: noPasskey},
		{id: "67", attack: "passkey IDOR", expected: "404/403", notYet: noPasskey},
		{id: "68", attack: "OIDC transaction", expected: "refused", notYet: noOIDC},
		{id: "69", attack: "hostile provider", expected: "refused, bounded", notYet: noOIDC},
		{id: "70", attack: "account linking", expected: "never the victim's account", notYet: noOIDC},
		{id: "71", attack: "return address", expected: "own origin only", notYet: noOIDC},
	}
}
