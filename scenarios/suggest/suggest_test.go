package suggest_test

import (
	"strings"
	"testing"

	"rtbench/scenarios/suggest"
)

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"echo", "echo", 0},
		{"", "ab", 2},
		{"ehco", "echo", 1},
		{"eco", "echo", 1},
		{"ekko", "echo", 2},
		{"abc", "xyz", 3},
		{strings.Repeat("a", 65), strings.Repeat("a", 65), 64},
	} {
		if got := suggest.Distance(c.a, c.b); got != c.want || suggest.Distance(c.b, c.a) != got {
			t.Errorf("%q, %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
