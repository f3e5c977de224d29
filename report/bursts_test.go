package report

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"rtbench/internal/golden"
	"rtbench/report/result"
)

// madeUpBursts returns a result of bursts whose backlog is gone at once over TCP, 8 ms after them over WebSocket, and
// not before the next ones over SSE.
func madeUpBursts(t testing.TB, repetitions int) *result.Result {
	t.Helper()
	r := &result.Result{Version: result.Version, Started: madeUpStart}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, protocol := range []string{"tcp", "websocket", "sse"} {
		c := madeUpCell(t, "echo", protocol, 4000, repetitions, time.Millisecond)
		c.Config.Wave = "bursts(100ms/500ms/50%)"
		drained := map[string]time.Duration{"tcp": 0, "websocket": 8 * time.Millisecond, "sse": -1}[protocol]
		for _, rep := range c.Repetitions {
			rep.Bursts = &result.Bursts{Period: 500 * time.Millisecond, On: 100 * time.Millisecond, Backlog: []int64{90, 110}, Drained: []time.Duration{drained, drained}}
			for i := range 5 {
				at := time.Millisecond
				if i == 0 {
					at *= 5
				}
				rep.Bursts.Parts = append(rep.Bursts.Parts, result.BurstPart{
					Start: time.Duration(i) * 100 * time.Millisecond, Length: 100 * time.Millisecond,
					Response: madeUpTimes(t, rng, 800, at), Waiting: result.Number(100 - 20*i),
				})
			}
		}
		r.Cells = append(r.Cells, c)
	}
	return r
}

// The first screen of bursts has a line for each protocol, and says after how long they are over.
func TestBursts(t *testing.T) {
	r := madeUpBursts(t, 3)
	for _, width := range []int{40, 80} {
		var out bytes.Buffer
		p := &printer{w: &out, width: width}
		if p.summary(r); p.err != nil {
			t.Fatal(p.err)
		}
		golden.Check(t, fmt.Sprintf("testdata/bursts.%d", width), out.Bytes())
		checkWidth(t, out.String(), width)
	}
	want := "Bursts of 100ms every 500ms: after each, its backlog is gone at once over tcp (floor), and not within 200 ms over sse."
	if got := Groups(r)[0].BurstSentence(); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if row := strings.Join(BurstRow(Groups(r)[0].Cells[1]), " | "); !strings.HasSuffix(row, "| 100 | 110 | 8.00 ms | [8.00 ms, 8.00 ms]") {
		t.Error(row)
	}
	var full bytes.Buffer
	if err := Details(&full, r); err != nil || !strings.Contains(full.String(), "p50 burst") {
		t.Errorf("%v: %s", err, full.String())
	}
}

// Fewer bursts than an interval needs are not reported, and neither is a backlog in a disturbed measurement, except as
// an upper bound.
func TestBurstsNotReported(t *testing.T) {
	r := madeUpBursts(t, 2)
	if got := Groups(r)[0].BurstSentence(); got != "Bursts of 100ms every 500ms: how long they are felt is not reported after 4 bursts, 6 are needed." {
		t.Error(got)
	}
	r = madeUpBursts(t, 6)
	for atMost, want := range map[bool]string{true: "| ≤ 100 | ≤ 110 | ≤ 8.00 ms |", false: "| – | – | – | –"} {
		for _, rep := range r.Cells[1].Repetitions {
			f := result.Finding{Word: result.Limited, Kind: result.SentLate, Unusable: []string{"p50", "p99"}, AtMost: atMost}
			rep.Validity = result.Validity{Unusable: f.Unusable, Findings: []result.Finding{f}}
			if atMost {
				rep.Validity.AtMost = f.Unusable
			}
		}
		if row := strings.Join(BurstRow(Groups(r)[0].Cells[1]), " | "); !strings.Contains(row, want) {
			t.Errorf("%s, want %s", row, want)
		}
	}
}

// Shares of a load add up to the messages that wait; the backlog of all at once is then unknown.
func TestBurstsOfShares(t *testing.T) {
	r := madeUpBursts(t, 2).Cells[1].Repetitions
	sum := result.Combine(r).Bursts
	if got := sum.Parts[1]; got.Response.Count() != 1600 || got.Waiting != 160 || sum.Backlog != nil || sum.Drained != nil {
		t.Errorf("%d messages, %v wait, %v", got.Response.Count(), got.Waiting, sum.Backlog)
	}
}
