package session

import (
	"slices"
	"testing"

	"rtbench/proto/pace"
)

func TestEdges(t *testing.T) {
	g := &Group{Timing: Timing{Window: pace.Window{From: 100, To: 200}}}
	var calls []bool
	g.edges.arm(g.From, func(end bool) { calls = append(calls, end) })
	for _, now := range []int64{50, 99, 100, 101, 199} {
		g.edges.pass(g, now)
	}
	if !slices.Equal(calls, []bool{false}) {
		t.Fatalf("before the end: %v", calls)
	}
	for _, now := range []int64{200, 201, 999} {
		g.edges.pass(g, now)
	}
	if !slices.Equal(calls, []bool{false, true}) {
		t.Errorf("after the end: %v", calls)
	}
	g.edges.arm(g.From, nil)
	g.edges.pass(g, 150)
}
