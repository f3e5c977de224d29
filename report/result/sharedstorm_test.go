package result

import (
	"maps"
	"testing"
	"time"

	"rtbench/proto/record"
)

// stormOf returns a storm of streams that were back after so many milliseconds each.
func stormOf(event string, at time.Duration, back ...int64) Storm {
	s := Storm{Event: event, At: at, Cut: uint64(len(back)), Attempts: 2 * uint64(len(back)), Refused: map[string]uint64{"refused": uint64(len(back))}}
	h := record.NewHistogram()
	for _, ms := range back {
		_ = h.RecordValue(ms * 1e6)
		for len(s.Slots) <= int(ms/100) {
			s.Slots = append(s.Slots, StormSlot{})
		}
		s.Slots[ms/100].Attempts += 2
	}
	s.Back = Wrap(h)
	return s
}

// The storms of all shares are those of one generator: attempts in the same tenth of a second are added, and times
// until streams were back are of all streams, from the beginning of the event.
func TestStormsOfShares(t *testing.T) {
	t.Parallel()
	const second = time.Second
	away := stormOf("", 20*second, 100)
	away.Cut = 2
	all := Combine([]*Repetition{
		{Storms: []Storm{stormOf("cut", second, 110, 120, 130), stormOf("", 5*second, 100), stormOf("cut", 9*second, 50)}, Missed: Missed{NotSent: 1, Lost: 2}},
		{Storms: []Storm{stormOf("cut", second+300*time.Millisecond, 800), stormOf("", 6050*time.Millisecond, 200), stormOf("cut", 9*second)}, Missed: Missed{Lost: 3}},
		{Storms: []Storm{stormOf("cut", second, 700), stormOf("", 8*second, 100), stormOf("cut", 9*second), away}},
		{Storms: []Storm{stormOf("cut", second), stormOf("cut", 9*second), stormOf("", 29*second, 100)}},
	})
	type want struct {
		event    string
		at       time.Duration
		cut      uint64
		peak     float64
		longest  time.Duration
		attempts uint64
	}
	for i, w := range []want{
		{"cut", second, 5, 60, 1100 * time.Millisecond, 10}, // 300 ms after the first, 800 ms later
		{"", 5 * second, 2, 20, 1250 * time.Millisecond, 4}, // the second began less than a second after the first was back
		{"", 8 * second, 1, 20, 100 * time.Millisecond, 2},
		{"cut", 9 * second, 1, 20, 50 * time.Millisecond, 2},
		{"", 20 * second, 3, 20, 9100 * time.Millisecond, 4}, // one stream stays away
	} {
		if i >= len(all.Storms) {
			t.Fatalf("%d storms", len(all.Storms))
		}
		s := all.Storms[i]
		if got := (want{s.Event, s.At, s.Cut, s.PeakAttempts(), s.Back.Max().Round(10 * time.Millisecond), s.Attempts}); got != w {
			t.Errorf("storm %d is %+v, want %+v", i, got, w)
		}
	}
	if s := all.Storms[0]; len(all.Storms) != 5 || !maps.Equal(s.Refused, map[string]uint64{"refused": 5}) || s.Slots[1].Attempts != 6 || s.Slots[7].Attempts != 2 || s.Slots[11].Attempts != 2 {
		t.Errorf("%d storms, the first %+v", len(all.Storms), s)
	}
	if half, known := all.Storms[0].Until(50); !known || half.Round(10*time.Millisecond) != 130*time.Millisecond {
		t.Errorf("half of all are back after %v", half)
	}
	if all.Missed != (Missed{NotSent: 1, Lost: 5}) {
		t.Errorf("missed %+v", all.Missed)
	}
}
