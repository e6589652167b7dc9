package password

import (
	"runtime/debug"
	"time"
)

// idle gives the memory of past hashes back to the system once nothing has been hashed for a while. Each hash leaves its
// whole memory as garbage, and the runtime keeps it for minutes: five sign-ins at 19 MiB hold 85 MiB. Nothing runs while
// hashes keep coming, so that load pays nothing for it.
type idle struct {
	after time.Duration
	timer *time.Timer
}

// newIdle watches s. With after = 0 nothing is ever given back by it.
func newIdle(s *slots, after time.Duration) *idle {
	timer := time.AfterFunc(time.Hour, func() {
		// A hash that runs now starts the wait anew when it ends.
		if running, _ := s.load(); running == 0 {
			debug.FreeOSMemory()
		}
	})
	timer.Stop()
	return &idle{after: after, timer: timer}
}

// restart is called when a hash has ended.
func (i *idle) restart() {
	if i.after > 0 {
		i.timer.Reset(i.after)
	}
}
