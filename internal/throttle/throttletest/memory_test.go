package throttletest_test

import (
	"testing"

	"latchkey/internal/throttle/throttletest"
)

func TestMemory(t *testing.T) {
	throttletest.Conformance(t, &throttletest.Memory{})
}
