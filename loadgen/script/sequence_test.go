package script

import "testing"

func TestSeries(t *testing.T) {
	type step struct {
		n     uint64
		first bool
		want  uint64
		ok    bool
	}
	for name, steps := range map[string][]step{
		"from 0":                     {{0, true, 0, true}, {1, false, 1, true}, {3, false, 3, true}},
		"from anywhere":              {{500, true, 0, true}, {501, false, 1, true}},
		"swapped":                    {{7, true, 0, true}, {9, false, 2, true}, {8, false, 1, true}},
		"twice":                      {{7, true, 0, true}, {7, false, 0, true}},
		"goes on after a break":      {{0, true, 0, true}, {1, false, 1, true}, {4, true, 4, true}},
		"begins anew after a break":  {{5, true, 0, true}, {6, false, 1, true}, {5, true, 2, true}, {6, false, 3, true}},
		"far away after a break":     {{5, true, 0, true}, {1 << 40, true, 1, true}, {1<<40 + 1, false, 2, true}},
		"a number that is none":      {{5, true, 0, true}, {1 << 40, false, 0, false}, {6, false, 1, true}},
		"before the first":           {{5, true, 0, true}, {4, false, 0, false}},
		"around the end of counting": {{1<<64 - 1, true, 0, true}, {0, false, 1, true}},
	} {
		var s sequence
		for i, step := range steps {
			if got, ok := s.position(step.n, step.first); ok != step.ok || got != step.want {
				t.Errorf("%s, step %d: %d, %v; want %d, %v", name, i, got, ok, step.want, step.ok)
			}
		}
	}
}
