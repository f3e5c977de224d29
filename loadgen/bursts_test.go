package loadgen

import (
	"math"
	"testing"
	"time"

	"rtbench/report/result"
)

// A server that computes for 2 ms per message serves at most 500/s. Bursts of 840/s for 50 ms therefore leave at least
// (840 − 500) × 0.05 = 17 messages waiting, which it works off at no more than 500 − 40 per second. Nothing makes it
// faster, so both are lower bounds on a busy machine, too.
func TestBurstsAboveTheServiceRate(t *testing.T) {
	t.Parallel()
	rep := runOne(t, Options{Server: withFault(t, "work=2ms")}, `
name: bursts
protocols: tcp
pattern: echo
load: {rate: 200/s, connections: 1, wave: bursts(50ms/250ms/20%)}
phases: {warmup: 100ms, steady: 2s, drain: 5s}
`)
	b := rep.Bursts
	if b == nil || b.Period != 250*time.Millisecond || b.On != 50*time.Millisecond || len(b.Backlog) != 8 {
		t.Fatalf("%+v", b)
	}
	var inParts int64
	for _, p := range b.Parts {
		inParts += p.Response.Count()
	}
	if all := rep.Response.Count(); all != 400 || inParts != all || b.InBurst().Count() != 8*42 {
		t.Errorf("%d messages, %d in parts, %d in bursts; want 400, 400 and 336", all, inParts, b.InBurst().Count())
	}
	if got := b.MostWaiting(0.95).Low; got < 15 {
		t.Errorf("%v messages waited, want 17", got)
	}
	const drains, tolerance = 17.0 / 460, 0.001 + 3.0/460
	if got := b.DrainTime(0.95).Median; got < 1e9*(drains-tolerance) || math.IsNaN(got) {
		t.Errorf("drained after %v, want at least %.3f s", result.Duration(got), drains)
	}
}

// A steady load has no bursts, and neither have the tokens of answers.
func TestNoBursts(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"name: flat\nprotocols: tcp\npattern: echo\nload: {rate: 200/s}\nphases: {warmup: 0s, steady: 200ms, drain: 1s}\n",
		"name: tokens\nprotocols: tcp\npattern: generate\ntokens: {count: 2, first: 1ms, every: 1ms}\nload: {rate: 100/s, wave: bursts(50ms/100ms)}\nphases: {warmup: 0s, steady: 200ms, drain: 1s}\n",
	} {
		if rep := runOne(t, Options{Server: withFault(t, "")}, text); rep.Bursts != nil {
			t.Errorf("%+v", rep.Bursts)
		}
	}
}
