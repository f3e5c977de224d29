package result

import (
	"fmt"
	"time"
)

// judgeClient checks that the generator had CPU to spare. It ignores the pacers' spinning, which
// fills idle time; a spinner that delays sends shows up as lag.
func judgeClient(v *Validity, r *Repetition, cores int) {
	if !r.Client.Known || r.Client.CPU <= 0 || r.Phases.Steady <= 0 || cores <= 0 {
		return
	}
	work := max(0, r.Client.CPU-r.Client.Spin)
	used := 100 * work.Seconds() / (r.AtWork().Seconds() * float64(cores))
	switch {
	case used > 98:
		v.addReason(Invalid, "the generator used %.0f %% of %s (over 98 %%): it measured itself", used, Plural(cores, "core"))
	case used > 90:
		v.addReason(Suspect, "the generator used %.0f %% of %s (over 90 %%)", used, Plural(cores, "core"))
	}
}

// judgeQueue compares the total time that the generator's threads were runnable without a core with
// the time of all cores. A closed loop has no lag to show such waits, so it also compares that time
// with the time the threads ran: there are half as many event loops as cores, and they only run and
// wait.
func judgeQueue(v *Validity, c Config, r *Repetition, cores int) {
	if r.Phases.Steady <= 0 || r.Client.RunQueue <= 0 || cores <= 0 {
		return
	}
	ofCores := 100 / (r.Phases.Steady.Seconds() * float64(cores))
	share, ran := ofCores*r.Client.RunQueue.Seconds(), ofCores*r.Client.CPU.Seconds()
	busy := c.Model == "closed" && share+ran > 45
	over := func(limit, ofRunTime float64) bool { return share > limit || (busy && share > ofRunTime*ran) }
	verdict, limits := Suspect, "over 50 %, or longer than they ran"
	switch {
	case over(200, 4):
		verdict, limits = Invalid, "over 200 %, or four times as long as they ran: it measured itself"
	case !over(50, 1):
		return
	}
	var f Finding
	if verdict == Invalid && c.Model != "closed" { // the load does not depend on the times
		verdict, f = Suspect, Finding{Unusable: allTimes(), AtMost: true}
	}
	v.add(verdict, f, "the generator's threads waited for a core for %.0f %% of the time of %s in total, and ran for %.0f %% (%s)",
		share, Plural(cores, "core"), ran, limits)
}

// judgePauses checks whether the generator's own runtime explains the median or the tail, that is,
// the excess of the highest known percentile over the median. Scheduling delays of at least half
// the excess explain the tail if they delayed as many messages as lie beyond the percentile; garbage
// collection explains it if pauses that long cover the same share of the time.
func judgePauses(v *Validity, c Config, r *Repetition) {
	if all, _, _ := r.Client.GCPauses.above(0); r.Phases.Steady > 0 && all > r.Phases.Steady/50 {
		v.addReason(Suspect, "garbage collection stopped the generator for %.1f %% of the steady phase (over 2 %%)", 100*all.Seconds()/r.Phases.Steady.Seconds())
		return
	}
	median := r.Response.Quantile(50)
	for _, p := range []float64{99.9, 99, 90} {
		tail, known := r.Response.Percentile(p)
		if !known {
			continue
		}
		excess := tail - median
		if excess <= 0 {
			break // no tail to explain
		}
		if stopped, _, longest := r.Client.GCPauses.above(excess / 2); longest > 0 && stopped.Seconds() >= (1-p/100)*r.Phases.Steady.Seconds() {
			v.addReason(Suspect, "the generator's garbage collection can explain the tail: pauses of up to %s took %s, and p%g is %s",
				formatDuration(longest), formatDuration(stopped), p, formatDuration(tail))
		}
		if times, held := r.delayed(c, excess/2); times > 0 && held >= (1-p/100)*float64(r.Response.Count()) {
			v.addReason(Suspect, "the generator's scheduler can explain the tail: runnable goroutines waited %s or more %s, and p%g is %s",
				formatDuration(excess/2), Plural(times, "time"), p, formatDuration(tail))
			return
		}
		break
	}
	if times, held := r.delayed(c, median/2); times > 0 && held >= float64(r.Response.Count())/2 {
		v.addReason(Suspect, "the generator's scheduler can explain the median: runnable goroutines waited %s or more %s, and p50 is %s",
			formatDuration(median/2), Plural(times, "time"), formatDuration(median))
	}
}

// delayed counts the goroutine waits of at least limit, and the messages that they may have delayed.
func (r *Repetition) delayed(c Config, limit time.Duration) (times int64, held float64) {
	waited, times, _ := r.Client.Scheduling.above(limit)
	held = float64(times)
	if c.Model == "open" && r.Phases.Steady > 0 {
		// Messages of a waiting goroutine's stream keep falling due.
		held += waited.Seconds() / r.Phases.Steady.Seconds() * float64(r.Response.Count()) / c.AllStreams()
	}
	return times, held
}

// above returns the sum, number and maximum of the values of at least limit.
func (h Histogram) above(limit time.Duration) (sum time.Duration, n int64, largest time.Duration) {
	if h.IsZero() {
		return 0, 0, 0
	}
	for _, b := range h.HDR().Distribution() {
		if b.Count > 0 && b.To >= int64(limit) {
			sum += time.Duration(b.Count * b.From)
			n += b.Count
			largest = max(largest, time.Duration(b.To))
		}
	}
	return sum, n, largest
}

// judgeLag compares lag with response time, percentile by percentile. If more than half of a
// percentile is lag, that percentile and those above it mostly measure the generator's lateness.
// The lag of messages that waited for the server is part of their response time.
func judgeLag(v *Validity, c Config, r *Repetition) {
	if !c.HasPlan() {
		return
	}
	lag, p50 := r.Lag.Quantile(99), r.Response.Quantile(50)
	if p, late := r.lateFrom(); late {
		lag, all := r.Lag.Quantile(p), r.Response.Quantile(p)
		v.add(Suspect, Finding{Unusable: timesFrom(p), AtMost: true}, "the sender was late: up to %s of the response %s of %s is lag", formatDuration(lag), MetricName(p), formatDuration(all))
		return
	}
	if lag <= p50/10 {
		return
	}
	if why := r.Counters.backpressure(); why != "" && r.ClientPauses.Longest < lag/2 {
		v.addReason(Suspect, "the server held up the sender: lag p99 is %s and is part of the response times%s", formatDuration(lag), why)
		return
	}
	v.addReason(Suspect, "the sender was late: lag p99 is %s, above 10 %% of the response p50 of %s", formatDuration(lag), formatDuration(p50))
}

// lateFrom returns the lowest percentile of the response times that may be mostly lag.
func (r *Repetition) lateFrom() (p float64, late bool) {
	waited := 100 * float64(r.Counters.Waited) / float64(max(1, r.Counters.Planned))
	for _, p := range timeMetrics {
		all, known := r.Response.Percentile(p)
		excused := r.Counters.Waited > 0 && waited >= 100-p
		if known && !excused && r.Lag.Quantile(p) > all/2 {
			return p, true
		}
	}
	return 0, false
}

// backpressure returns the end of a reason with the number of messages that waited for the server;
// empty if they are too few to explain it.
func (n Counters) backpressure() string {
	if 100*n.Waited < n.Planned || n.Waited == 0 {
		return ""
	}
	return fmt.Sprintf("; %s of %s planned messages waited for the server to accept or answer earlier ones", Grouped(n.Waited), Grouped(n.Planned))
}
