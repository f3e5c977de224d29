package result

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"rtbench/proto"
	"rtbench/proto/codec"
	"rtbench/proto/pace"
	"rtbench/proto/record"
)

// timeline splits times, in the order received, into slots of equal count.
func timeline(t *testing.T, r *Repetition, slots int, times []time.Duration) {
	t.Helper()
	r.Timeline = nil
	all := record.NewHistogram()
	length := r.Phases.Steady / time.Duration(slots)
	for i := range slots {
		h := record.NewHistogram()
		for _, d := range times[i*len(times)/slots : (i+1)*len(times)/slots] {
			if h.RecordValue(int64(d)) != nil || all.RecordValue(int64(d)) != nil {
				t.Fatal(d)
			}
		}
		r.Timeline = append(r.Timeline, Interval{Start: time.Duration(i) * length, Length: length, Response: Wrap(h)})
	}
	r.Response = Wrap(all)
	r.Service = r.Response
}

// flow returns the sums over neighbours of a series, and gaps drawn by draw.
func flow(times []time.Duration, gaps int, draw func() float64) (f record.Flow) {
	for i := 1; i < len(times); i++ {
		x, y := times[i-1].Seconds(), times[i].Seconds()
		f.Pairs++
		f.X, f.Y, f.XX, f.YY, f.XY = f.X+x, f.Y+y, f.XX+x*x, f.YY+y*y, f.XY+x*y
	}
	for range gaps {
		f.Gaps[min(record.GapBins-1, int(draw()*record.GapsPerMean))]++
	}
	return f
}

func TestCorrelationOfNeighbours(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, rho := range []float64{0, 0.5, 0.9} {
		times, x := make([]time.Duration, 20_000), 0.0
		for i := range times {
			x = rho*x + math.Sqrt(1-rho*rho)*rng.NormFloat64()
			times[i] = time.Millisecond + time.Duration(x*1e5)
		}
		if got := correlation(flow(times, 0, nil)); math.Abs(got-rho) > 0.02 {
			t.Errorf("correlation %.3f of a series with %.1f", got, rho)
		}
	}
	if got := correlation(record.Flow{}); got != 0 {
		t.Errorf("correlation %v of an empty series", got)
	}
}

func TestArrivalsAreComparedWithThePlan(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	uniform := func(low, high float64) func() float64 {
		return func() float64 { return low + (high-low)*rng.Float64() }
	}
	for _, c := range []struct {
		name, arrivals string
		gap            func() float64
		follows        bool
	}{
		{"a clock", "constant", func() float64 { return 1 }, true},
		{"a slightly late clock", "constant", uniform(0.93, 1.07), true},
		{"a very late clock", "constant", uniform(0.5, 1.5), false},
		{"a clock 15 % slow", "constant", func() float64 { return 1.15 }, false},
		{"Poisson", "poisson", rng.ExpFloat64, true},
		{"Poisson instead of a clock", "constant", rng.ExpFloat64, false},
		{"a clock instead of Poisson", "poisson", func() float64 { return 1 }, false},
		{"Poisson in bursts", "poisson", func() float64 { return float64(rng.IntN(2)) * 2 * rng.ExpFloat64() }, false},
		{"clusters", "gamma(cv=1.414214)", func() float64 { x := rng.NormFloat64(); return x * x }, true}, // chi-square
		{"Poisson instead of clusters", "gamma(cv=1.414214)", rng.ExpFloat64, false},
		{"clusters instead of Poisson", "poisson", func() float64 { x := rng.NormFloat64(); return x * x }, false},
		{"a clock instead of clusters", "gamma(cv=1.414214)", func() float64 { return 1 }, false},
	} {
		cfg := openLoop()
		cfg.Arrivals, cfg.Connections, cfg.Streams = c.arrivals, 1, 1
		distance, limit := arrivals(cfg, 4000, flow(nil, 4000, c.gap))
		if follows := distance <= limit; follows != c.follows {
			t.Errorf("%s: distance %.3f, limit %.3f", c.name, distance, limit)
		}
	}
	if d, l := arrivals(openLoop(), 4000, record.Flow{}); d != 0 || l != 0 {
		t.Errorf("no gaps: %v, %v", d, l)
	}
}

// The gaps of 16 streams that share gamma arrivals are sums of 16 of its gaps.
func TestGammaArrivalsAreSharedByStreams(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	chiSquare := func() (sum float64) { // the sum of 16 with one degree of freedom
		for range 16 {
			x := rng.NormFloat64()
			sum += x * x / 16
		}
		return sum
	}
	for name, c := range map[string]struct {
		pattern string
		streams int
		follows bool
	}{"shared": {"echo", 16, true}, "of one stream": {"echo", 1, false}, "published by one": {"fanout", 16, false}} {
		cfg := openLoop()
		cfg.Arrivals, cfg.Pattern, cfg.Connections, cfg.Streams = "gamma(cv=1.414214)", c.pattern, c.streams, 1
		distance, limit := arrivals(cfg, 16_000, flow(nil, 16_000, chiSquare))
		if follows := distance <= limit; follows != c.follows {
			t.Errorf("%s: distance %.3f, limit %.3f", name, distance, limit)
		}
	}
}

