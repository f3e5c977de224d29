package result

import (
	"errors"
	"fmt"
	"sort"
	"time"
)

// A Verdict says whether a measurement can be trusted.
type Verdict string

// The verdicts, from best to worst.
const (
	Valid   Verdict = "VALID"
	Suspect Verdict = "SUSPECT"
	Invalid Verdict = "INVALID"
)

// Validity is a verdict and what speaks against the measurement.
type Validity struct {
	Verdict Verdict  `json:"verdict"`
	Reasons []string `json:"reasons,omitempty"`
	// Unusable names the metrics of a measurement that is not INVALID which cannot be used:
	// p50, p90, p99, p99.9, p99.99, max and mean are of the times, throughput and failed_rate
	// are of the load.
	Unusable []string `json:"unusable,omitempty"`
	// AtMost names those of them whose value is an upper bound: it has the generator's own
	// lateness in it.
	AtMost []string `json:"at_most,omitempty"`
}

func (v *Validity) object(verdict Verdict, format string, args ...any) {
	if v.Verdict != Invalid && (verdict == Invalid || v.Verdict == Valid) {
		v.Verdict = verdict
	}
	v.Reasons = append(v.Reasons, fmt.Sprintf(format, args...))
}

// Judge says whether repetition r of a cell with configuration c, measured on a
// machine with that many cores, can be trusted, and if not, why.
func Judge(c Config, r *Repetition, cores int) Validity {
	v := Validity{Verdict: Valid}
	judgeGone(&v, r.Counters)
	if r.Error != "" {
		v.object(Invalid, repetitionFailed+"%s", r.Error)
		if r.Response.Count() == 0 {
			return v
		}
	}
	if r.Interrupted {
		v.object(Suspect, "the repetition was interrupted")
	}
	if r.Aborted != "" {
		v.object(Suspect, "a threshold ended the repetition early: %s", r.Aborted)
	}
	if r.Response.Count() == 0 && r.onlyGaps() {
		judgeStreamTime(&v, c, r)
		judgeCounts(&v, r)
		judgeOwn(&v, c, r)
		judgeClientPauses(&v, c, r)
		judgeClient(&v, r, cores)
		return v
	}
	if r.Response.Count() == 0 {
		v.object(Invalid, "no message was measured%s", whyNone(c, r))
		return v
	}
	judgeClientPauses(&v, c, r) // first, since a pause explains other reasons
	judgePlan(&v, c, r)
	judgeStreamTime(&v, c, r)
	judgeLag(&v, c, r)
	judgeCounts(&v, r)
	judgeOwn(&v, c, r)
	judgeClientGaps(&v, c, r)
	judgeClient(&v, r, cores)
	judgeQueue(&v, c, r, cores)
	judgeArrivals(&v, r)
	judgeSteady(&v, c, r)
	judgePauses(&v, c, r)
	if n, need := r.Response.Count(), SamplesFor(99); n < need {
		v.object(Suspect, fewMessages+"%s measured, %d needed", grouped(n), need)
	} else if effective := r.Independent(99); effective < need {
		v.object(Suspect, fewIndependent+"%d (%s autocorrelated messages); p99 needs %d", effective, grouped(n), need)
	}
	return v
}

// judgePlan asks whether the load was generated. A server that does not take or answer all of
// it is no fault of the measurement, unless most of the load is missing.
func judgePlan(v *Validity, c Config, r *Repetition) {
	n := r.Counters
	if !c.planned() || n.Planned == 0 || r.Interrupted || r.Aborted != "" {
		return
	}
	published := c.FromServer() && n.Sent > 0 // by the client, and sent to it by the server
	sent := n.Planned                         // by the server
	switch {
	case published:
		sent -= min(sent, n.NotSent)
	case !c.FromServer():
		sent = min(sent, n.Sent)
	}
	recorded := 100 * float64(n.Recorded) / float64(n.Planned)
	share := fmt.Sprintf("%.1f %% of the planned messages were sent (%s of %s)", 100*float64(sent)/float64(n.Planned), grouped(sent), grouped(n.Planned))
	switch {
	case 100*n.NotAttempted > n.Planned:
		v.object(Invalid, "the planned load was not generated: %s, and the generator did not attempt %s%s", share, grouped(n.NotAttempted), n.backpressure())
	case 2*sent < n.Planned:
		v.object(Invalid, "the planned load was not generated: %s%s", share, n.backpressure())
	case 100*sent < 99*n.Planned:
		v.object(Suspect, "only %s: the server did not accept the others, or their streams were not open%s", share, n.backpressure())
	case recorded >= 99:
	case c.FromServer() && !published:
		v.object(Invalid, "the planned load was not generated: %.1f %% of the planned messages were measured (%s of %s)%s",
			recorded, grouped(n.Recorded), grouped(n.Planned), n.backpressure())
	default:
		v.object(Suspect, "only %.1f %% of the planned messages were measured (%s of %s): the others were sent but not answered correctly",
			recorded, grouped(n.Recorded), grouped(n.Planned))
	}
}

