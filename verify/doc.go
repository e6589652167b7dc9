// Package verify owns what a service that trusts Latchkey needs: it verifies access tokens with the issuer's published
// keys and keeps the caller's claims in the request's context. It must not know the server that issues the tokens: it
// reaches two public documents over HTTP and nothing else.
//
// A [Verifier] takes a token of typ at+jwt, signed by a key of the issuer's JWK set, of the wanted issuer and
// audience, in its time. It is strict: a name that occurs twice, a name in another case, a header member that does not
// belong there, a second spelling of the same bytes are all refused. Claims that it does not know are ignored, so that an
// issuer may add some.
//
// # Keys
//
// The key set is fetched at the first use and kept. It is fetched again behind a request when it is five minutes old, and
// in front of a request when a token names a key that is not in it, at most once in ten seconds whatever arrives. One
// fetch is under way at a time. When it fails the old set stays, for [Options.KeysMaxAge] at most; without keys nobody
// gets in ([ErrUnavailable], 503).
//
// # Revocation
//
// An access token is good until it expires: a logout is noticed at the next refresh. With [Options.RevocationInterval]
// the verifier also reads the issuer's list of revoked sessions, which is at most a second old, and refuses their
// tokens within the interval and that second.
//
// # Cookies
//
// Tokens are taken from the header Authorization alone unless [Options.Cookie] names a cookie. A service that takes
// cookies must also refuse what foreign pages make a browser send: put [net/http.CrossOriginProtection] in front.
package verify