// Streams with few messages have few long gaps, but still follow the plan.
func TestFewPoissonArrivalsPerStreamFollowThePlan(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, k := range []float64{0.5, 1, 2, 5, 50} {
		cfg := openLoop()
		cfg.Arrivals, cfg.Connections, cfg.Streams = "poisson", 2000, 1
		var f record.Flow
		for range cfg.Connections {
			at := rng.ExpFloat64()
			for gap := rng.ExpFloat64(); at+gap < k; gap = rng.ExpFloat64() {
				at += gap
				f.Gaps[min(record.GapBins-1, int(gap*record.GapsPerMean))]++
			}
		}
		if distance, limit := arrivals(cfg, uint64(k*2000), f); distance > limit {
			t.Errorf("%g messages per stream: distance %.3f, limit %.3f", k, distance, limit)
		}
	}
}

// A stall delays many messages but is a single event, so p99 is unknown.
func TestClusteredMessagesAreNotIndependent(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	plain, stalled := make([]time.Duration, 4000), make([]time.Duration, 4000)
	for i := range plain {
		plain[i] = time.Duration(1e6 * (1 + 0.1*rng.ExpFloat64()))
		stalled[i] = plain[i]
		if i >= 2000 && i < 2100 {
			stalled[i] += time.Duration(2100-i) * time.Millisecond
		}
	}
	describe := func(times []time.Duration) *Repetition {
		r := syntheticRepetition(t, 1)
		timeline(t, r, 10, times)
		r.DescribeSeries(openLoop(), flow(times, 4000, func() float64 { return 1 }))
		return r
	}
	if n := describe(plain).Independent(99); n < 3000 {
		t.Errorf("effective size %d of 4000 independent messages", n)
	}
	r := describe(stalled)
	if n := r.Independent(99); n > 100 {
		t.Errorf("effective size for p99 with one stall: %d", n)
	}
	if _, known := r.Percentile(99); known {
		t.Error("p99 is known with one stall")
	}
	if _, known := r.Percentile(50); !known {
		t.Error("the median is unknown with one stall")
	}
	// The timeline shows it even if neighbours on a stream are uncorrelated.
	r.Series.Correlation = 0
	if n := r.independent(99); n > 500 {
		t.Errorf("effective size for p99 from the timeline alone: %d", n)
	}
}

// A look at a running steady phase counts independent messages as its repetition does afterwards.
func TestLookCountsIndependentMessages(t *testing.T) {
	const messages, slots = 4000, 10
	rng := rand.New(rand.NewPCG(7, 8))
	for name, c := range map[string]struct {
		streams int
		time    func(i int, before time.Duration) time.Duration
		known   bool
	}{
		"independent": {10, func(int, time.Duration) time.Duration { return time.Duration(1e6 * (1 + rng.ExpFloat64())) }, true},
		"correlated": {1, func(_ int, before time.Duration) time.Duration {
			return time.Duration(0.98*float64(before) + 2e4*rng.ExpFloat64())
		}, false},
		"a stall that each stream sees once": {100, func(i int, _ time.Duration) time.Duration {
			return time.Duration(1e6*rng.ExpFloat64()) + max(0, 500*time.Microsecond*time.Duration(i/2000)*time.Duration(max(0, 2080-i)))
		}, false},
	} {
		sink := record.NewSink(pace.Window{To: int64(time.Second)})
		recorder := record.NewRecorder(sink)
		receivers := make([]*record.Receiver, c.streams)
		for i := range receivers {
			receivers[i] = record.NewReceiver(recorder, proto.Call{SteadyTo: int64(time.Second)})
		}
		last := time.Millisecond
		for i := range messages {
			last = c.time(i, last)
			received := int64(time.Second) / messages * int64(i)
			receivers[i%c.streams].Note(proto.Header{Seq: uint64(i / c.streams), Intended: received - int64(last), Sent: received - int64(last)}, codec.Intact, received)
		}
		recorder.Record(proto.Header{}, int64(time.Second)) // begins another slot, which makes the last one complete
		recorder.Flush()

		r := &Repetition{Response: Wrap(sink.Totals().Response), Phases: Phases{Steady: time.Second}}
		for _, h := range sink.Timeline() {
			r.Timeline = append(r.Timeline, Interval{Response: Wrap(h)})
		}
		r.Timeline = r.Timeline[:slots]
		r.DescribeSeries(openLoop(), sink.Flow())
		_, want50 := r.Percentile(50)
		_, want99 := r.Percentile(99)
		so := sink.Live()
		if got50, got99 := EnoughSoFar(50, so, so.P50), EnoughSoFar(99, so, so.P99); got50 != want50 || got99 != want99 || got99 != c.known {
			t.Errorf("%s: p50 is known %v and p99 %v during the phase, %v and %v afterwards; expected %v for p99", name, got50, got99, want50, want99, c.known)
		}
	}
}

