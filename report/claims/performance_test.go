package claims

import (
	"strings"
	"testing"
	"time"

	"rtbench/proto/record"
	"rtbench/report/result"
)

// made returns a cell whose repetitions have the given p99s, in microseconds, and as many
// nanoseconds of server CPU time per message.
func made(t *testing.T, protocol string, p99 ...int) *result.Cell {
	t.Helper()
	c := &result.Cell{ID: "made-up/echo/" + protocol, Config: result.Config{
		Scenario: "made-up", Pattern: "echo", Protocol: protocol, Model: "open",
	}}
	for i, us := range p99 {
		h := record.NewHistogram()
		const n = 1000
		if err := h.RecordValues(int64(us)*1000, n); err != nil {
			t.Fatal(err)
		}
		c.Repetitions = append(c.Repetitions, &result.Repetition{
			Index: i, Response: result.Wrap(h),
			Counters: result.Counters{Recorded: n}, Phases: result.Phases{Steady: time.Second},
			Server: result.Resources{Known: true, CPU: time.Duration(us * n)},
		})
	}
	return c
}

// six returns six p99s around us.
func six(us int) []int { return []int{us - 3, us - 2, us - 1, us + 1, us + 2, us + 3} }

func TestPerformance(t *testing.T) {
	for _, c := range []struct {
		name     string
		cells    []*result.Cell
		want     Verdict
		measured string // for p99
		evidence string // substring
	}{
		{
			"guide's ranking",
			[]*result.Cell{made(t, "sse", six(300)...), made(t, "websocket", six(200)...), made(t, "grpc", six(100)...)},
			Confirmed, "grpc 103 µs, websocket 203 µs, sse 303 µs", "grpc is ahead",
		},
		{
			"one pair reversed",
			[]*result.Cell{made(t, "sse", six(300)...), made(t, "websocket", six(100)...), made(t, "grpc", six(200)...)},
			Refuted, "websocket 103 µs, grpc 203 µs, sse 303 µs", "websocket is ahead",
		},
		{
			"no difference",
			[]*result.Cell{made(t, "sse", six(300)...), made(t, "websocket", six(200)...), made(t, "grpc", 203, 202, 201, 199, 198, 197)},
			Inconclusive, "grpc 203 µs, websocket 203 µs, sse 303 µs", "no difference shown",
		},
		{
			"refuted beats inconclusive",
			[]*result.Cell{made(t, "sse", six(100)...), made(t, "websocket", six(200)...), made(t, "grpc", 203, 202, 201, 199, 198, 197)},
			Refuted, "sse 103 µs, grpc 203 µs, websocket 203 µs", "sse is ahead",
		},
		{
			"too few pairs",
			[]*result.Cell{made(t, "sse", six(300)...), made(t, "websocket", six(200)...), made(t, "grpc", 1, 2, 3, 4, 5)},
			Inconclusive, "grpc 5.00 µs, websocket 203 µs, sse 303 µs", "5 usable pairs of repetitions; a 95 % interval needs 6",
		},
		{
			"missing protocol",
			[]*result.Cell{made(t, "sse", six(300)...), made(t, "grpc", six(100)...)},
			NotTestable, "", "no cell for websocket",
		},
		{
			"SSE over HTTP/2 only",
			[]*result.Cell{made(t, "sse-h2", six(300)...), made(t, "websocket", six(200)...), made(t, "grpc", six(100)...)},
			Confirmed, "grpc 103 µs, websocket 203 µs, sse-h2 303 µs", "SSE is measured over HTTP/2 here",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Performance(&result.Result{Cells: c.cells})
			if len(got) != len(performanceMetrics) {
				t.Fatalf("%d claims, want one for each metric", len(got))
			}
			// CPU time per message is proportional to p99 in these cells, so both metrics agree.
			for _, claim := range got {
				if claim.Verdict != c.want {
					t.Errorf("%s: %s %q, want %s", claim.ID, claim.Verdict, claim.Evidence, c.want)
				}
				if all := strings.Join(claim.Evidence, "\n"); !strings.Contains(all, c.evidence) {
					t.Errorf("%s: evidence\n%s\nwant %q", claim.ID, all, c.evidence)
				}
			}
			if p99 := got[1]; p99.Measured != c.measured {
				t.Errorf("measured %q, want %q", p99.Measured, c.measured)
			}
		})
	}
}

// A pair with a discarded repetition is left out.
func TestInvalidRepetitionsAreIgnored(t *testing.T) {
	cells := []*result.Cell{made(t, "sse", six(300)...), made(t, "websocket", six(200)...), made(t, "grpc", six(100)...)}
	cells[1].Repetitions[2].Validity.Discarded = true
	for _, c := range Performance(&result.Result{Cells: cells}) {
		if c.Verdict != Inconclusive || !strings.Contains(c.Evidence[0], "5 usable pairs") {
			t.Errorf("%s: %s %q", c.ID, c.Verdict, c.Evidence)
		}
	}
}

// Only an open loop puts the same load on all protocols.
func TestPerformanceIgnoresOtherCells(t *testing.T) {
	closed, upload := made(t, "grpc", six(100)...), made(t, "grpc", six(100)...)
	closed.Config.Model = "closed"
	upload.Config.Pattern = "upload"
	if got := Performance(&result.Result{Cells: []*result.Cell{closed, upload}}); len(got) != 0 {
		t.Errorf("%d claims, want none", len(got))
	}
}

func TestClaimsPerScenarioPoint(t *testing.T) {
	var cells []*result.Cell
	for _, axes := range []string{"rate=1000", "rate=2000"} {
		for _, p := range guideRanking {
			c := made(t, p, six(100)...)
			c.Config.Axes = axes
			cells = append(cells, c)
		}
	}
	seen := map[string]bool{}
	for _, c := range Performance(&result.Result{Cells: cells}) {
		seen[c.ID] = true
	}
	if len(seen) != 2*len(performanceMetrics) {
		t.Errorf("%d identifiers for %d claims: %v", len(seen), 2*len(performanceMetrics), seen)
	}
}
