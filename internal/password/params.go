package password

import "errors"

// The widest parameters that are read or set at all. RFC 9106 allows more; no password hash in use has it.
const (
	maxMemoryKiB   = 4 << 20 // 4 GiB
	maxIterations  = 100
	maxParallelism = 64
)

// What a stored hash may cost however low the settings are: enough for the usual imports (64 MiB, 3 iterations), and
// about the time of the dearest bcrypt that is read. Whoever can write a row must not be able to exhaust the machine.
const (
	freeMemoryKiB = 256 << 10 // 256 MiB
	freeWorkKiB   = 1 << 20   // memory times iterations: 1 GiB
)

// Beyond that a stored hash may cost this much more than one made with the settings.
const (
	memoryFactor = 4
	workFactor   = 16
)

// check refuses parameters outside RFC 9106 section 3.1 and outside the bounds above.
func (p Params) check() error {
	switch {
	case p.Parallelism < 1 || p.Parallelism > maxParallelism:
		return errors.New("password: argon2id parallelism must be 1 to 64")
	case p.Iterations < 1 || p.Iterations > maxIterations:
		return errors.New("password: argon2id iterations must be 1 to 100")
	case p.MemoryKiB < 8*uint32(p.Parallelism) || p.MemoryKiB > maxMemoryKiB:
		return errors.New("password: argon2id memory must be 8 KiB for each lane to 4 GiB")
	}
	return nil
}

// affordable refuses parameters that cost far more than own.
func (p Params) affordable(own Params) error {
	if p.MemoryKiB > max(freeMemoryKiB, memoryFactor*own.MemoryKiB) {
		return errors.New("argon2id memory far above the settings")
	}
	if p.work() > max(freeWorkKiB, workFactor*own.work()) {
		return errors.New("argon2id work far above the settings")
	}
	return nil
}

// work is the memory written in all iterations, in KiB: what the time of a hash grows with.
func (p Params) work() uint64 { return uint64(p.MemoryKiB) * uint64(p.Iterations) }
