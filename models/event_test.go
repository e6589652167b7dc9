package models_test

import (
	"bytes"
	"testing"
	"time"

	"latchkey/models"
)

// Events are pruned and listed by their ids alone.
func TestEventIDsAreInTheOrderOfTime(t *testing.T) {
	begin := time.Date(2026, 3, 1, 12, 0, 0, 999_600_000, time.UTC)
	for i := range 1000 {
		at := begin.Add(time.Duration(i) * 137 * time.Microsecond)
		id, next := models.EventID(at), at.Truncate(time.Millisecond).Add(time.Millisecond)
		if id.Version() != 7 || id.Variant().String() != "RFC4122" {
			t.Fatalf("%s: version %d, variant %s", id, id.Version(), id.Variant())
		}
		if sec, nsec := id.Time().UnixTime(); !time.Unix(sec, nsec).Equal(at.Truncate(time.Millisecond)) {
			t.Fatalf("%s holds %s, want that of %s", id, time.Unix(sec, nsec), at)
		}
		from, to := models.FirstEventID(at), models.FirstEventID(next)
		if bytes.Compare(from[:], id[:]) > 0 || bytes.Compare(id[:], to[:]) >= 0 || bytes.Compare(from[:], to[:]) >= 0 {
			t.Fatalf("%s is not between %s and %s", id, from, to)
		}
	}
	last := models.EventID(begin)
	for range 1000 {
		next := models.EventID(begin)
		if bytes.Compare(last[:], next[:]) >= 0 {
			t.Fatalf("of the same moment: %s, then %s", last, next)
		}
		last = next
	}
	if id := models.EventID(time.Unix(-1, 0)); id.Version() != 7 {
		t.Errorf("before 1970: %s", id)
	}
}
