package loadgen

import (
	"fmt"
	"math"
	"slices"
	"time"

	"rtbench/proto"
	"rtbench/proto/quantity"
	"rtbench/report/result"
	"rtbench/scenarios"
	"rtbench/scenarios/spec"
)

// Limits per core, whether or not it runs both ends. One core of a small cloud machine echoed
// 130,000 messages/s and pushed 260,000; no core sends a message in less than 1 µs.
const (
	maxRatePerCore   = 1e6   // messages/s: refused above
	highRatePerCore  = 150e3 // messages/s: warned of above
	maxBytesPerCore  = 4e9   // bytes/s of payload: refused above
	highBytesPerCore = 400e6 // bytes/s of payload: warned of above
	longRun          = 24 * time.Hour
	manyCells        = 1000
)

// quicBuffer is the size of the buffers that quic-go asks for, in bytes.
const quicBuffer = 7 << 20

// CheckLoad refuses load that so many cores cannot send, and warns of plans that are unlikely to be met. 0 cores
// are an unknown number.
func CheckLoad(list []*scenarios.Scenario, cores int) (refused, warnings scenarios.Problems) {
	for _, s := range list {
		r, w := checkLoad(s, cores)
		refused, warnings = append(refused, r...), append(warnings, w...)
	}
	return refused, warnings
}

func checkLoad(s *scenarios.Scenario, number int) (refused, warnings scenarios.Problems) {
	cores := float64(number)
	if number == 0 {
		cores = math.Inf(1)
	}
	var rate, bytes float64
	for _, run := range s.Runs() {
		var rates, moved float64 // of all groups
		for _, c := range run {
			rates, moved = rates+c.PeakRate(), moved+c.PeakBytes()
		}
		rate, bytes = max(rate, rates), max(bytes, moved)
	}
	key := "load.rate"
	if len(s.Stages) > 0 {
		key = "load.stages"
	}
	if len(s.Steps.Rates) > 0 {
		key = "load.steps"
	}
	if s.Trace.Times != nil {
		key = "load.trace"
	}
	warn := func(path, format string, args ...any) {
		warnings = append(warnings, s.Problem(path, format, args...))
	}
	switch {
	case rate > cores*maxRatePerCore:
		refused = append(refused, s.Problem(key, "%s at the receivers is more than %d cores can send or receive; expected at most %s here",
			rateText(rate), number, rateText(cores*maxRatePerCore)))
	case rate > cores*highRatePerCore:
		warn(key, "%s at the receivers is a lot for %d cores; the rate may not be reached", rateText(rate), number)
	}
	switch {
	case bytes > cores*maxBytesPerCore:
		refused = append(refused, s.Problem("payload.size", "%.3g GB/s of payload at that rate is more than %d cores can move; expected at most %.3g GB/s here",
			bytes/1e9, number, cores*maxBytesPerCore/1e9))
	case bytes > cores*highBytesPerCore && bytes > 0:
		warn("payload.size", "%.3g GB/s of payload at that rate is a lot for %d cores; the rate may not be reached", bytes/1e9, number)
	}
	p := s.Plan()
	if p.Takes > longRun {
		warn("repetitions", "all repetitions together take about %.1f days", p.Takes.Hours()/24)
	}
	if p.Cells > manyCells {
		warn("repetitions", "%d cells, one for each combination of the keys with a list", p.Cells)
	}
	if d := s.EventInterval(); d > s.Steady {
		warn("phases.steady", "each stream gets an event every %v, but the steady phase is %v: most streams get none", d.Round(time.Millisecond), s.Steady)
	}
	if s.Custom != nil && s.Custom.Stats.None() && slices.ContainsFunc(s.Thresholds, func(t scenarios.Threshold) bool { return t.Uses(quantity.ServerCPU) }) {
		warn("thresholds", "server_cpu needs the target's metrics; expected their source in target.stats (pid or prometheus)")
	}
	if w := smallBuffer(s, udpBuffer()); w != "" {
		warn("protocols", "%s", w)
	}
	for _, of := range s.Parts() {
		if w := fewSamples(of, s.Cells()); w != "" {
			warnings = append(warnings, of.Problem("thresholds", "%s", w))
		}
	}
	return refused, warnings
}

// smallBuffer returns a warning if a scenario has QUIC and sockets buffer at most so many bytes; 0 for no limit.
// Otherwise it is empty.
func smallBuffer(s *scenarios.Scenario, most int) string {
	if most == 0 || most >= quicBuffer || !slices.ContainsFunc(s.Protocols, proto.QUIC) {
		return ""
	}
	return fmt.Sprintf("found UDP sockets that buffer at most %s (net.core.rmem_max), beyond which datagrams are lost and sent again; expected %s, also at the server",
		result.Bytes(float64(most)), result.Bytes(quicBuffer))
}

// rateText formats a rate as scenarios write it, rounded.
func rateText(rate float64) string {
	digits := math.Pow(10, math.Floor(math.Log10(rate))-3)
	return spec.FormatRate(math.Round(rate/digits) * digits)
}

// fewSamples describes the first threshold whose percentile needs more messages than planned.
func fewSamples(s *scenarios.Scenario, cells []scenarios.Cell) string {
	for _, t := range s.Thresholds {
		p := t.HighestPercentile()
		if p <= 0 || p >= 100 {
			continue
		}
		for _, c := range cells {
			if c.Group != s.Group {
				continue
			}
			n, planned := c.SteadyMessages()
			within := "the steady phase"
			if t.Window > 0 {
				n *= t.Window.Seconds() / c.Steady.Seconds()
				within = "a window"
			}
			if need := result.SamplesFor(p); planned && n < float64(need) {
				return fmt.Sprintf("`%v` needs %d messages for p(%v); only %.0f are due in %s (cell %s)", t, need, p, n, within, c.ID())
			}
		}
	}
	return ""
}