func TestPercentileIntervalCoverage(t *testing.T) {
	const runs = 300
	rng := rand.New(rand.NewPCG(7, 8))
	covered := 0
	for range runs {
		r := &Repetition{Phases: Phases{Steady: time.Second}}
		times := make([]time.Duration, 1000)
		for i := range times {
			times[i] = time.Duration(1e6 * rng.Float64())
		}
		timeline(t, r, 10, times)
		low, high, bounded := r.PercentileInterval(90, 0.95)
		if bounded && low <= 900_000 && high >= 900_000 {
			covered++
		}
	}
	// Three standard deviations below 95 %; histograms round to a thousandth.
	if covered < 273 {
		t.Errorf("%d of %d intervals cover the percentile", covered, runs)
	}
	if _, _, bounded := (&Repetition{}).PercentileInterval(99, 0.95); bounded {
		t.Error("an empty repetition has an interval")
	}
}

func TestJudgeSeries(t *testing.T) {
	ramp := func(by float64) func(*Repetition) {
		return func(r *Repetition) {
			rng := rand.New(rand.NewPCG(9, 9))
			times := make([]time.Duration, 4000)
			for i := range times {
				times[i] = time.Duration(1e6 * (1 + by*float64(i)/4000 + 0.1*rng.Float64()))
			}
			timeline(t, r, 10, times)
		}
	}
	waits := func(n int, d time.Duration) Histogram {
		h := record.NewHistogram()
		_ = h.RecordValues(int64(d), int64(n))
		return Wrap(h)
	}
	for name, c := range map[string]struct {
		change func(*Repetition)
		want   string
		reason string
	}{
		"no drift":      {ramp(0), "", ""},
		"small drift":   {ramp(0.2), "", ""},
		"drift":         {ramp(0.8), "limited", "no steady state: the response p50 rises from about "},
		"growing queue": {ramp(8), "limited", "no steady state: the response p50 rises from about "},
		"shrinking":     {ramp(-0.7), "limited", "no steady state: the response p50 falls from about "},
		"dependent":     {func(r *Repetition) { r.Series.Independent = []Independent{{99, 60}} }, "too little data", "effective sample size is 60 (4,000 autocorrelated messages); p99 needs 368"},
		"collection":    {func(r *Repetition) { r.Client.GCPauses = waits(10, 10*time.Millisecond) }, "limited", "garbage collection stopped the generator for 5.0 %"},
	} {
		r := syntheticRepetition(t, 1)
		c.change(r)
		cfg := openLoop()
		cfg.Stages = nil
		got := Judge(cfg, r, 2)
		checkFindings(t, name, got, c.want, c.reason)
	}
}

// In a closed loop, only the waits of the replies show that an event loop had no core.
func TestStarvedEventLoop(t *testing.T) {
	c := openLoop()
	c.Model, c.Arrivals, c.Rate, c.Stages = "closed", "", 0, nil
	for name, k := range map[string]struct {
		waited   time.Duration
		unusable bool
	}{"runs": {20 * time.Microsecond, false}, "starves": {7 * time.Millisecond, true}} {
		r := syntheticRepetition(t, 1)
		r.Client.Receiving = synthetic(t, 1, 400, k.waited)
		r.Validity = Judge(c, r, 2)
		if r.Usable(ThroughputMetric) == k.unusable || r.UsableTime(50) == k.unusable || !r.Usable("server_cpu") {
			t.Errorf("%s: %+v", name, r.Validity)
		}
	}
}

// A planned change of the rate is not drift.
func TestDriftIsJudgedAtAConstantRate(t *testing.T) {
	for name, c := range map[string]struct {
		stages []Stage
		from   int // times grow from this slot of 24
		want   string
	}{
		"a ramp":                   {[]Stage{{Over: 24 * time.Second, To: 4000}}, 0, ""},
		"a ramp, then constant":    {[]Stage{{Over: 12 * time.Second, To: 4000}, {Over: 12 * time.Second, To: 4000}}, 12, "at a constant rate from 12s to 24s"},
		"only during the ramp":     {[]Stage{{Over: 12 * time.Second, To: 2000}, {Over: 12 * time.Second, To: 4000}}, 12, ""},
		"constant before the ramp": {[]Stage{{Over: 12 * time.Second, To: 2000}, {Over: 12 * time.Second, To: 4000}}, 0, "at a constant rate from 0s to 12s"},
		"no stages":                {nil, 0, "over the phase"},
	} {
		cfg, r := openLoop(), syntheticRepetition(t, 1)
		cfg.Stages, r.Phases.Steady, r.Timeline = c.stages, 24*time.Second, nil
		for i := range 24 {
			median := time.Duration(100+20*max(0, i-c.from)) * time.Microsecond
			r.Timeline = append(r.Timeline, Interval{Start: time.Duration(i) * time.Second, Length: time.Second, Response: synthetic(t, uint64(i), 400, median)})
		}
		var v Validity
		judgeSteady(&v, cfg, r)
		if text := strings.Join(v.Reasons(), ""); (text == "") != (c.want == "") || !strings.Contains(text, c.want) {
			t.Errorf("%s: %q, want %q", name, text, c.want)
		}
	}
}
