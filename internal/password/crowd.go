package password

import (
	"sync"
	"time"
)

// lull is how long there must have been a free slot before the crowd is over: sign-ins come in waves.
const lull = time.Second

// crowd tells when every slot is taken, and when that has not been so for a while.
type crowd struct {
	slots int
	tell  func(hashes int) // nil: nobody wants to know

	mu      sync.Mutex
	crowded bool
	last    time.Time // when every slot was taken
}

// seen is called when every slot is taken.
func (c *crowd) seen() {
	if c.tell == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = time.Now()
	if !c.crowded {
		c.crowded = true
		c.tell(c.slots)
		time.AfterFunc(lull, c.look)
	}
}

// look ends the crowd, or looks again when it may be over.
func (c *crowd) look() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if rest := lull - time.Since(c.last); rest > 0 {
		time.AfterFunc(rest, c.look)
		return
	}
	c.crowded = false
	c.tell(0)
}
