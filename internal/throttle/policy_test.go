package throttle_test

import (
	"testing"
	"time"

	"latchkey/internal/throttle"
)

// TestGuessingIsBounded has strangers with a new address for each guess try forty times at once, and then every minute for
// three days, while the owner signs in twice a day.
func TestGuessingIsBounded(t *testing.T) {
	g := newGuard()
	var checked []time.Duration
	for i := range 40 {
		if wrong(t, g, stranger(1_000_000+i), 0) {
			checked = append(checked, 0)
		}
	}
	for minute := range 3 * 24 * 60 {
		after := time.Duration(minute) * time.Minute
		if wrong(t, g, stranger(minute), after) {
			checked = append(checked, after)
		}
		if minute%(12*60) == 0 {
			right(t, g, known(), after)
			right(t, g, owner(minute), after)
		}
	}
	most := 0
	for i, first := range checked {
		for j := range checked[i:] {
			if checked[i+j]-first < 24*time.Hour {
				most = max(most, j+1)
			}
		}
	}
	if most > 100 || most < 95 {
		t.Errorf("up to %d guesses were checked within 24 hours; want at most 100, and nearly that", most)
	}
}

// TestKnownDevicesAreBounded holds a device mark and every address, for an hour.
func TestKnownDevicesAreBounded(t *testing.T) {
	g := newGuard()
	checked := 0
	for second := range 3600 {
		after := time.Duration(second) * time.Second
		for _, try := range []int{second, second + 5000} {
			if wrong(t, g, stranger(try), after) {
				checked++
			}
		}
		if wrong(t, g, known(), after) {
			checked++
		}
	}
	if checked > 58 || checked < 55 {
		t.Errorf("%d guesses were checked within an hour; want at most 58, and nearly that", checked)
	}
}

// TestOneAttackerDoesNotShutTheOwnerOut hammers from one address for an hour (ASVS 6.1.1).
func TestOneAttackerDoesNotShutTheOwnerOut(t *testing.T) {
	g := newGuard()
	checked := 0
	for second := range 3600 {
		if wrong(t, g, stranger(0), time.Duration(second)*time.Second) {
			checked++
		}
	}
	// All of Account, and the share of one network in Reserve.
	if checked != 18 {
		t.Errorf("%d guesses from one address were checked; want 18", checked)
	}
	if wait := right(t, g, stranger(0), time.Hour); wait == 0 || wait > 90*time.Minute {
		t.Errorf("the right password at the attacker's address waits %v; want a wait of up to 90m", wait)
	}
	if wait := right(t, g, owner(1), time.Hour); wait != 0 {
		t.Errorf("the owner at another address waits %v; want 0", wait)
	}
	if wait := right(t, g, known(), time.Hour); wait != 0 {
		t.Errorf("the known device at the attacker's own address waits %v; want 0", wait)
	}
}

// TestAttackersOfSomeNetworks has guesses come from n networks every five minutes for a day and a half, and the owner
// from a new address every hour.
func TestAttackersOfSomeNetworks(t *testing.T) {
	for _, c := range []struct {
		networks int
		open     bool // the owner at a new address never waits
	}{{1, true}, {9, true}, {30, false}} {
		g := newGuard()
		longest := time.Duration(0)
		for minute := 0; minute < 36*60; minute += 5 {
			after := time.Duration(minute) * time.Minute
			for i := range c.networks {
				wrong(t, g, stranger(i), after)
			}
			if minute%60 == 55 {
				longest = max(longest, right(t, g, owner(minute), after))
				if wait := right(t, g, known(), after); wait != 0 {
					t.Fatalf("%d networks: after %v the known device waits %v", c.networks, after, wait)
				}
			}
		}
		if (longest == 0) != c.open || longest > 30*time.Minute {
			t.Errorf("%d networks: the owner at a new address was told to wait for up to %v; want never: %v", c.networks, longest, c.open)
		}
	}
}

// TestOwnersMistakes are the owner's alone: a known device's do not touch strangers and the other way round.
func TestOwnersMistakes(t *testing.T) {
	g := newGuard()
	if n := wrongs(t, g, 50, known(), 0); n != 10 {
		t.Errorf("a known device was let in %d times; want 10", n)
	}
	if wait := right(t, g, known(), 0); wait != 6*time.Minute {
		t.Errorf("after its mistakes the known device waits %v; want 6m", wait)
	}
	if wait := right(t, g, owner(1), 0); wait != 0 {
		t.Errorf("the owner without the device waits %v; want 0", wait)
	}
	if wait := right(t, g, known(), 6*time.Minute); wait != 0 {
		t.Errorf("the known device waits %v after its wait; want 0", wait)
	}
}

// TestIPv6Networks are no more than one newcomer, however many addresses they have.
func TestIPv6Networks(t *testing.T) {
	g := newGuard()
	inOne, inMany := stranger(0), stranger(0)
	checked := 0
	for i := range 100 {
		inOne.IP = "2001:db8:1:" + string(rune('a'+i%6)) + string(rune('a'+i/6%6)) + "::1"
		if wrong(t, g, inOne, 0) {
			checked++
		}
	}
	// All of Account, and the share of one network in Reserve.
	if checked != 18 {
		t.Errorf("%d guesses from one /48 were checked; want 18", checked)
	}
	inMany.IP = "2001:db8:2::1"
	if wait := right(t, g, inMany, 0); wait != 0 {
		t.Errorf("the owner in another /48 waits %v; want 0", wait)
	}
}

// TestSharesOfOneNetwork are one for each account: who guesses at one does not shut a whole network out of another.
func TestSharesOfOneNetwork(t *testing.T) {
	g := newGuard()
	for _, account := range []string{"ada", "grace"} {
		for i := range 16 {
			if !wrong(t, g, throttle.Try{Account: account, IP: stranger(i).IP}, 0) {
				t.Fatalf("guess %d at %s was refused", i, account)
			}
		}
		if n := wrongs(t, g, 5, throttle.Try{Account: account, IP: "192.0.2.1"}, 0); n != 2 {
			t.Errorf("%s: %d guesses of one network were checked from Reserve; want 2", account, n)
		}
	}
}

// TestClockSetBack moves the clock under an account that is being guessed at and one that is not.
func TestClockSetBack(t *testing.T) {
	for _, back := range []time.Duration{time.Hour, 24 * time.Hour, 1000 * time.Hour} {
		g := newGuard()
		wrongs(t, g, 50, known(), 0)
		for i := range 60 {
			wrong(t, g, stranger(i), 0)
		}
		right(t, g, owner(1), 0)
		if wait := right(t, g, known(), -back); wait > time.Hour {
			t.Errorf("%v back: the known device waits %v; want at most its period", back, wait)
		}
		if wait := right(t, g, owner(2), -back); wait > 10*time.Hour {
			t.Errorf("%v back: the owner at a new address waits %v; want at most the period of the reserve", back, wait)
		}
		calm := known()
		calm.Account = "grace"
		if !wrong(t, g, calm, 0) {
			t.Fatal("refused at first")
		}
		if wait := right(t, g, calm, -back); wait > 15*time.Minute {
			t.Errorf("%v back: after one mistake the known device waits %v", back, wait)
		}
	}
}
