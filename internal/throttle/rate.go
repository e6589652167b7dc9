package throttle

import "time"

// nodeSkew is by how much the clocks of two nodes may differ.
const nodeSkew = int64(time.Minute / time.Microsecond)

// Rate allows Burst tries at once and gives one back each Period/Burst. See Settings.Validate for what is legal.
type Rate struct {
	Burst  int
	Period time.Duration
}

// Within is the most tries that the rate allows in any span of the given length.
func (r Rate) Within(span time.Duration) int {
	return r.Burst + int(span.Microseconds()/r.step())
}

// step is the time that one try takes to come back, in microseconds.
func (r Rate) step() int64 { return r.Period.Microseconds() / int64(r.Burst) }

// Bounds is what a stored time is compared with, all in microseconds since 1970.
type Bounds struct {
	Now   int64
	Step  int64 // what one try adds
	Most  int64 // the latest stored time that leaves a try
	Full  int64 // the stored time of a bucket whose last try has just been taken
	Wrong int64 // what is stored beyond this was written by a clock that has been set back since
}

// At returns the bounds of the rate at a moment.
func (r Rate) At(now time.Time) Bounds {
	step := r.step()
	full := now.UnixMicro() + step*int64(r.Burst)
	// With so little tolerance, a wait is never longer than the period: Wrong - Most = Full - Now at most.
	return Bounds{Now: now.UnixMicro(), Step: step, Most: full - step, Full: full, Wrong: full + min(nodeSkew, step*int64(r.Burst-1))}
}

// Next takes one try from a bucket with the given stored time (0 when nothing is stored): it returns what to store,
// or false and the time as it was. Every Counter does this in one atomic step.
func (b Bounds) Next(stored int64) (int64, bool) {
	switch {
	case stored <= b.Now:
		return b.Now + b.Step, true
	case stored <= b.Most:
		return stored + b.Step, true
	case stored > b.Wrong:
		return b.Full, true
	default:
		return stored, false
	}
}

// Bucket is a key and how often it may be tried.
type Bucket struct {
	Key  string
	Rate Rate
}

// Decision is the answer to a Take.
type Decision struct {
	Allowed    bool
	Limit      int           // Burst of the bucket that decided: the one with the least left, or with the longest wait
	Remaining  int           // tries that are left in it
	RetryAfter time.Duration // until a try may be allowed; 0 when this one was
	Reset      time.Duration // until that bucket is as if nobody had tried
}

// Decide puts the answer together from the stored times in the order of the buckets, 0 where nothing is stored:
// those after the Take when it was allowed, those that refused it when not.
func Decide(now time.Time, allowed bool, buckets []Bucket, stored []int64) Decision {
	var worst Decision
	for i, bucket := range buckets {
		d := bucket.decision(now, stored[i])
		d.Allowed = allowed
		if allowed {
			d.RetryAfter = 0
		}
		if i == 0 || d.RetryAfter > worst.RetryAfter || d.RetryAfter == worst.RetryAfter && d.Remaining < worst.Remaining {
			worst = d
		}
	}
	return worst
}

func (b Bucket) decision(now time.Time, stored int64) Decision {
	bounds := b.Rate.At(now)
	if stored > bounds.Wrong {
		stored = bounds.Most
	}
	stored = max(stored, bounds.Now)
	return Decision{
		Limit:      b.Rate.Burst,
		Remaining:  int(max(bounds.Full-stored, 0) / bounds.Step),
		RetryAfter: micros(max(stored-bounds.Most, 0)),
		Reset:      micros(stored - bounds.Now),
	}
}

func micros(n int64) time.Duration { return time.Duration(n) * time.Microsecond }
