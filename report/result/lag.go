package result

import (
	"fmt"
)

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
