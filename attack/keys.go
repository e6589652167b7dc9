package main

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
)

// keyring holds the target's private keys, as far as its owner handed them over.
type keyring struct {
	access, refresh *rsa.PrivateKey
	former          []*rsa.PrivateKey
}

// readKeys reads the key files that the options name. A key that is not the target's is an error: every token that it
// signs would be refused, and the rows would pass for nothing.
func readKeys(o Options, served keySet) (k keyring, err error) {
	access, refresh := o.AccessKey, o.RefreshKey
	if o.KeysDir != "" {
		access, refresh = filepath.Join(o.KeysDir, "access_private.pem"), filepath.Join(o.KeysDir, "refresh_private.pem")
	}
	if (access == "") != (refresh == "") {
		return k, errors.New("give both -access-key and -refresh-key, or neither")
	}
	for path, into := range map[string]**rsa.PrivateKey{access: &k.access, refresh: &k.refresh} {
		if path == "" {
			continue
		}
		if *into, err = readKey(path); err != nil {
			return k, fmt.Errorf("%s: %w", path, err)
		}
	}
	for _, path := range o.FormerKeys {
		former, err := readKey(path)
		if err != nil {
			return k, fmt.Errorf("%s: %w", path, err)
		}
		k.former = append(k.former, former)
	}
	if k.access != nil && !served.has(thumbprint(&k.access.PublicKey)) {
		return k, fmt.Errorf("%s: the target does not publish this key", access)
	}
	return k, nil
}

// readKey reads an RSA private key in PEM, PKCS #8 or PKCS #1.
func readKey(path string) (*rsa.PrivateKey, error) {
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("this is not PEM")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("this is not an unencrypted private key in PKCS #8 or PKCS #1")
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("this is not an RSA key")
	}
	return key, nil
}

// keySet is a JWKS as it was received, member by member.
type keySet []map[string]string

func parseJWKS(text []byte) keySet {
	var document struct {
		Keys []map[string]any `json:"keys"`
	}
	if json.Unmarshal(text, &document) != nil {
		return nil
	}
	var set keySet
	for _, k := range document.Keys {
		flat := map[string]string{}
		for name, value := range k {
			flat[name] = fmt.Sprint(value)
		}
		set = append(set, flat)
	}
	return set
}

func (s keySet) has(kid string) bool {
	return slices.ContainsFunc(s, func(k map[string]string) bool { return k["kid"] == kid })
}

// public returns the RSA keys of the set.
func (s keySet) public() (keys []*rsa.PublicKey) {
	for _, k := range s {
		n, err := base64.RawURLEncoding.DecodeString(k["n"])
		e, err2 := base64.RawURLEncoding.DecodeString(k["e"])
		if k["kty"] != "RSA" || err != nil || err2 != nil || len(n) < 64 || len(e) > 4 {
			continue
		}
		keys = append(keys, &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())})
	}
	return keys
}

// jwk writes a public key as RFC 7638 section 3 wants it for its thumbprint: the required members in their order.
func jwk(key *rsa.PublicKey) string {
	e := base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes())
	return object("e", e, "kty", "RSA", "n", base64.RawURLEncoding.EncodeToString(key.N.Bytes()))
}

func thumbprint(key *rsa.PublicKey) string {
	sum := sha256.Sum256([]byte(jwk(key)))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
