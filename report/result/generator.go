package result

import (
	"fmt"
	"time"
)

// judgeClient checks that the generator had CPU to spare. It ignores the pacers' spinning, which
// fills idle time; a spinner that delays sends shows up as lag.
func judgeClient(v *Validity, c Config, r *Repetition, cores int) {
	if !r.Client.Known || r.Client.CPU <= 0 || r.Phases.Steady <= 0 || cores <= 0 {
		return
	}
	work := max(0, r.Client.CPU-r.Client.Spin)
	used := 100 * work.Seconds() / (r.AtWork().Seconds() * float64(cores))
	switch {
	case used > 98:
		f := Finding{Word: Limited, Kind: Busy, Unusable: allTimes(), AtMost: true}
		if c.Model == "closed" { // the load depends on the generator
			f.Unusable, f.AtMost = append(f.Unusable, ThroughputMetric), false
		}
		v.add(f, "the generator used %.0f %% of %s (over 98 %%): it measured itself", used, Plural(cores, "core"))
	case used > 90:
		v.add(Finding{Word: Limited, Kind: Busy}, "the generator used %.0f %% of %s (over 90 %%)", used, Plural(cores, "core"))
	}
	if all, _ := r.Client.GCPauses.above(0); 50*all > r.wall() {
		v.add(Finding{Word: Limited, Kind: Busy}, "garbage collection stopped the generator for %s of the steady phase (over 2 %%)", percent(all, r.wall()))
	}
}

// judgeMachine names what took cores away from the generator and the server, if it was enough to
// matter.
func judgeMachine(v *Validity, r *Repetition, cores int) {
	m := r.Machine
	if r.Phases.Steady <= 0 || cores <= 0 {
		return
	}
	for _, side := range []struct {
		name string
		of   Resources
	}{{"generator", r.Client}, {"server", r.Server}} {
		if r.readLate(side.of) {
			v.add(Finding{Word: Limited, Kind: Busy}, "the %s's CPU time was read %s late (over 5 %% of the steady phase): it is not reported", side.name, formatDuration(side.of.Late))
		}
	}
	if all := r.wall() * time.Duration(cores); 50*m.Steal > all {
		v.add(Finding{Word: Limited, Kind: CoresTaken}, "the hypervisor ran others for %s of the time of %s (over 2 %%)", percent(m.Steal, all), Plural(cores, "core"))
	}
	if 50*m.Throttled > r.wall() {
		v.add(Finding{Word: Limited, Kind: CoresTaken}, "the CPU quota of the container held back its threads for %s (%s of the time)", formatDuration(m.Throttled), percent(m.Throttled, r.wall()))
	}
}

// slowReceipt is a delay in receiving that a wake-up does not explain, not even on a virtual machine
// whose cores were idle. Shorter ones are stated, but are part of what any client sees.
const slowReceipt = 250 * time.Microsecond

// judgeReceiving finds the percentiles of which the generator's delay in receiving may be more than half:
// the time that replies waited in the kernel before it read them and, if goroutines receive, until one
// took them.
func judgeReceiving(v *Validity, c Config, r *Repetition) {
	for _, p := range timeMetrics {
		all, known := r.Response.Percentile(p)
		delay := r.Client.receiveDelay(p)
		if !known || p >= Maximum || 2*delay <= all || delay < slowReceipt {
			continue
		}
		f := Finding{Word: Limited, Kind: ReadSlowly, Unusable: timesFrom(p), AtMost: true}
		if c.Model == "closed" && p <= 50 { // the load depends on the times
			f.Unusable, f.AtMost = append(f.Unusable, ThroughputMetric), false
		}
		v.add(f, "the generator read slowly: up to %s of the %s of %s is its own delay in receiving",
			formatDuration(delay), MetricName(p), formatDuration(all))
		return
	}
}

// receiveDelay returns percentile p of the generator's delay in receiving; 0 if unknown.
func (c Resources) receiveDelay(p float64) time.Duration {
	if c.Receiving.Count() < SamplesFor(p) {
		return 0
	}
	d := c.Receiving.Quantile(p)
	if c.Receivers == Goroutines {
		d += c.Scheduling.Quantile(p)
	}
	return d
}

// above returns the sum and number of the values of at least limit.
func (h Histogram) above(limit time.Duration) (sum time.Duration, n int64) {
	for b := range h.Bars() {
		if b.To >= int64(limit) {
			sum += time.Duration(b.Count * b.From)
			n += b.Count
		}
	}
	return sum, n
}

// boundsTolerance is the width of bounds, as a share of the upper one, up to which a time is reported
// as it is.
const boundsTolerance = 0.05

// apart reports whether two bounds of a time are too far apart to report it as it is.
func apart(low, high time.Duration) bool { return float64(high-low) > boundsTolerance*float64(high) }

// judgeSending finds the times that a late sender may have raised: those with wide bounds.
func judgeSending(v *Validity, c Config, r *Repetition) {
	if !c.HasPlan() {
		return
	}
	var wide []string
	var example string
	for _, p := range timeMetrics {
		name := MetricName(p)
		_, known := r.Response.Percentile(p)
		low, high := r.Bounds(p)
		if r.Answers != nil && (!known || !apart(low, high)) {
			name = "TTFT " + name
			low, high, known = r.Answers.firstOnTime(p)
		}
		if !known || !apart(low, high) {
			continue
		}
		if wide = append(wide, MetricName(p)); len(wide) == 1 || p <= 99 {
			example = fmt.Sprintf("on time, %s would have been between %s and %s", name, formatDuration(low), formatDuration(high))
		}
	}
	if len(wide) > 0 {
		v.add(Finding{Word: Limited, Kind: SentLate, Unusable: append(wide, MeanMetric), AtMost: true, Bounded: true}, "messages were sent late (%s)%s", example, r.pressure())
	}
	judgeRequests(v, c, r)
	if why, lag := r.Counters.backpressure(), r.Lag.Quantile(99); why != "" && r.occupied(c) < leastOccupied && lag > r.Response.Quantile(50)/10 && r.ClientPauses.Longest < lag/2 {
		v.addReason("", "the server held up the sender: lag p99 is %s and is part of the response times%s", formatDuration(lag), why)
	}
}

// ShortOfCPU reports whether threads of the machine waited for a core for a fifth of the time or more,
// by the kernel's pressure stall information (PSI); false if that is unknown.
func (r *Repetition) ShortOfCPU() bool { return r.wall() > 0 && 5*r.Machine.Pressure >= r.wall() }

// pressure returns the end of a reason with the share of the time in which threads of the machine waited
// for a core; empty if it was short or is unknown.
func (r *Repetition) pressure() string {
	if !r.ShortOfCPU() {
		return ""
	}
	return fmt.Sprintf("; threads of the machine waited for a core %s of the time", percent(min(r.Machine.Pressure, r.wall()), r.wall()))
}

// backpressure returns the end of a reason with the number of messages that waited for the server;
// empty if they are too few to explain it.
func (n Counters) backpressure() string {
	if 100*n.Waited < n.Planned || n.Waited == 0 {
		return ""
	}
	return fmt.Sprintf("; %s of %s planned messages waited for the server to accept or answer earlier ones", Grouped(n.Waited), Grouped(n.Planned))
}
