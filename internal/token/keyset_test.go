package token_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/big"
	"strings"
	"testing"

	"latchkey/internal/token"
)

func TestKeySetsDoNotShowTheirKeys(t *testing.T) {
	for algorithm, keys := range trios() {
		set := token.KeySet{
			Signing: keys.access, Previous: []crypto.PublicKey{previousKey().Public()},
			Later: []token.LaterKey{{From: noon, Private: keys.stranger}},
		}
		shown := everyPrint(t, set) + everyPrint(t, set.Later[0]) + everyPrint(t, newService(t, settingsFor(algorithm)))
		for _, secret := range append(secretsOf(keys.access), secretsOf(keys.stranger)...) {
			for _, text := range []string{
				new(big.Int).SetBytes(secret).String(), fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret), b64(secret),
				base64.StdEncoding.EncodeToString(secret), fmt.Sprintf("%d", secret[:16]), fmt.Sprintf("%#v", secret[:16])[7:],
			} {
				if text = strings.Trim(text, "[]{}"); strings.Contains(shown, text[:20]) {
					t.Errorf("%s: a private member is shown", algorithm)
				}
			}
		}
		if !strings.Contains(shown, kidOf(keys.access)) {
			t.Errorf("%s: the key is not named", algorithm)
		}
	}
	if got := (token.KeySet{}).String(); got != "[no key]" {
		t.Errorf("the empty set is %q", got)
	}
}

// everyPrint is a value, alone and inside of others, as the log, JSON and every verb show it.
func everyPrint(t *testing.T, value any) string {
	t.Helper()
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("text", "value", value)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("json", "value", value)
	encoded, err := json.Marshal(map[string]any{"value": value, "list": []any{value}, "within": struct{ Value any }{value}})
	if err != nil {
		t.Fatal(err)
	}
	shown := log.String() + string(encoded)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X", "%b", "%o", "%c", "%U"} {
		shown += fmt.Sprintf(verb, value) + fmt.Sprintf(verb, &value) + fmt.Sprintf(verb, []any{value}) + fmt.Sprintf(verb, struct{ Value any }{value})
	}
	return shown
}

// secretsOf are the numbers that nobody may see.
func secretsOf(key crypto.Signer) [][]byte {
	switch key := key.(type) {
	case *rsa.PrivateKey:
		return [][]byte{key.D.Bytes(), key.Primes[0].Bytes(), key.Primes[1].Bytes(), key.Precomputed.Qinv.Bytes()}
	case *ecdsa.PrivateKey:
		octets, err := key.Bytes()
		if err != nil {
			panic(err)
		}
		return [][]byte{octets}
	}
	return [][]byte{key.(ed25519.PrivateKey).Seed()}
}
