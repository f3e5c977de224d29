package result

import (
	"math/rand/v2"
	"testing"
	"time"

	"rtbench/proto/record"
)

// synthetic returns a histogram of n made-up, normally distributed times around median. Nothing in
// these tests was measured.
func synthetic(t testing.TB, seed uint64, n int, median time.Duration) Histogram {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 7))
	h := record.NewHistogram()
	for range n {
		spread := 1 + 0.2*rng.NormFloat64()
		if err := h.RecordValue(int64(float64(median) * max(0.1, spread))); err != nil {
			t.Fatal(err)
		}
	}
	return Wrap(h)
}

// syntheticRepetition returns a valid repetition.
func syntheticRepetition(t testing.TB, index int) *Repetition {
	t.Helper()
	return &Repetition{
		Index: index, Order: 3 * index, Started: time.Date(2026, 1, 2, 3, 4, 5+index, 0, time.UTC),
		Phases:   Phases{Connect: 10 * time.Millisecond, Warmup: time.Second, Steady: 2 * time.Second, Drain: 5 * time.Millisecond},
		Response: synthetic(t, uint64(index), 4000, 100*time.Microsecond),
		Service:  synthetic(t, uint64(index), 4000, 98*time.Microsecond),
		Lag:      synthetic(t, uint64(index)+200, 4000, 2*time.Microsecond),
		Timeline: []Interval{
			{Start: 0, Length: time.Second, Response: synthetic(t, uint64(index)+300, 2000, 100*time.Microsecond)},
			{Start: time.Second, Length: time.Second, Response: synthetic(t, uint64(index)+400, 2000, 110*time.Microsecond)},
		},
		Counters: Counters{Planned: 4000, Sent: 4000, Recorded: 4000},
		Server:   Resources{Known: true, CPU: 40 * time.Millisecond, Spin: 8 * time.Millisecond, RSSBytes: 1 << 24},
		Client:   Resources{Known: true, CPU: 60 * time.Millisecond, Spin: 20 * time.Millisecond, RSSBytes: 1 << 25},
		Wire:     Wire{SentBytes: 520_000, ReceivedBytes: 560_000},
	}
}

func openLoop() Config {
	return Config{
		Scenario: "made-up", Protocol: "grpc", Pattern: "echo", Model: "open", Arrivals: "constant", Rate: 2000,
		Connections: 4, Streams: 1, Size: 128, Encoding: "text", Steady: 2 * time.Second, Stages: []Stage{{Over: time.Second, To: 5}},
	}
}

func syntheticResult(t testing.TB) *Result {
	t.Helper()
	return &Result{
		Version: Version, Tool: Tool{Name: "rtbench", Version: "(devel)", Go: "go1.26", Command: []string{"rtbench", "run", "made up"}}, Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Elapsed: 7 * time.Second, Environment: Environment{OS: "linux", Cores: 2},
		Scenarios: []Scenario{{"made-up", "made-up.yaml", "name: made-up\n"}},
		Cells: []*Cell{{
			ID: "made-up/echo/grpc/rate=2000", Config: openLoop(), Notes: []string{"made up"},
			Repetitions: []*Repetition{syntheticRepetition(t, 0), syntheticRepetition(t, 1)},
		}},
	}
}
