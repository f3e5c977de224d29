package servermetrics

import (
	"fmt"
	"math"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"pgregory.net/rapid"

	"rtbench/loadgen/scrape"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// pageOf returns a page of a text, at a number of seconds.
func pageOf(t *testing.T, at int, text string) *scrape.Page {
	t.Helper()
	families, err := scrape.ParseText(text)
	if err != nil {
		t.Fatal(err)
	}
	return &scrape.Page{At: int64(at) * int64(time.Second), Families: families}
}

// resultOf returns the values of a selector on pages that are a second apart, and its problem.
func resultOf(t *testing.T, s scenarios.Series, pages ...string) (values map[string]string, of result.ServerSeries) {
	t.Helper()
	var err error
	if s.Selector, err = scenarios.ParseSelector(s.Name); err != nil {
		t.Fatal(err)
	}
	s.Name = "x"
	if s.Percentile == 0 {
		s.Percentile = 99
	}
	tr := &track{Series: s}
	for i, text := range pages {
		tr.add(pageOf(t, i+1, text))
	}
	of = tr.result()
	values = map[string]string{}
	for _, v := range of.Values {
		text := result.FormatServerValue(v.Unit, float64(v.Value))
		if v.AtMost {
			text = "≤ " + text
		}
		if v.AtLeast {
			text = "≥ " + text
		}
		values[v.Name] = text
	}
	return values, of
}

func TestTrack(t *testing.T) {
	t.Parallel()
	const buckets = `# TYPE h_seconds histogram
h_seconds_bucket{le="0.1"} %d
h_seconds_bucket{le="1"} %d
h_seconds_bucket{le="+Inf"} %d
h_seconds_sum %v
h_seconds_count %d
`
	histogram := func(low, high, all int, sum float64) string { return fmt.Sprintf(buckets, low, high, all, sum, all) }
	for _, c := range []struct {
		name    string
		series  scenarios.Series
		pages   []string
		values  string
		problem string
	}{
		{"a counter", scenarios.Series{Name: "c_total"}, []string{"# TYPE c_total counter\nc_total 5\n", "# TYPE c_total counter\nc_total 15\n", "# TYPE c_total counter\nc_total 25\n"}, "map[x_per_s:10.0/s]", ""},
		{"a counter without a type", scenarios.Series{Name: "c_total"}, []string{"c_total 5\n", "c_total 15\n"}, "map[x_per_s:10.0/s]", ""},
		{"labels that are summed", scenarios.Series{Name: `c_total{a="1"}`}, []string{"c_total{a=\"1\",b=\"1\"} 1\nc_total{a=\"2\"} 100\n", "c_total{a=\"1\",b=\"1\"} 2\nc_total{a=\"1\",b=\"2\"} 3\nc_total{a=\"2\"} 200\n"}, "map[x_per_s:4.00/s]", ""},
		{"a counter that restarts", scenarios.Series{Name: "c_total"}, []string{"c_total 50\n", "c_total 60\n", "c_total 4\n"}, "map[x_per_s:≥ 7.00/s]", ""},
		{"a counter that appears", scenarios.Series{Name: "c_total"}, []string{"other 1\n", "c_total 6\n", "c_total 8\n"}, "map[x_per_s:4.00/s]", ""},
		{"seconds of CPU", scenarios.Series{Name: "c_seconds_total"}, []string{"c_seconds_total 1\n", "c_seconds_total 1.5\n"}, "map[x_per_s:50 %]", ""},
		{"a gauge", scenarios.Series{Name: "g"}, []string{"g 1\n", "g 9\n", "g 2\n"}, "map[x_max:9 x_mean:4]", ""},
		{"a negative gauge", scenarios.Series{Name: "g"}, []string{"g -1\n", "g -3\n"}, "map[x_max:-1.00 x_mean:-2.00]", ""},
		{"a gauge of bytes", scenarios.Series{Name: "g_bytes"}, []string{"g_bytes 1e6\n", "g_bytes 3e6\n"}, "map[x_max:3.00 MB x_mean:2.00 MB]", ""},
		{"a gauge as a counter", scenarios.Series{Name: "g", Type: "counter"}, []string{"# TYPE g gauge\ng 1\n", "# TYPE g gauge\ng 3\n"}, "map[x_per_s:2.00/s]", ""},
		{"one reading", scenarios.Series{Name: "c_total"}, []string{"c_total 5\n"}, "map[]", "a rate needs two"},
		{"a histogram", scenarios.Series{Name: "h_seconds", Percentile: 50}, []string{histogram(1, 1, 1, 5), histogram(3, 10, 11, 10)}, "map[x_mean:500 ms x_p50:≤ 1.00 s]", ""},
		{"a percentile above all buckets", scenarios.Series{Name: "h_seconds"}, []string{histogram(1, 1, 1, 5), histogram(3, 10, 21, 10)}, "map[x_mean:250 ms]", "p99 is above the highest bound"},
		{"buckets that change", scenarios.Series{Name: "h_seconds", Percentile: 50}, []string{histogram(1, 1, 1, 5), strings.ReplaceAll(histogram(3, 10, 11, 10), `"1"`, `"2"`)}, "map[x_mean:500 ms]", "or the buckets of the series differ"},
		{"no observation", scenarios.Series{Name: "h_seconds"}, []string{histogram(1, 1, 1, 5), histogram(1, 1, 1, 5)}, "map[]", "nothing was observed in the steady phase"},
		{"the count of a histogram", scenarios.Series{Name: "h_seconds_count"}, []string{histogram(1, 1, 1, 5), histogram(3, 10, 21, 10)}, "map[x_per_s:20.0/s]", ""},
		{"a summary", scenarios.Series{Name: "s_seconds"}, []string{"# TYPE s_seconds summary\ns_seconds_sum 1\ns_seconds_count 1\n", "# TYPE s_seconds summary\ns_seconds_sum 2\ns_seconds_count 5\n"}, "map[x_mean:250 ms]", ""},
		{"no such metric", scenarios.Series{Name: "app_queue_dept"}, []string{"app_queue_depth 1\n", "app_queue_depth 1\n"}, "map[]", "no series app_queue_dept; did you mean app_queue_depth?"},
		{"no such label", scenarios.Series{Name: `c{route="/w"}`}, []string{"c{route=\"/ws\"} 1\nc{route=\"/events\"} 2\n", "c{route=\"/ws\"} 1\n"}, "map[]", `no series c{route="/w"}; did you mean c{route="/ws"}?`},
		{"a number that is none", scenarios.Series{Name: "g"}, []string{"g 1\n", "g NaN\n"}, "map[]", "found the value NaN; expected finite numbers"},
		{"a summary for a histogram", scenarios.Series{Name: "s_seconds", Type: "histogram"}, []string{"# TYPE s_seconds summary\ns_seconds_sum 1\ns_seconds_count 1\n", "# TYPE s_seconds summary\ns_seconds_sum 2\ns_seconds_count 5\n"}, "map[x_mean:250 ms]", "found a summary; expected a histogram"},
		{"a gauge for a histogram", scenarios.Series{Name: "g", Type: "histogram"}, []string{"g 1\n", "g 1\n"}, "map[x_max:1 x_mean:1]", "found a gauge; expected a histogram"},
	} {
		values, of := resultOf(t, c.series, c.pages...)
		if fmt.Sprint(values) != c.values || !strings.Contains(of.Problem, c.problem) || (c.problem == "") != (of.Problem == "") {
			t.Errorf("%s: %v, %q; want %s, %q", c.name, values, of.Problem, c.values, c.problem)
		}
	}
}

// The bucket of a percentile contains the value of that rank, for histograms of both kinds as Go's client exports
// them, with several series and observations before the first page.
func TestPercentileOfExportedHistograms(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		registry := prometheus.NewRegistry()
		opts := prometheus.HistogramOpts{Name: "native", NativeHistogramBucketFactor: 1.2, NativeHistogramMaxBucketNumber: 20}
		native := prometheus.NewHistogramVec(opts, []string{"worker"})
		classic := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "classic", Buckets: prometheus.ExponentialBuckets(0.001, 2, 24)}, []string{"worker"})
		registry.MustRegister(native, classic)
		s := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
		defer s.Close()
		client, err := scrape.New(s.URL)
		if err != nil {
			rt.Fatal(err)
		}
		p := rapid.SampledFrom([]float64{1, 50, 90, 99}).Draw(rt, "percentile")
		values := rapid.SliceOfN(rapid.Float64Range(0.001, 5000), 1, 60)
		before, during := values.Draw(rt, "before"), values.Draw(rt, "during")
		tracks := []*track{}
		for _, name := range []string{"native", "classic"} {
			tracks = append(tracks, &track{Series: scenarios.Series{Name: "x", Selector: scenarios.Selector{Metric: name}, Percentile: p}})
		}
		for _, list := range [][]float64{before, during} {
			for i, v := range list {
				for _, h := range []*prometheus.HistogramVec{native, classic} {
					h.WithLabelValues(fmt.Sprint(i % 2)).Observe(v)
				}
			}
			page, err := client.Fetch(t.Context(), 0)
			if err != nil {
				rt.Fatal(err)
			}
			for _, tr := range tracks {
				tr.add(page)
			}
		}
		for _, tr := range tracks {
			checkPercentile(rt, tr, during, p)
		}
	})
}

