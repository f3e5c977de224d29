package html

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"rtbench/proto/record"
	"rtbench/report/claims"
	"rtbench/report/result"
)

// The results below are made up. Nothing in them was measured, and their values say nothing about a
// protocol.

var madeUpStart = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// madeUpTimes returns n exponentially distributed times around median.
func madeUpTimes(t testing.TB, rng *rand.Rand, n int, median time.Duration) result.Histogram {
	t.Helper()
	h := record.NewHistogram()
	for range n {
		if err := h.RecordValue(int64(float64(median) * (0.8 + 0.3*rng.ExpFloat64()))); err != nil {
			t.Fatal(err)
		}
	}
	return result.Wrap(h)
}

// madeUp describes the size of a made-up result.
type madeUp struct {
	protocols, patterns []string
	repetitions, slots  int
	messages            int // per slot
}

func (m madeUp) result(t testing.TB) *result.Result {
	t.Helper()
	r := &result.Result{
		Version: result.Version, Tool: result.Tool{Name: "rtbench", Version: "(devel)", Go: "go1.26", Command: []string{"rtbench", "run", "made-up.yaml"}},
		Started: madeUpStart, Elapsed: 61 * time.Second,
		Environment: result.Environment{
			OS: "linux", Arch: "amd64", Kernel: "6.1.0", CPU: "Made-up CPU", Cores: 4, GOMAXPROCS: 4, MemoryBytes: 16e9,
			FileLimit: 20000, Pacing: "made-up waiting",
		},
		Scenarios: []result.Scenario{{Name: "made-up", File: "made-up.yaml", Source: "name: made-up\nload: {rate: 4k/s}\n"}},
	}
	for i, pattern := range m.patterns {
		for j, protocol := range m.protocols {
			r.Cells = append(r.Cells, m.cell(t, pattern, protocol, time.Duration(80+60*j+5*i)*time.Microsecond))
		}
	}
	return r
}

func (m madeUp) cell(t testing.TB, pattern, protocol string, median time.Duration) *result.Cell {
	t.Helper()
	rng := rand.New(rand.NewPCG(uint64(len(protocol)), uint64(median)))
	c := &result.Cell{ID: "made-up/" + pattern + "/" + protocol, Config: result.Config{
		Scenario: "made-up", Protocol: protocol, Pattern: pattern, Model: "open", Arrivals: "constant", Rate: 4000,
		Connections: 16, Streams: 1, Size: 128, Encoding: "text", Warmup: 250 * time.Millisecond, Steady: time.Second, Drain: time.Second,
	}}
	for i := range m.repetitions {
		c.Repetitions = append(c.Repetitions, m.repetition(t, rng, c.Config, i, median))
	}
	return c
}

func (m madeUp) repetition(t testing.TB, rng *rand.Rand, c result.Config, i int, median time.Duration) *result.Repetition {
	t.Helper()
	n := m.messages * m.slots
	messages := uint64(n)
	r := &result.Repetition{
		Index: i, Order: i, Started: madeUpStart.Add(time.Duration(i) * 3 * time.Second),
		Phases:   result.Phases{Connect: 20 * time.Millisecond, Warmup: 250 * time.Millisecond, Steady: time.Second, Drain: 3 * time.Millisecond},
		Service:  madeUpTimes(t, rng, n, median),
		Lag:      madeUpTimes(t, rng, n, median/100),
		Counters: result.Counters{Planned: messages, Sent: messages, Recorded: messages},
		Server:   result.Resources{Known: true, CPU: time.Duration(n) * (median/10 + time.Duration(rng.IntN(100))), RSSBytes: 30e6},
		Client:   result.Resources{Known: true, CPU: time.Duration(n) * (median/8 + time.Duration(rng.IntN(100))), RSSBytes: 40e6},
		Wire:     result.Wire{SentBytes: messages * 134, ReceivedBytes: messages * 136},
	}
	length := time.Second / time.Duration(m.slots)
	used := func(at int, cpu time.Duration) result.Used {
		return result.Used{CPU: time.Duration(at*m.messages) * cpu, RSSBytes: 30e6 + int64(at)*1e5, GCs: int64(at / 3)}
	}
	r.Samples = []result.Sample{{Server: &result.Used{}}}
	for s := range m.slots {
		h := madeUpTimes(t, rng, m.messages, median)
		r.Response.Merge(h)
		r.Timeline = append(r.Timeline, result.Interval{Start: time.Duration(s) * length, Length: length, Response: h})
		server := used(s+1, median/10)
		r.Samples = append(r.Samples, result.Sample{
			At: time.Duration(s+1)*length + time.Duration(len(c.Protocol))*2*time.Millisecond, Recorded: uint64((s + 1) * m.messages), Client: used(s+1, median/8), Server: &server,
		})
	}
	r.Low = r.Response
	r.Validity = result.Judge(c, r, 4)
	return r
}

// small returns a result with a valid group, a poor one, and a cell that never ran.
func small(t testing.TB) *result.Result {
	t.Helper()
	r := madeUp{[]string{"tcp", "websocket", "sse", "grpc"}, []string{"echo"}, 6, 10, 400}.result(t)
	r.Cells[2].Notes = []string{"carries text only"}
	poor := madeUp{[]string{"websocket"}, []string{"push"}, 3, 10, 30}.result(t).Cells[0]
	for i, rep := range poor.Repetitions {
		rep.Counters.Lost = uint64(i + 1)
		rep.Server, rep.Samples = result.Resources{}, nil
		rep.Validity = result.Judge(poor.Config, rep, 4)
		rep.Thresholds = []result.Outcome{
			{Text: "lost == 0", Where: "in the second second", Observed: []result.Observed{{Metric: "lost", Value: result.Number(i + 1), Unit: "messages"}}, CountsOnly: true},
			{Text: "p(50) < 1s", Holds: true, Observed: []result.Observed{{Metric: "p(50)", Value: result.Number(rep.Response.Quantile(50)), Unit: "ns"}}, Worse: 1},
		}
	}
	never := &result.Cell{ID: "made-up/push/sse", Config: poor.Config}
	never.Config.Protocol = "sse"
	r.Cells = append(r.Cells, poor, never)
	return r
}

// rendered returns the report of results.
func rendered(t testing.TB, guide []claims.Claim, results ...*result.Result) []byte {
	t.Helper()
	var named []result.Named
	for i, r := range results {
		named = append(named, result.Named{Dir: "results/" + string(rune('a'+i)), Result: r})
	}
	var out bytes.Buffer
	if err := Write(&out, named, guide); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
