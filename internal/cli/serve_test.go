package cli_test

import (
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"latchkey/internal/testdb"
)

// While every slot is taken Go has a processor more for each hash, and afterwards as many as before.
func TestProcessorsForHashesAreGivenBack(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	port := with{env: merged(goodKeys(), map[string]string{"DATABASE_URL": testdb.SQLite(t), "HASH_SLOTS": "1"})}.serve(t)
	widened := func() bool {
		body := strings.NewReader(`{"email":"nobody@example.com","password":"correct horse battery"}`)
		answer, err := http.Post("http://localhost:"+port+"/api/auth/login", "application/json", body)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		return runtime.GOMAXPROCS(0) == before+1
	}
	// It lasts a second, which a busy machine may have let pass.
	for tries := 1; !widened(); tries++ {
		if tries == 10 {
			t.Fatalf("%d processors while passwords are hashed, %d before", runtime.GOMAXPROCS(0), before)
		}
	}
	for end := time.Now().Add(time.Minute); runtime.GOMAXPROCS(0) != before; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d processors a minute later, %d before", runtime.GOMAXPROCS(0), before)
		}
	}
}
