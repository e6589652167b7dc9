package apitest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"sync"
)

// keys are settings with two key pairs, made once in a test process because making them takes longer than most tests.
// A test that wants the service to make its own sets the four to "".
var keys = sync.OnceValue(func() map[string]string {
	env := map[string]string{}
	for _, kind := range []string{"ACCESS", "REFRESH"} {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		private, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			panic(err)
		}
		public, err := x509.MarshalPKIXPublicKey(key.Public())
		if err != nil {
			panic(err)
		}
		env[kind+"_TOKEN_PRIVATE_KEY"] = base64PEM("PRIVATE KEY", private)
		env[kind+"_TOKEN_PUBLIC_KEY"] = base64PEM("PUBLIC KEY", public)
	}
	return env
})

func base64PEM(kind string, der []byte) string {
	return base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}
