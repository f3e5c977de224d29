package loadgen

import (
	"fmt"
	"time"

	"rtbench/proto/record"
	"rtbench/report/result"
)

func (r *repetition) collectArrivals() {
	custom := r.job.scenario.Custom
	out := &result.Arrivals{StallAfter: custom.Stall, Gap: r.rep.Response}
	first := record.NewHistogram()
	for _, e := range r.exchanges {
		a := e.pushed.arrivals
		for _, d := range a.first {
			_ = first.RecordValue(min(max(d, 1), record.Highest))
		}
		out.Untimed += a.untimed
		if a.lastOnStream == 0 && e.opened > 0 {
			out.Silent++
		}
		out.Stalls += a.stalls
		out.Longest = max(out.Longest, time.Duration(a.longest))
		out.Stamped += a.stamped
		out.Bunched += a.bunched
		if a.recorder != nil {
			a.recorder.Flush()
		}
	}
	out.First = result.Wrap(first)
	none := result.Wrap(record.NewHistogram()) // the generator sent nothing
	r.rep.Service, r.rep.Lag = none, none
	if r.gaps != nil {
		out.Gap = result.Wrap(r.gaps.Totals().Response)
		r.boundOneWay(out)
	}
	r.rep.Arrivals = out
}

// maxBoundRatio is the least ratio of the median one-way time to the clock offset's bound.
const maxBoundRatio = 10

// boundOneWay discards one-way times if the clocks may differ by more than a tenth of them.
func (r *repetition) boundOneWay(out *result.Arrivals) {
	stamp := &r.job.scenario.Custom.Stamp
	p50 := r.rep.Response.Quantile(50)
	if out.Bound = stamp.Bound; stamp.Bound >= 0 {
		out.Bound += resolution[stamp.Unit]
	}
	switch {
	case r.noneStamped != "":
		out.Refused = r.noneStamped
	case out.Bound < 0:
		out.Refused = "the offset of the server's clock is unknown; expected stamp.bound"
	case r.rep.Response.Count() > 0 && out.Bound*maxBoundRatio > p50:
		out.Refused = fmt.Sprintf("stamps are accurate to %v (unit plus stamp.bound), but the median one-way time is %v; expected a tenth of it or less: use a finer unit", out.Bound, p50.Round(time.Microsecond))
	default:
		return
	}
	none := result.Wrap(record.NewHistogram())
	r.rep.Response, r.rep.Timeline = none, nil
}

// resolution is the largest error of a truncated stamp.
var resolution = map[string]time.Duration{"us": time.Microsecond, "ms": time.Millisecond, "s": time.Second}
