package token

import (
	"encoding/binary"
	"testing"
)

func TestRecentIsBoundedAndForgetsWhatNobodyAsksFor(t *testing.T) {
	var r recent
	of := func(i uint64) (d digest) {
		binary.BigEndian.PutUint64(d[:], i)
		return d
	}
	const asked, unasked = 1, 2
	r.put(of(asked), "asked")
	r.put(of(unasked), "unasked")
	for i := range uint64(5 * recentMost) {
		r.put(of(100+i), "other")
		if i%1000 == 0 && r.get(of(asked)) != "asked" {
			t.Fatalf("forgotten after %d others, although it was asked for", i)
		}
		if n := len(r.young) + len(r.old); n > 2*recentMost {
			t.Fatalf("%d are remembered", n)
		}
	}
	if r.get(of(unasked)) != nil {
		t.Error("what nobody asked for is remembered for ever")
	}
}