// checkPercentile checks that a track has the mean of the values, and the bound of the bucket of the percentile.
func checkPercentile(rt *rapid.T, tr *track, values []float64, p float64) {
	sorted, sum := slices.Sorted(slices.Values(values)), 0.0
	for _, v := range values {
		sum += v
	}
	exact := sorted[int(math.Max(1, math.Ceil(p/100*float64(len(sorted)))))-1]
	at, ok := tr.grown.percentile(p)
	widest := 2.0
	if tr.grown.native {
		widest = math.Exp2(math.Ldexp(1, -int(tr.grown.schema)))
	}
	if !ok || at < exact*(1-1e-9) || at > exact*widest*(1+1e-9) {
		rt.Errorf("%s: p%g of %v is in the bucket up to %v (%v), which is at most a factor %v wide", tr.Metric, p, sorted, at, ok, widest)
	}
	if got := tr.grown.sum; math.Abs(got-sum) > 1e-6*sum || tr.grown.count != float64(len(values)) {
		rt.Errorf("%s: the sum of %v values is %v, want %v of %d", tr.Metric, tr.grown.count, got, sum, len(values))
	}
}

// BenchmarkPage measures the cost of reading a page of 1,000 series in the text format.
func BenchmarkPage(b *testing.B) {
	var text strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&text, "app_requests_total{route=\"/route/%d\",method=\"GET\"} %d\n", i, i)
	}
	b.SetBytes(int64(text.Len()))
	tr := &track{Series: scenarios.Series{Name: "x", Selector: scenarios.Selector{Metric: "app_requests_total"}}}
	for i := range b.N {
		families, err := scrape.ParseText(text.String())
		if err != nil {
			b.Fatal(err)
		}
		tr.add(&scrape.Page{At: int64(i + 1), Families: families})
	}
}