// judgeLag compares lag with response time, percentile by percentile. If lag is more than half
// of a percentile, that percentile and those above it are mostly the generator's own lateness.
// Lag of messages that waited for the server is the server's, and part of their response time.
func judgeLag(v *Validity, c Config, r *Repetition) {
	if !c.planned() {
		return
	}
	lag, p50 := r.Lag.Quantile(99), r.Response.Quantile(50)
	if p, late := r.lateFrom(); late {
		own, all := r.Lag.at(p), r.Response.at(p)
		v.inflate(timesFrom(p), "the sender was late: up to %s of the response %s of %s is lag", round(own), MetricName(p), round(all))
		return
	}
	if lag <= p50/10 {
		return
	}
	if why := r.Counters.backpressure(); why != "" && r.ClientPauses.Longest < lag/2 {
		v.object(Suspect, "the server held up the sender: lag p99 is %s and is part of the response times%s", round(lag), why)
		return
	}
	v.object(Suspect, "the sender was late: lag p99 is %s, above 10 %% of the response p50 of %s", round(lag), round(p50))
}

// lateFrom is the lowest percentile of the response times of which more than half may be
// lag.
func (r *Repetition) lateFrom() (p float64, late bool) {
	waited := 100 * float64(r.Counters.Waited) / float64(max(1, r.Counters.Planned))
	for _, p := range timeMetrics {
		known := p == Maximum || r.Response.Count() >= SamplesFor(p)
		excused := r.Counters.Waited > 0 && waited >= 100-p
		if known && !excused && r.Lag.at(p) > r.Response.at(p)/2 {
			return p, true
		}
	}
	return 0, false
}

// at is percentile p, or the maximum.
func (h Histogram) at(p float64) time.Duration {
	d, _ := percentile(h, p)
	return d
}

// backpressure ends a reason with how many messages waited for the server; empty if too few
// did to explain it.
func (n Counters) backpressure() string {
	if 100*n.Waited < n.Planned || n.Waited == 0 {
		return ""
	}
	return fmt.Sprintf("; %s of %s planned messages waited for the server to accept or answer earlier ones", grouped(n.Waited), grouped(n.Planned))
}

// planned reports whether the measured messages follow a plan.
func (c Config) planned() bool { return c.Model == "open" && c.Times == "" }

func judgeCounts(v *Validity, r *Repetition) {
	n := r.Counters
	for _, e := range []struct {
		count uint64
		fate  string
	}{
		{n.Lost, "lost"},
		{n.Duplicates, "duplicated"},
		{n.OutOfOrder, "out of order"},
		{n.Corrupt, "corrupt"},
		{n.Dropped, "dropped by the server's full subscriber queues"},
		{n.Clamped, "outside the histogram's range"},
	} {
		if e.count > 0 {
			v.object(Suspect, "%s %s (%s measured)", Plural(e.count, "message"), e.fate, grouped(n.Recorded))
		}
	}
	broken := r.Whole().Errors
	for _, class := range sortedKeys(broken) {
		v.object(Suspect, "streams broke %s%s: %s", Plural(broken[class], "time"), r.elsewhere(func(n *Counters) uint64 { return n.Errors[class] }), class)
	}
}

// judgeClient leaves the pacers' spinning out: it fills idle time, and a spinner
// that is in the way shows as lag.
func judgeClient(v *Validity, r *Repetition, cores int) {
	if !r.Client.Known || r.Client.CPU <= 0 || r.Phases.Steady <= 0 || cores <= 0 {
		return
	}
	work := max(0, r.Client.CPU-r.Client.Spin)
	used := 100 * work.Seconds() / (r.Phases.Steady.Seconds() * float64(cores))
	switch {
	case used > 98:
		v.object(Invalid, "the generator used %.0f %% of %s (over 98 %%): it measured itself", used, Plural(cores, "core"))
	case used > 90:
		v.object(Suspect, "the generator used %.0f %% of %s (over 90 %%)", used, Plural(cores, "core"))
	}
}

func sortedKeys(m map[string]uint64) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// Verdict is the cell's own: repetitions that are invalid are left out of its
// figures, so it is INVALID only where they are not the exception (half or more)
// or one failed as a whole, and SUSPECT where any is invalid or half or more are
// suspect. A cell without repetitions is INVALID.
func (c *Cell) Verdict() Verdict {
	n, invalid, suspect := len(c.Repetitions), 0, 0
	for _, r := range c.Repetitions {
		switch {
		case r.Error != "":
			return Invalid
		case r.Validity.Verdict == Invalid:
			invalid++
		case r.Validity.Verdict == Suspect:
			suspect++
		}
	}
	switch {
	case 2*invalid >= n:
		return Invalid
	case invalid > 0 || 2*suspect >= n:
		return Suspect
	}
	return Valid
}

// Worst is the worst verdict of all cells; INVALID when there are none.
func Worst(r *Result) Verdict {
	worst := Valid
	for _, c := range r.Cells {
		switch c.Verdict() {
		case Invalid:
			return Invalid
		case Suspect:
			worst = Suspect
		}
	}
	if len(r.Cells) == 0 {
		return Invalid
	}
	return worst
}

// Baseline says why r may not serve as one, nil where it may: every cell must have
// been measured to its end and none be invalid.
func (r *Result) Baseline() error {
	if r.Unfinished {
		return errors.New("its run did not end")
	}
	if r.Interrupted {
		return errors.New("it was interrupted")
	}
	if len(r.Cells) == 0 {
		return errors.New("it has no cells")
	}
	for _, c := range r.Cells {
		if c.Verdict() == Invalid {
			return fmt.Errorf("cell %s is invalid, and an invalid measurement is no baseline", c.ID)
		}
	}
	return nil
}
