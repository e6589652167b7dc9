package verify

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/golang-jwt/jwt/v5"

	"latchkey/internal/strictjson"
)

const (
	keysPath  = "/.well-known/jwks.json"
	keysFresh = 5 * time.Minute  // after that the set is fetched again behind a request
	keysGap   = 10 * time.Second // between two fetches for the sake of keys that are not in the set
	retryGap  = time.Second      // between two fetches while there is nothing that could serve

	maxKeysBytes     = 256 << 10
	maxKeys          = 64
	minBits, maxBits = 2048, 8192
	minExponent      = 65537
)

// key is a public key together with the one algorithm that it may verify (RFC 8725 section 3.1).
type key struct {
	algorithm string
	method    jwt.SigningMethod
	public    crypto.PublicKey
}

// keySet holds the keys by kid.
type keySet map[string]key

// jwk is a member of the set (RFC 7517 section 4). Members that are not needed are ignored.
type jwk struct {
	KeyType   string `json:"kty"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
	KeyID     string `json:"kid"`
	Modulus   string `json:"n"`
	Exponent  string `json:"e"`
	Curve     string `json:"crv"`
	X         string `json:"x"`
	Y         string `json:"y"`
}

// algorithms are the ones that are accepted, each with the way to read its keys. Another one is a row here.
//
//nolint:gochecknoglobals // a constant table
var algorithms = map[string]struct {
	keyType, curve string // no curve: the kind has none
	method         jwt.SigningMethod
	public         func(jwk) (crypto.PublicKey, error)
}{
	"RS256": {"RSA", "", jwt.SigningMethodRS256, rsaKey},
	"ES256": {"EC", "P-256", jwt.SigningMethodES256, p256Key},
	"EdDSA": {"OKP", "Ed25519", jwt.SigningMethodEdDSA, ed25519Key},
}

// key finds the key that a token names. ErrUnavailable: there are no keys. ErrInvalid: it is none of the issuer's.
func (v *Verifier) key(ctx context.Context, kid string) (key, error) {
	keys := v.keys.get()
	if !v.serves(keys.asked, v.options.KeysMaxAge) {
		keys = v.keys.refresh(ctx, retryGap)
		if !v.serves(keys.asked, v.options.KeysMaxAge) {
			return key{}, fmt.Errorf("%w: keys of the issuer: %w", ErrUnavailable, v.keys.why())
		}
	}
	if v.age(keys.asked) >= keysFresh {
		v.keys.begin(ctx, keysGap)
	}
	found, known := keys.value[kid]
	if !known {
		found, known = v.keys.refresh(ctx, keysGap).value[kid]
	}
	if !known {
		return key{}, invalid("kid is unknown")
	}
	return found, nil
}

// readKeys reads a JWK set. Keys for other purposes and of other algorithms are left out; a set in which no key is left
// is an error, and so are two keys of one kid.
func readKeys(body []byte, _ keySet) (keySet, error) {
	var set struct {
		Keys jsontext.Value `json:"keys"`
	}
	if err := strictjson.Object(body, &set); err != nil {
		return nil, fmt.Errorf("key set: %w", err)
	}
	found := keySet{}
	list := jsontext.NewDecoder(bytes.NewReader(set.Keys))
	if begin, err := list.ReadToken(); err != nil || begin.Kind() != '[' {
		return nil, errors.New("key set: keys is not a list")
	}
	for list.PeekKind() == '{' {
		text, err := list.ReadValue()
		if err != nil {
			return nil, fmt.Errorf("key set: %w", err)
		}
		if err := found.add(text); err != nil {
			return nil, fmt.Errorf("key set: %w", err)
		}
	}
	if list.PeekKind() != ']' || len(found) == 0 || len(found) > maxKeys {
		return nil, fmt.Errorf("key set: %d keys that can be used", len(found))
	}
	return found, nil
}

// add takes in a key, unless it is not for us.
func (s keySet) add(text []byte) error {
	var k jwk
	if err := strictjson.Object(text, &k); err != nil {
		return err
	}
	as, known := algorithms[k.Algorithm]
	if !known || k.KeyType != as.keyType || (as.curve != "" && k.Curve != as.curve) || (k.Use != "" && k.Use != "sig") || k.KeyID == "" {
		return nil
	}
	if _, twice := s[k.KeyID]; twice {
		return errors.New("two keys of one kid")
	}
	public, err := as.public(k)
	if err != nil {
		return err
	}
	s[k.KeyID] = key{k.Algorithm, as.method, public}
	return nil
}

// rsaKey reads n and e (RFC 7518 section 6.3.1) and refuses what is too weak or takes too long.
func rsaKey(k jwk) (crypto.PublicKey, error) {
	n, err := base64.RawURLEncoding.DecodeString(k.Modulus)
	if err != nil {
		return nil, errors.New("n is not base64url")
	}
	e, err := base64.RawURLEncoding.DecodeString(k.Exponent)
	if err != nil || len(e) > 4 {
		return nil, errors.New("e is not base64url of a small number")
	}
	public := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	if bits := public.N.BitLen(); bits < minBits || bits > maxBits || public.N.Bit(0) == 0 || public.E < minExponent || public.E%2 == 0 {
		return nil, fmt.Errorf("an RSA key of %d bits with exponent %d is not taken", bits, public.E)
	}
	return public, nil
}

// p256Key reads a point of P-256 (RFC 7518 section 6.2.1).
func p256Key(k jwk) (crypto.PublicKey, error) {
	x, errX := base64.RawURLEncoding.DecodeString(k.X)
	y, errY := base64.RawURLEncoding.DecodeString(k.Y)
	if errX != nil || errY != nil || len(x) != 32 || len(y) != 32 {
		return nil, errors.New("x and y of a P-256 key are not base64url of 32 octets")
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), slices.Concat([]byte{4}, x, y))
	if err != nil {
		return nil, errors.New("x and y are not a point of P-256")
	}
	return public, nil
}

// ed25519Key reads x (RFC 8037 section 2).
func ed25519Key(k jwk) (crypto.PublicKey, error) {
	x, err := base64.RawURLEncoding.DecodeString(k.X)
	if err != nil || len(x) != ed25519.PublicKeySize {
		return nil, errors.New("x of an Ed25519 key is not base64url of 32 octets")
	}
	return ed25519.PublicKey(x), nil
}
