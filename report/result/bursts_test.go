package result

import (
	"testing"
	"time"
)

// Bursts of shares have no backlog, which is that of all together. If the steady phase of one was cut short, there are
// none at all, in whichever order the shares come.
func TestBurstsOfShares(t *testing.T) {
	t.Parallel()
	share := func() *Repetition {
		return &Repetition{Bursts: &Bursts{
			Period: time.Second, On: 100 * time.Millisecond, Parts: []BurstPart{{Length: time.Second, Waiting: 3}},
			Backlog: []int64{7}, Drained: []time.Duration{time.Millisecond},
		}}
	}
	cut := new(Repetition)
	for _, shares := range [][]*Repetition{{cut, share()}, {share(), cut}, {share(), cut, share()}, {cut, cut}} {
		if b := Combine(shares).Bursts; b != nil {
			t.Errorf("one share was cut short: %+v", b)
		}
	}
	if b := Combine([]*Repetition{share(), share()}).Bursts; b == nil || b.Parts[0].Waiting != 6 || b.Backlog != nil || b.Drained != nil {
		t.Errorf("%+v", b)
	}
}
