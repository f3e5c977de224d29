package result

import (
	"testing"
	"time"

	"rtbench/proto/record"
)

// Kinds of shares and of repetitions are added by name, and the histograms of the parts do not change.
func TestKinds(t *testing.T) {
	t.Parallel()
	times := func(d time.Duration) Histogram {
		h := record.NewHistogram()
		if err := h.RecordValue(int64(d)); err != nil {
			t.Fatal(err)
		}
		return Wrap(h)
	}
	part := func(d time.Duration) *Repetition {
		return &Repetition{Kinds: []Kind{{"move", 2, times(d)}, {"say", 1, times(2 * d)}}}
	}
	shares := []*Repetition{part(time.Millisecond), part(3 * time.Millisecond)}
	rep := Combine(shares)
	rep.Validity = Validity{}
	c := Cell{Repetitions: []*Repetition{rep, part(5 * time.Millisecond)}}
	sum := c.Kinds()
	if len(sum) != 2 || sum[0].Name != "move" || sum[0].Due != 6 || sum[1].Due != 3 || sum[1].Response.Count() != 3 || sum[1].Response.Max() < 9990*time.Microsecond {
		t.Errorf("%+v", sum)
	}
	if n := shares[0].Kinds[0].Response.Count(); n != 1 {
		t.Errorf("the first share has %d times after it was added", n)
	}
}
