package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"rtbench/internal/golden"
	"rtbench/report/result"
	"rtbench/scenarios/cell"
)

// madeUpSlowReaders returns a result of listeners that ran with and without slow readers. Over WebSocket these
// double the others' times, and cost 1 to 6 MB each; over SSE they change nothing, and are disconnected; over gRPC
// the effect varies, and they get everything.
func madeUpSlowReaders(t testing.TB, repetitions int) *result.Result {
	t.Helper()
	r := &result.Result{Version: result.Version, Started: madeUpStart}
	for _, protocol := range []string{"websocket", "sse", "grpc"} {
		add := func(group, without string, at time.Duration) *result.Cell {
			c := madeUpCell(t, "fanout", protocol, 4000, repetitions, at)
			c.Config.Group, c.Config.From, c.Config.Connections, c.Config.Without = group, "speakers", 4, without
			c.Config.Axes = fmt.Sprintf("without=%s/group=%s", without, group)
			if without == "" {
				c.Config.Axes = "without=none/group=" + group
			}
			c.ID = "made-up/" + protocol + "/" + c.Config.Axes
			r.Cells = append(r.Cells, c)
			return c
		}
		times := map[string]time.Duration{"websocket": 2, "sse": 1, "grpc": 1}[protocol]
		with, slow := add("fast", "", times*time.Millisecond), add("slow", "", time.Second)
		without := add("fast", "slow", time.Millisecond)
		slow.Config.Read = cell.Reading{Rate: 16 << 10}
		for i, rep := range slow.Repetitions {
			a, b := with.Repetitions[i], without.Repetitions[i]
			b.Server.RSSBytes, a.Server.RSSBytes = 20e6, 20e6+4e6*int64(i+1)
			switch protocol {
			case "websocket":
				rep.Counters.Due, rep.Counters.Failed, rep.Counters.Lost, rep.Counters.Dropped = 4000, 3000, 3000, 3000
			case "sse":
				a.Server.RSSBytes = 20e6 + 1e6*int64(i-2)
				rep.Counters.Due, rep.Counters.Failed, rep.Counters.Lost = 4000, 1000, 1000
				rep.Counters.Errors = map[string]uint64{"reset": 4}
			case "grpc":
				a.Server = result.Resources{}
				rep.Counters.Due = 4000
				scale := []time.Duration{700, 2000}[i%2] * time.Microsecond
				a.Response = madeUpCell(t, "fanout", protocol, 4000, 1, scale).Repetitions[0].Response
				a.Low = a.Response
			}
			rep.Validity = result.Judge(slow.Config, rep, 4)
		}
	}
	return r
}

// The first screen of a scenario that leaves out a group says what that group does to the others, with the ratios
// of the pairs; what it costs the server; and what became of it.
func TestEffectOfSlowReaders(t *testing.T) {
	r := madeUpSlowReaders(t, 6)
	for _, width := range []int{40, 80} {
		var out bytes.Buffer
		p := &printer{w: &out, width: width}
		if p.summary(r); p.err != nil {
			t.Fatal(p.err)
		}
		golden.Check(t, fmt.Sprintf("testdata/effect.%d", width), out.Bytes())
		checkWidth(t, out.String(), width)
	}
	e := Effects(r)[0]
	sentences := strings.Join(e.Sentences, "\n")
	for _, want := range []string{"higher over websocket (×2.", "unchanged over sse (within", "undecided over grpc", "slow: messages dropped over websocket; disconnected over sse; got everything over grpc"} {
		if !strings.Contains(sentences, want) {
			t.Errorf("%q is not in %s", want, sentences)
		}
	}
	var costs []string
	for _, row := range e.Tables[1].Rows {
		costs = append(costs, row[1])
	}
	// The exact interval of the median of 6 differences is their range: 1 to 6 MB, and -0.5 to 0.75 MB.
	if got, want := strings.Join(costs, "; "), "3.50 MB [1.00 MB, 6.00 MB]; up to 750 KB; –"; got != want {
		t.Errorf("memory %s, want %s", got, want)
	}
	var full bytes.Buffer
	for _, write := range []func() error{func() error { return Details(&full, r) }, func() error { return Markdown(&full, r) }} {
		full.Reset()
		if err := write(); err != nil || !strings.Contains(full.String(), "With and without slow (4 connections, read 16KiB/s)") {
			t.Errorf("%v: %s", err, full.String())
		}
	}
}

// With fewer pairs than an interval needs, nothing is decided, and nothing is called a failure of the server.
func TestEffectOfFewPairs(t *testing.T) {
	var out bytes.Buffer
	if err := Summary(&out, madeUpSlowReaders(t, 3)); err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(out.String()), " ")
	if !strings.Contains(text, "p99 with slow is not decided by 3 pairs over all protocols, 6 are needed") || strings.Contains(text, "FAILED") || strings.Contains(text, "[") && strings.Contains(text, "MB [") {
		t.Error(out.String())
	}
}

// If late messages leave fewer pairs of p99 than an interval needs, a lower percentile that has enough tells the
// effect; if none has, the sentence says how many can be compared.
func TestEffectWithBounds(t *testing.T) {
	r := madeUpSlowReaders(t, 6)
	for limit, want := range map[float64]string{99: "fast: p90 with slow is higher over websocket (×2.", 50: "not decided over all protocols, where 2 of 6 pairs can be compared and 6 are needed"} {
		for _, c := range r.Cells {
			for i, rep := range c.Repetitions {
				rep.Validity = result.Validity{}
				if i >= 2 {
					names := []string{"p99", "p99.9", "max", "mean"}
					if limit == 50 {
						names = append(names, "p50", "p90")
					}
					f := result.Finding{Word: result.Limited, Kind: result.SentLate, Unusable: names, AtMost: true}
					rep.Validity = result.Validity{Unusable: f.Unusable, Findings: []result.Finding{f}}
				}
			}
		}
		if got := strings.Join(Effects(r)[0].Sentences, "\n"); !strings.Contains(got, want) {
			t.Errorf("%q is not in %s", want, got)
		}
	}
}

// A memory that one process kept from one run to the next is a lower bound.
func TestEffectOnServerThatRanOn(t *testing.T) {
	r := madeUpSlowReaders(t, 6)
	for _, c := range r.Cells {
		c.Config.Target = "wss://example.org"
	}
	if got := Effects(r)[0].Tables[1]; got.Rows[0][1] != "≥ 3.50 MB [1.00 MB, 6.00 MB]" || got.Rows[1][1] != result.Unknown || !strings.Contains(got.Caption, "ran on") {
		t.Errorf("%+v", got)
	}
}
