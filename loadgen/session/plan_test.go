package session

import (
	"testing"
	"time"

	"rtbench/proto"
	"rtbench/proto/pace"
	"rtbench/scenarios"
)

func TestStagesFollowTheWarmUp(t *testing.T) {
	s, err := scenarios.Parse("test.yaml", []byte(`{name: x, protocols: tcp, pattern: push, phases: {warmup: 1s},
  load: {rate: 100/s, connections: 3, stages: [{over: 2s, to: 300/s}, {over: 1s, to: 300/s}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	g := New(t.Context(), Config{Scenario: s, Cell: s.Cells()[0]})
	defer g.Close()
	g.Timing = NewTiming(&g.Cell, pace.Turns{}, 1000)
	if g.From != 1000+int64(time.Second) || g.To != g.From+int64(3*time.Second) {
		t.Fatalf("steady phase [%d, %d)", g.From, g.To)
	}
	// 100 in the warm-up, then 2 s at 200/s on average, then 300.
	if n := g.Profile.Count(g.Profile.Length()); n != 800 {
		t.Fatalf("%v messages planned, want 800", n)
	}
	var sum uint64
	for share := range 3 {
		c := g.call(share)
		if c.SteadyFrom != g.From || c.Of != 3 {
			t.Fatalf("call %+v", c)
		}
		sum += c.Plan().CountPlanned(4*time.Second, func(due time.Duration) bool { return due >= time.Second })
	}
	if sum != 700 {
		t.Fatalf("the streams' plans hold %d messages in the steady phase, want 700", sum)
	}
}

// The warm-up has the first rate of steps, and each step its own from its beginning.
func TestStepsFollowTheWarmUp(t *testing.T) {
	t.Parallel()
	s, err := scenarios.Parse("test.yaml", []byte(`{name: x, protocols: tcp, pattern: push, phases: {warmup: 1s},
  load: {steps: {rates: [300/s, 100/s, 500/s], each: 2s}}}`))
	if err != nil {
		t.Fatal(err)
	}
	w := NewTiming(&s.Cells()[0], pace.Turns{}, 0)
	for at, want := range map[time.Duration]float64{1: 300, 3: 900, 5: 1100, 6: 1600, 7: 2100} {
		if got := w.PlannedBy(int64(at * time.Second)); got != want {
			t.Errorf("%v messages planned by %v s, want %v", got, int64(at), want)
		}
	}
}

// Each pattern has its traffic with each kind of target.
func TestPatternsHaveTraffic(t *testing.T) {
	for _, p := range proto.Patterns {
		row := patterns[p.Name]
		for name, of := range map[string]traffic{"reference": row.reference, "guide": row.guide, "custom": row.custom} {
			if of.handler == nil || of.tally == nil {
				t.Errorf("%s, %s target: no traffic", p.Name, name)
			}
		}
	}
}
