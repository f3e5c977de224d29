package report

import (
	"math/rand/v2"
	"testing"
	"time"

	"rtbench/proto/record"
	"rtbench/report/result"
)

// The results below are made up for the golden files. Nothing in them was measured, and their values
// say nothing about a protocol.

var madeUpStart = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// madeUpTimes returns n exponentially distributed times around median.
func madeUpTimes(t testing.TB, rng *rand.Rand, n int, median time.Duration) result.Histogram {
	t.Helper()
	h := record.NewHistogram()
	for range n {
		if err := h.RecordValue(int64(float64(median) * (0.8 + 0.4*rng.ExpFloat64()))); err != nil {
			t.Fatal(err)
		}
	}
	return result.Wrap(h)
}

func madeUpCell(t testing.TB, pattern, protocol string, messages, repetitions int, median time.Duration) *result.Cell {
	t.Helper()
	rng := rand.New(rand.NewPCG(uint64(len(protocol)), uint64(median)))
	c := &result.Cell{ID: "made-up/" + pattern + "/" + protocol, Config: result.Config{
		Scenario: "made-up", Protocol: protocol, Pattern: pattern, Model: "open", Arrivals: "constant", Rate: 4000,
		Connections: 16, Streams: 1, Size: 128, Encoding: "text", Steady: time.Second,
	}}
	for i := range repetitions {
		r := &result.Repetition{
			Index: i, Order: i, Started: madeUpStart.Add(time.Duration(i) * 3 * time.Second),
			Phases:   result.Phases{Connect: 20 * time.Millisecond, Warmup: 250 * time.Millisecond, Steady: time.Second},
			Response: madeUpTimes(t, rng, messages, median), Service: madeUpTimes(t, rng, messages, median),
			Lag:      madeUpTimes(t, rng, messages, median/100),
			Counters: result.Counters{Planned: uint64(messages), Sent: uint64(messages), Recorded: uint64(messages)},
			Server:   result.Resources{Known: true, CPU: time.Duration(messages) * (median/10 + time.Duration(rng.IntN(100)))},
			Client:   result.Resources{Known: true, CPU: time.Duration(messages) * (median/8 + time.Duration(rng.IntN(100)))},
			Wire:     result.Wire{SentBytes: uint64(messages) * 134, ReceivedBytes: uint64(messages) * 136},
		}
		r.Low = r.Response
		r.Timeline = []result.Interval{{Length: time.Second, Response: r.Response}}
		r.Validity = result.Judge(c.Config, r, 4)
		c.Repetitions = append(c.Repetitions, r)
	}
	return c
}

// madeUpResult returns a result with a good group that has the floor, a poor one that has not, and a
// cell that never ran.
func madeUpResult(t testing.TB) *result.Result {
	t.Helper()
	r := &result.Result{
		Version: result.Version, Tool: result.Tool{Name: "rtbench", Version: "(devel)", Go: "go1.26"},
		Started: madeUpStart, Elapsed: 61 * time.Second, Interrupted: true,
		Environment: result.Environment{
			OS: "linux", Arch: "amd64", Kernel: "6.1.0", CPU: "Made-up CPU", Cores: 4, MemoryBytes: 16e9,
			Pacing: "made-up waiting",
		},
	}
	for i, protocol := range []string{"tcp", "websocket", "sse", "grpc"} {
		r.Cells = append(r.Cells, madeUpCell(t, "echo", protocol, 4000, 6, time.Duration(80+60*i)*time.Microsecond))
	}
	r.Cells[2].Notes = []string{"carries text only"}
	poor := madeUpCell(t, "push", "websocket", 300, 3, 2*time.Millisecond)
	for i, rep := range poor.Repetitions {
		rep.Counters.Lost, rep.Counters.Dropped = uint64(i+1), 7
		rep.Counters.Errors = map[string]uint64{"reset": 2, "deadline": 1}
		rep.Server = result.Resources{}
		rep.Validity = result.Judge(poor.Config, rep, 4)
		rep.Thresholds = []result.Outcome{
			{Text: "lost == 0", Observed: []result.Observed{{Metric: "lost", Value: result.Number(i + 1), Unit: "messages"}}, CountsOnly: true},
			{Text: "p(50) < 1s", Holds: true, Observed: []result.Observed{{Metric: "p(50)", Value: result.Number(rep.Response.Quantile(50)), Unit: "ns"}}, Worse: 1},
		}
	}
	broken := madeUpCell(t, "push", "grpc", 300, 3, 3*time.Millisecond)
	broken.Repetitions[1].Error = "the server did not start"
	broken.Repetitions[1].Validity = result.Judge(broken.Config, broken.Repetitions[1], 4)
	never := &result.Cell{ID: "made-up/push/sse", Config: poor.Config}
	never.Config.Protocol = "sse"
	r.Cells = append(r.Cells, poor, broken, never)
	return r
}
