package result

import (
	"math"
	"time"
)

// Throughput is the messages measured per second of the steady phase.
func (r *Repetition) Throughput() float64 {
	return perSecond(r.Counters.Recorded, r.Phases.Steady.Seconds())
}

func perSecond(n uint64, seconds float64) float64 {
	if seconds <= 0 {
		return math.NaN()
	}
	return float64(n) / seconds
}

// CPUPerMessage is the CPU time in nanoseconds per measured message, the pacers'
// spinning left out; NaN where it is not known.
func (r *Repetition) CPUPerMessage(side Resources) float64 {
	if !side.Known || r.Counters.Recorded == 0 || side.CPU <= 0 {
		return math.NaN()
	}
	return float64(max(0, side.CPU-side.Spin)) / float64(r.Counters.Recorded)
}

// MemoryPerStream is by how much one side's resident memory grew for each of so many
// streams, in bytes; NaN where that is not known.
func MemoryPerStream(of Resources, streams int) float64 {
	if of.BeforeBytes == 0 || of.RSSBytes == 0 || streams == 0 {
		return math.NaN()
	}
	return float64(of.RSSBytes-of.BeforeBytes) / float64(streams)
}

// WireBytesPerMessage is the bytes on the client's connections, both ways, per
// measured message.
func (r *Repetition) WireBytesPerMessage() float64 {
	if r.Counters.Recorded == 0 {
		return math.NaN()
	}
	return float64(r.Wire.SentBytes+r.Wire.ReceivedBytes) / float64(r.Counters.Recorded)
}

// Merged returns the cell's response, service and lag histograms over its
// repetitions, counts added, the invalid ones left out unless there are no
// others.
func (c *Cell) Merged() (response, service, lag Histogram) {
	for _, r := range c.usable() {
		response.Merge(r.Response)
		service.Merge(r.Service)
		lag.Merge(r.Lag)
	}
	return response, service, lag
}

// Percentile is percentile p of the merged response times, as Merged gives them,
// and whether enough independent messages stand behind it: those of the
// repetitions added up.
func (c *Cell) Percentile(merged Histogram, p float64) (time.Duration, bool) {
	var n int64
	for _, r := range c.usable() {
		n += r.Independent(p)
	}
	return merged.Quantile(p), n >= SamplesFor(p)
}

func (c *Cell) usable() []*Repetition {
	var out []*Repetition
	for _, r := range c.Repetitions {
		if r.Validity.Verdict != Invalid {
			out = append(out, r)
		}
	}
	if len(out) == 0 {
		return c.Repetitions
	}
	return out
}

// Values returns a figure for each repetition that Merged would merge and that
// has it.
func (c *Cell) Values(figure func(*Repetition) float64) []float64 {
	var out []float64
	for _, r := range c.usable() {
		if v := figure(r); !math.IsNaN(v) {
			out = append(out, v)
		}
	}
	return out
}

// stands says whether a figure of r may be compared: of an invalid repetition whose times
// alone are, those of its load.
func (r *Repetition) stands(load bool) bool {
	return r.Validity.Verdict != Invalid || (load && r.Validity.LoadStands)
}

// Pairs returns a figure of two cells for the repetitions that ran side by side, where it
// stands and is known in both. load says that the figure is of the load, such as CPU or
// throughput, and not of times.
func Pairs(a, b *Cell, figure func(*Repetition) float64, load bool) (x, y []float64) {
	for _, ra := range a.Repetitions {
		for _, rb := range b.Repetitions {
			if ra.Index != rb.Index || !ra.stands(load) || !rb.stands(load) {
				continue
			}
			if v, w := figure(ra), figure(rb); finite(v) && finite(w) {
				x, y = append(x, v), append(y, w)
			}
		}
	}
	return x, y
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// FromServer says whether the cell's messages come from the server, so that its
// times are delivery times.
func (c Config) FromServer() bool { return c.Pattern == "push" || c.Pattern == "fanout" }
