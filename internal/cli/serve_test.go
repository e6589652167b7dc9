package cli_test

import (
	"runtime"
	"testing"

	"latchkey/internal/testdb"
)

// A service that starts after another one in the same process finds as many processors as that one did.
func TestStartsDoNotAddUp(t *testing.T) {
	env := merged(goodKeys(), map[string]string{"DATABASE_URL": testdb.SQLite(t), "HASH_SLOTS": "3"})
	with{env: env}.serve(t)
	first := runtime.GOMAXPROCS(0)
	with{env: env}.serve(t)
	if second := runtime.GOMAXPROCS(0); second != first {
		t.Errorf("%d processors, then %d", first, second)
	}
}
