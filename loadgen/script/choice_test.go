package script

import (
	"math"
	"testing"
)

// Messages are chosen with the frequency of their weights, on each stream, and for each stream
// differently.
func TestChoice(t *testing.T) {
	t.Parallel()
	s := &Script{Choice: NewChoice(7, []int{8, 1, 3})}
	const streams, each = 5, 20_000
	same := 0
	for stream := range uint32(streams) {
		var n [3]int
		for seq := range uint64(each) {
			i := s.MessageAt(stream, streams, seq)
			n[i]++
			if i == s.MessageAt(0, streams, seq) {
				same++
			}
		}
		for i, share := range []float64{8. / 12, 1. / 12, 3. / 12} {
			if sigma := math.Sqrt(each * share * (1 - share)); math.Abs(float64(n[i])-each*share) > 5*sigma {
				t.Errorf("stream %d: %v of %d", stream, n, each)
			}
		}
	}
	// Two independent choices are equal with probability (8² + 1² + 3²)/12².
	expected := each + (streams-1)*each*74./144
	if math.Abs(float64(same)-expected) > 5*math.Sqrt(expected) {
		t.Errorf("%d choices are those of stream 0, want %.0f", same, expected)
	}
	if again := NewChoice(7, []int{8, 1, 3}); again.At(123) != s.Choice.At(123) {
		t.Error("the same seed chooses another message")
	}
	if NewChoice(7, nil) != nil {
		t.Error("a choice without weights")
	}
}

// The choice never changes: results of different runs must be comparable.
func TestChoiceIsStable(t *testing.T) {
	t.Parallel()
	c, got := NewChoice(1, []int{1, 1, 1, 1}), []int{}
	for n := range uint64(12) {
		got = append(got, c.At(n))
	}
	for i, want := range []int{1, 3, 3, 1, 1, 3, 1, 0, 1, 2, 1, 2} {
		if got[i] != want {
			t.Fatalf("%v", got)
		}
	}
}
