package password

import "testing"

func TestAffordable(t *testing.T) {
	floor := Params{MemoryKiB: 19456, Iterations: 2, Parallelism: 1}
	big := Params{MemoryKiB: 512 << 10, Iterations: 3, Parallelism: 4}
	tests := []struct {
		name        string
		stored, own Params
		ok          bool
	}{
		{"own", floor, floor, true},
		{"cheaper", Params{MemoryKiB: 64, Iterations: 1, Parallelism: 1}, floor, true},
		{"RFC 9106 second choice", Params{MemoryKiB: 64 << 10, Iterations: 3, Parallelism: 4}, floor, true},
		{"256 MiB", Params{MemoryKiB: 256 << 10, Iterations: 4, Parallelism: 1}, floor, true},
		{"256 MiB and 1 KiB", Params{MemoryKiB: 256<<10 + 1, Iterations: 1, Parallelism: 1}, floor, false},
		{"256 MiB, 5 iterations", Params{MemoryKiB: 256 << 10, Iterations: 5, Parallelism: 1}, floor, false},
		{"19 MiB, 56 iterations", Params{MemoryKiB: 19456, Iterations: 56, Parallelism: 1}, floor, false},
		{"RFC 9106 first choice", Params{MemoryKiB: 2 << 20, Iterations: 1, Parallelism: 4}, floor, false},
		{"RFC 9106 first choice beside dear settings", Params{MemoryKiB: 2 << 20, Iterations: 1, Parallelism: 4}, big, true},
		{"16 times dear settings", Params{MemoryKiB: 512 << 10, Iterations: 48, Parallelism: 4}, big, true},
		{"49 iterations beside dear settings", Params{MemoryKiB: 512 << 10, Iterations: 49, Parallelism: 4}, big, false},
		{"4 GiB", Params{MemoryKiB: 4 << 20, Iterations: 1, Parallelism: 4}, big, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.stored.affordable(tt.own); (err == nil) != tt.ok {
				t.Errorf("error %v; want affordable = %v", err, tt.ok)
			}
		})
	}
}
