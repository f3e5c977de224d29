package html

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"rtbench/report/result"
)

// madeUpSuite returns a result like that of the default suite: two patterns over both stacks, with times
// that are upper bounds for one protocol, and thresholds.
func madeUpSuite(t testing.TB) *result.Result {
	t.Helper()
	m := madeUp{[]string{"tcp", "websocket", "sse", "grpc"}, []string{"echo", "push"}, 6, 10, 100}
	r := m.result(t)
	for _, c := range m.result(t).Cells {
		c.ID += "/stack=lean"
		c.Config.Stack, c.Config.Axes = "lean", "stack=lean"
		r.Cells = append(r.Cells, c)
	}
	for i, c := range r.Cells[:8] {
		c.Config.Stack, c.Config.Axes = "stock", "stack=stock"
		for _, rep := range c.Repetitions {
			if i%4 == 1 {
				rep.Low = rep.Lag
			}
			rep.Validity = result.Judge(c.Config, rep, 4)
			rep.Thresholds = []result.Outcome{{
				Text: "p(50) < 1s", Holds: true, Observed: []result.Observed{{Metric: "p(50)", Value: result.Number(rep.Response.Quantile(50)), Unit: "ns"}}, Worse: 1,
			}}
		}
	}
	return r
}

// madeUpRates returns a result with a list of rates: a cell for each of them and each of four protocols.
func madeUpRates(t testing.TB, rates int) *result.Result {
	t.Helper()
	protocols := []string{"tcp", "websocket", "sse", "grpc"}
	r := madeUp{protocols, nil, 1, 3, 80}.result(t)
	for i := range rates {
		rate := float64(1000 * (i + 1))
		for _, c := range (madeUp{protocols, []string{"echo"}, 1, 3, 80}).result(t).Cells {
			c.ID += fmt.Sprintf("/rate=%g", rate)
			c.Config.Rate, c.Config.Axes = rate, fmt.Sprintf("rate=%g", rate)
			r.Cells = append(r.Cells, c)
		}
	}
	return r
}

// pagesOfEachKind returns a report of each kind of result, one of them with a list of rates.
func pagesOfEachKind(t testing.TB, rates int) map[string][]byte {
	t.Helper()
	interrupted := small(t)
	interrupted.Interrupted, interrupted.Unfinished = true, true
	later := small(t)
	later.Started = later.Started.Add(24 * time.Hour)
	evidence, list := madeUpEvidence(t)
	var guide bytes.Buffer
	if err := WriteGuide(&guide, evidence, list); err != nil {
		t.Fatal(err)
	}
	var probes bytes.Buffer
	if err := WriteGuide(&probes, &result.Evidence{}, list); err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{
		"suite":          rendered(t, nil, madeUpSuite(t)),
		"custom target":  rendered(t, nil, customResult(t)),
		"one repetition": rendered(t, nil, madeUp{[]string{"tcp", "websocket"}, []string{"echo"}, 1, 10, 100}.result(t)),
		"rates":          rendered(t, nil, madeUpRates(t, rates)),
		"3 results":      rendered(t, nil, small(t), later, small(t)),
		"failed server":  rendered(t, nil, interrupted),
		"slow readers":   rendered(t, nil, withoutSlowReaders(t)),
		"guide":          guide.Bytes(),
		"probes":         probes.Bytes(),
		"nothing at all": rendered(t, nil),
		"nothing measured": rendered(t, nil, &result.Result{Cells: []*result.Cell{{
			ID: "a", Repetitions: []*result.Repetition{{Error: "x", Validity: result.Validity{Discarded: true}}},
		}}}),
	}
}

// withoutSlowReaders returns a result of listeners with and without slow readers.
func withoutSlowReaders(t testing.TB) *result.Result {
	t.Helper()
	r := madeUp{[]string{"websocket", "grpc"}, []string{"fast", "slow", "fast"}, 6, 10, 100}.result(t)
	for i, c := range r.Cells {
		c.Config.Group, c.Config.Pattern, c.Config.Axes = c.Config.Pattern, "fanout", "without=none"
		if i >= 4 {
			c.Config.Without, c.Config.Axes = "slow", "without=slow"
		}
		c.ID += c.Config.Axes
	}
	return r
}

// A page about a group that is left out in turn begins with its effect, which has no cards of protocols.
func TestEffectPage(t *testing.T) {
	page := words(t, rendered(t, nil, withoutSlowReaders(t)))
	for _, want := range []string{"With and without slow (16 connections", "fast: p99 with slow is ", "| fast p99 | websocket | ", "slow: stayed connected over all protocols"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not in\n%s", want, page)
		}
	}
	if strings.Contains(page, "Nothing was measured") {
		t.Error("the page says that nothing was measured")
	}
}

// A page about bursts says after how long they are over, and draws times and waiting messages over the period.
func TestBurstPage(t *testing.T) {
	r := madeUp{[]string{"tcp", "grpc"}, []string{"echo"}, 3, 10, 200}.result(t)
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range r.Cells {
		for _, rep := range c.Repetitions {
			rep.Bursts = &result.Bursts{Period: 500 * time.Millisecond, On: 100 * time.Millisecond, Backlog: []int64{9, 9}, Drained: []time.Duration{8e6, 8e6}}
			for i := range 5 {
				rep.Bursts.Parts = append(rep.Bursts.Parts, result.BurstPart{
					Start: time.Duration(i) * 100 * time.Millisecond, Length: 100 * time.Millisecond, Response: madeUpTimes(t, rng, 400, time.Millisecond), Waiting: 4,
				})
			}
		}
	}
	html := rendered(t, nil, r)
	if page := words(t, html); !strings.Contains(page, "Bursts of 100ms every 500ms: after each, its backlog is gone in 8.00 ms.") || !strings.Contains(page, "| 9 | 9 | 8.00 ms | [8.00 ms, 8.00 ms]") {
		t.Error(page)
	}
	if !bytes.Contains(html, []byte(`<rect class="burst" x="0" y="0" width="60.0"`)) || !bytes.Contains(html, []byte(`class="dashed" points="`)) {
		t.Error("no course of the bursts")
	}
}
