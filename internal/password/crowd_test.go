package password

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCrowdIsToldWhenEverySlotIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var told []int
		h, err := New(Settings{
			Params: Params{MemoryKiB: 64, Iterations: 1, Parallelism: 1}, Slots: 2, Queue: 1,
			Crowded: func(hashes int) {
				mu.Lock()
				defer mu.Unlock()
				told = append(told, hashes)
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		step := func(what string, want ...int) {
			t.Helper()
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if diff := cmp.Diff(want, told); diff != "" {
				t.Fatalf("%s (-want +told):\n%s", what, diff)
			}
		}
		hash := func() {
			t.Helper()
			if _, err := h.Hash(t.Context(), "open sesame"); err != nil {
				t.Fatal(err)
			}
		}
		hash()
		step("one hash leaves a slot free")
		if err := h.slots.acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			hash() // takes the last slot
			time.Sleep(lull * 9 / 10)
			step("waves", 2)
		}
		time.Sleep(lull)
		step("a lull", 2, 0)
		hash()
		step("again", 2, 0, 2)
		time.Sleep(time.Hour)
		step("in the end", 2, 0, 2, 0)
	})
}
