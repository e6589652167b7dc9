package session

import (
	"time"

	"latchkey/models"
)

// Outcome is the answer of the rotation rule to one presented refresh token.
type Outcome string

// The outcomes. All but Reused are successes and are told to the client in X-Refresh-Outcome.
const (
	Rotated            Outcome = "rotated"
	Held               Outcome = "held"
	ReplayedUnused     Outcome = "replayed-unused"
	ReplayedConcurrent Outcome = "replayed-concurrent"
	Reused             Outcome = "reused"
)

// State is what the rotation rule looks at.
type State struct {
	Generation int64     // n
	Used       bool      // a token of generation n was presented to some route
	SentAt     time.Time // when the refresh token of generation n was last sent by a refresh
}

// StateOf takes the rule's part out of a row.
func StateOf(s models.Session) State {
	return State{Generation: s.Generation, Used: s.Used, SentAt: s.SentAt}
}

// Decide is the rotation rule: what a refresh token of the presented generation gets at the time now.
// It has no effects; the table in the package comment gives the reason for each row.
func Decide(s State, presented int64, now time.Time, grace time.Duration) Outcome {
	sinceSent := now.Sub(s.SentAt).Abs()
	switch {
	case presented == s.Generation && sinceSent >= 2*grace:
		return Rotated
	case presented == s.Generation:
		return Held
	case presented == s.Generation-1 && !s.Used:
		return ReplayedUnused
	case presented == s.Generation-1 && sinceSent < grace:
		return ReplayedConcurrent
	default:
		return Reused
	}
}
