package password

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

func TestMemoryGoesBackWhenIdle(t *testing.T) {
	collections := func() uint32 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.NumForcedGC
	}
	tests := []struct {
		name  string
		after time.Duration
		busy  bool // a hash runs when the time comes
		want  uint32
	}{
		{"idle", 5 * time.Second, false, 1},
		{"busy", 5 * time.Second, true, 0},
		{"switched off", 0, false, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, err := New(Settings{Params: Params{MemoryKiB: 64, Iterations: 1, Parallelism: 1}, Slots: 2, IdleRelease: tt.after})
				if err != nil {
					t.Fatal(err)
				}
				before := collections()
				for range 3 {
					if _, err := h.Hash(t.Context(), "open sesame"); err != nil {
						t.Fatal(err)
					}
					time.Sleep(4 * time.Second) // each hash puts it off
				}
				if got := collections() - before; got != 0 {
					t.Errorf("memory given back %d times between hashes", got)
				}
				if tt.busy {
					occupy(t, h, 1)
				}
				time.Sleep(time.Hour)
				synctest.Wait()
				if got := collections() - before; got != tt.want {
					t.Errorf("memory given back %d times; want %d", got, tt.want)
				}
			})
		})
	}
}
