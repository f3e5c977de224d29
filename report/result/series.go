package result

import (
	"math"
	"time"

	"rtbench/proto/record"
	"rtbench/report/stats"
)

// A Series says what a repetition's messages are as a series, which their
// histogram does not tell.
type Series struct {
	// Correlation is Pearson's, of the response times of neighbouring messages of a
	// stream; 0 where there are too few to tell.
	Correlation float64 `json:"correlation"`
	// Independent says for some percentiles how many independent messages the
	// measured ones are worth.
	Independent []Independent `json:"independent,omitempty"`
	// ArrivalDistance is the Kolmogorov-Smirnov distance of the gaps between sent
	// messages from the planned ones, each allowed a tenth of the mean gap.
	// ArrivalLimit is what it may be: ArrivalTolerance and what chance explains (at
	// 1 %). Both are 0 without a plan.
	ArrivalDistance float64 `json:"arrival_distance,omitempty"`
	ArrivalLimit    float64 `json:"arrival_limit,omitempty"`
}

// Independent is how many independent messages stand behind a percentile.
type Independent struct {
	Percentile float64 `json:"percentile"`
	Messages   int64   `json:"messages"`
}

// ArrivalTolerance is the distance from the plan that does not count: a
// twentieth of the gaps may be anywhere.
const ArrivalTolerance = 0.05

// Percentiles are those that every report shows.
var Percentiles = []float64{50, 90, 99, 99.9, 99.99}

// DescribeSeries fills in r.Series: f is what r's streams recorded as series, c its
// cell's configuration. Response, Timeline and Counters must be in place.
func (r *Repetition) DescribeSeries(c Config, f record.Flow) {
	r.Series = Series{Correlation: correlation(f)}
	if c.Model == "open" {
		r.Series.ArrivalDistance, r.Series.ArrivalLimit = arrivals(c, r.Counters.Planned, f)
	}
	for _, p := range Percentiles {
		r.Series.Independent = append(r.Series.Independent, Independent{p, r.independent(p)})
	}
}

// correlation is Pearson's r of the pairs that f sums up.
func correlation(f record.Flow) float64 {
	n := float64(f.Pairs)
	if n < 30 {
		return 0
	}
	xy, xx, yy := f.XY-f.X*f.Y/n, f.XX-f.X*f.X/n, f.YY-f.Y*f.Y/n
	if !(xx > 0 && yy > 0) {
		return 0
	}
	return min(1, max(-1, xy/math.Sqrt(xx*yy)))
}

// arrivals holds the gaps as sent against the gaps as planned: all 1 for
// constant arrivals, exponential with the mean 1 for Poisson ones. The planned
// distribution may be shifted by up to a tenth either way.
//
// A stream of which k messages are due in the steady phase shows no gap longer
// than k, and long ones seldom: of a Poisson process of rate 1 seen for a time k,
// the expected number of whole gaps up to t is the integral of (k-x)·exp(-x) from
// 0 to t, since such a gap may begin anywhere in the first k-x.
func arrivals(c Config, messages uint64, f record.Flow) (distance, limit float64) {
	const shift = 0.1
	streams := c.allStreams()
	k := float64(messages) / streams
	gapsUpTo := func(t float64) float64 { return (k-1)*(1-math.Exp(-t)) + t*math.Exp(-t) }
	planned := func(x float64) float64 {
		switch {
		case c.Arrivals == "poisson":
			return gapsUpTo(min(max(0, x), k)) / gapsUpTo(k)
		case x >= 1:
			return 1
		}
		return 0
	}
	total := 0.0
	for _, n := range f.Gaps {
		total += float64(n)
	}
	if total == 0 || k == 0 {
		return 0, 0
	}
	below := 0.0
	for i, n := range f.Gaps[:record.GapBins-1] {
		below += float64(n) / total
		edge := float64(i+1) / record.GapsPerMean
		distance = max(distance, below-planned(edge+shift), planned(edge-shift)-below)
	}
	if c.Pattern == "fanout" { // every subscriber saw the same ones
		total /= streams
	}
	return distance, ArrivalTolerance + stats.KolmogorovCritical(int(max(1, total)), 0.01)
}

// independent is how many independent messages the measured ones are worth for
// percentile p. It accounts for two kinds of dependence and takes the lower count:
// neighbours on a stream, as a first-order autoregression, and what all streams
// suffer at once, by how unevenly the slots of the timeline share the messages
// beyond the percentile (Kish's design effect), where that is more than chance.
func (r *Repetition) independent(p float64) int64 {
	n := r.Response.Count()
	if n == 0 {
		return 0
	}
	worth := stats.EffectiveSize(int(n), r.Series.Correlation)
	limit := int64(r.Response.Quantile(p))
	var hits, totals []int
	for _, in := range r.Timeline {
		h := in.Response.HDR()
		if total := h.TotalCount(); total > 0 {
			beyond := 0
			for _, b := range h.Distribution() {
				if b.From > limit {
					beyond += int(b.Count)
				}
			}
			hits, totals = append(hits, beyond), append(totals, int(total))
		}
	}
	if len(hits) >= 5 {
		if effect, chance := stats.DesignEffect(hits, totals); chance < 0.01 && effect > 1 {
			worth = min(worth, float64(n)/effect)
		}
	}
	return max(1, int64(worth))
}

// Independent is how many independent messages stand behind percentile p: as
// described where that percentile is, else for the nearest that is.
func (r *Repetition) Independent(p float64) int64 {
	count, nearest := r.Response.Count(), math.Inf(1)
	worth := count
	for _, in := range r.Series.Independent {
		if d := math.Abs(in.Percentile - p); d < nearest {
			nearest, worth = d, in.Messages
		}
	}
	return min(count, worth)
}

// Percentile is percentile p of the response time and whether enough independent
// messages stand behind it: see SamplesFor.
func (r *Repetition) Percentile(p float64) (time.Duration, bool) {
	return r.Response.Quantile(p), r.Independent(p) >= SamplesFor(p)
}

// PercentileInterval returns the interval that holds percentile p of the response time at
// that confidence, from this repetition alone: exact binomial order statistics on
// the independent messages. False means that it has no upper end.
func (r *Repetition) PercentileInterval(p, confidence float64) (low, high time.Duration, bounded bool) {
	n := r.Independent(p)
	if n == 0 {
		return 0, 0, false
	}
	lo, hi, _ := stats.QuantileRanks(int(n), p/100, confidence)
	at := func(rank int) time.Duration {
		return r.Response.Quantile(100 * min(1, max(0, float64(rank)/float64(n))))
	}
	return at(lo), at(hi), lo >= 1 && hi <= int(n)
}
