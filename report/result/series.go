package result

import (
	"math"
	"time"

	"rtbench/proto/pace"
	"rtbench/proto/record"
	"rtbench/report/stats"
)

// A Series describes the messages of a repetition as a time series.
type Series struct {
	// Correlation is Pearson's correlation of the response times of consecutive messages on a
	// stream; 0 if there are too few.
	Correlation float64 `json:"correlation"`
	// Independent is the effective sample size for some percentiles.
	Independent []Independent `json:"independent,omitempty"`
	// ArrivalDistance is the Kolmogorov-Smirnov distance between the gaps of sent messages and the
	// planned ones, with a tolerance of a tenth of the mean gap. ArrivalLimit is its limit:
	// ArrivalTolerance plus the distance expected by chance (at 1 %). Both are 0 without a
	// schedule.
	ArrivalDistance float64 `json:"arrival_distance,omitempty"`
	ArrivalLimit    float64 `json:"arrival_limit,omitempty"`
}

// Independent is the effective sample size for a percentile.
type Independent struct {
	Percentile float64 `json:"percentile"`
	Messages   int64   `json:"messages"`
}

// ArrivalTolerance is the share of the gaps that may deviate from the plan.
const ArrivalTolerance = 0.05

// Percentiles lists the percentiles that every report shows.
var Percentiles = []float64{50, 90, 99, 99.9, 99.99}

// DescribeSeries sets r.Series from the recorded flow f of a cell with configuration c. Response,
// Timeline and Counters must be set.
func (r *Repetition) DescribeSeries(c Config, f record.Flow) {
	r.Series = Series{Correlation: correlation(f)}
	if c.Model == "open" {
		r.Series.ArrivalDistance, r.Series.ArrivalLimit = arrivals(c, r.Counters.Planned, f)
	}
	for _, p := range Percentiles {
		r.Series.Independent = append(r.Series.Independent, Independent{p, r.independent(p)})
	}
}

// correlation returns Pearson's r of the pairs summed up in f.
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

// arrivals compares the gaps between sent messages with the planned ones: all 1 for constant
// arrivals, gamma-distributed with mean 1 for random arrivals. The planned distribution may be
// shifted by up to a tenth in either direction.
func arrivals(c Config, messages uint64, f record.Flow) (distance, limit float64) {
	const shift = 0.1
	streams := c.AllStreams()
	k := float64(messages) / streams
	planned := plannedGaps(c, k)
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
	// Every subscriber of a fan-out saw the same gaps. The streams of a gamma process share the sums
	// of its gaps, so theirs are almost the same.
	if _, gamma := pace.Arrivals(c.Arrivals).GammaShape(); gamma || c.Pattern == "fanout" {
		total /= streams
	}
	return distance, ArrivalTolerance + stats.KolmogorovCritical(int(max(1, total)), 0.01)
}

// plannedGaps returns the distribution of the gaps of a stream with k messages due in the steady phase.
//
// Such a stream has no gap longer than k, and long ones are rare. In a stationary process of rate 1
// observed for a time k, the expected number of complete gaps up to t is the integral of (k-x)·f(x)
// from 0 to t, where f is the density of a gap, since a gap of length x may begin anywhere in the
// first k-x. For a gamma density with shape s and mean 1 that is k·P(s, s·t) − P(s+1, s·t).
func plannedGaps(c Config, k float64) func(x float64) float64 {
	shape, gamma := pace.Arrivals(c.Arrivals).GammaShape()
	switch {
	case c.Arrivals == string(pace.Poisson):
		shape = 1
	case gamma && c.Pattern != "fanout": // a stream has every gap that is the sum of as many as there are streams
		shape *= c.AllStreams()
	case !gamma:
		return func(x float64) float64 {
			if x >= 1 {
				return 1
			}
			return 0
		}
	}
	upTo := func(t float64) float64 {
		return k*stats.GammaCDF(shape, shape*t) - stats.GammaCDF(shape+1, shape*t)
	}
	return func(x float64) float64 { return upTo(min(max(0, x), k)) / upTo(k) }
}

// independent returns the effective sample size for percentile p.
func (r *Repetition) independent(p float64) int64 {
	limit := r.Response.Quantile(p)
	var beyond, slots []int
	for _, in := range r.Timeline {
		if h := Wrap(in.Response.HDR()); h.Count() > 0 { // decoded once
			beyond, slots = append(beyond, int(h.Beyond(limit))), append(slots, int(h.Count()))
		}
	}
	return effectiveSize(r.Response.Count(), r.Series.Correlation, beyond, slots)
}

// EnoughSoFar reports whether the effective sample size is sufficient for percentile p, at which l has a
// look.
func EnoughSoFar(p float64, l record.Live, at record.Glance) bool {
	return effectiveSize(l.Count, correlation(l.Flow), at.Beyond, l.Slots) >= SamplesFor(p)
}

// effectiveSize estimates the effective sample size of n messages for a percentile. It is the lower of two
// estimates: one for correlation between neighbours on a stream (a first-order autoregression), and one for
// disturbances common to all streams, from how unevenly the messages beyond the percentile are spread over
// the slots of the timeline (Kish's design effect), if that is more than chance. Of each slot, slots has the
// number of messages, and beyond that of the messages beyond the percentile.
func effectiveSize(n int64, correlation float64, beyond, slots []int) int64 {
	if n == 0 {
		return 0
	}
	worth := stats.EffectiveSize(int(n), correlation)
	if len(slots) >= 5 {
		if effect, chance := stats.DesignEffect(beyond, slots); chance < 0.01 && effect > 1 {
			worth = min(worth, float64(n)/effect)
		}
	}
	return max(1, int64(worth))
}

// Independent returns the effective sample size for percentile p, or for the nearest percentile
// described.
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

// Percentile returns percentile p of the response time and whether its effective sample size is
// sufficient; see SamplesFor.
func (r *Repetition) Percentile(p float64) (time.Duration, bool) {
	return r.Response.Quantile(p), r.Independent(p) >= SamplesFor(p)
}

// PercentileInterval returns the interval that contains percentile p of the response time with the
// given confidence, from this repetition alone: exact binomial order statistics on the effective
// sample size. bounded is false if the interval has no upper end.
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
