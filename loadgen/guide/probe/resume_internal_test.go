package probe

import "testing"

func TestMissedBetween(t *testing.T) {
	had := []tick{{Counter: 0, Timestamp: 1.7e9}, {Counter: 1, Timestamp: 1.7e9 + 0.1}, {Counter: 2, Timestamp: 1.7e9 + 0.2}}
	for after, want := range map[float64]int{0.001: 0, 0.1: 0, 0.1000002: 0, 0.15: 1, 0.2: 1, 0.5: 4, 0.504: 5} {
		last := had[2]
		if got := missedBetween(had, last, tick{Timestamp: last.Timestamp + after}); got != want {
			t.Errorf("%v s later: %d missed, want %d", after, got, want)
		}
	}
}
