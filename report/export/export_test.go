package export

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	metricspb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"rtbench/internal/testrun"
	"rtbench/loadgen"
	"rtbench/proto/record"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// shortRun runs two repetitions of a real cell and passes each status to note.
func shortRun(t *testing.T, note func(result.Status)) {
	t.Helper()
	s, err := scenarios.Parse("x.yaml", []byte("{name: x, protocols: tcp, pattern: echo, load: {rate: 1k/s}, phases: {warmup: 20ms, steady: 2s, drain: 2s}, repetitions: 2}"))
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	_, err = loadgen.Run(context.Background(), loadgen.Options{
		Scenarios: []*scenarios.Scenario{s}, Server: []string{"/usr/bin/env", "RTBENCH_TEST=serve", self},
		OnStatus: note,
	})
	if err != nil {
		t.Fatal(err)
	}
}

func scrape(t *testing.T, url string) map[string]*dto.MetricFamily {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := (&http.Client{Transport: transport}).Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return families
}

func TestScrapeDuringARun(t *testing.T) {
	var f Metrics
	e, err := Serve("127.0.0.1:0", &f)
	if err != nil {
		t.Fatal(err)
	}
	scrapes, full := 0, map[string]*dto.MetricFamily{}
	shortRun(t, func(s result.Status) {
		f.Note(s)
		families := scrape(t, e.URL())
		scrapes++
		if s.Achieved > 0 && s.ServerKnown {
			full = families
		}
		if m := families["rtbench_phase"].GetMetric(); len(m) != 1 || label(m[0], "phase") != s.Phase || label(m[0], "cell") != "x/echo/tcp" {
			t.Errorf("in %s: %v", s.Phase, m)
		}
	})
	for _, m := range metrics {
		other := strings.HasPrefix(m.name, "rtbench_gap_") || strings.HasPrefix(m.name, "rtbench_one_way_")
		if (full[m.name] == nil) != other && len(full) > 0 {
			t.Errorf("%s in the steady phase: got %v", m.name, full[m.name])
		}
	}
	if v := full["rtbench_planned_rate"].GetMetric(); len(v) != 1 || math.Abs(v[0].GetGauge().GetValue()-1000) > 0.01 || label(v[0], "protocol") != "tcp" {
		t.Errorf("planned rate %v in %d scrapes", v, scrapes)
	}
	p50 := func(m *dto.Metric) bool { return label(m, "quantile") == "0.5" && m.GetGauge().GetValue() > 0 }
	if v := full["rtbench_response_seconds"].GetMetric(); !slices.ContainsFunc(v, p50) { // sorted by bound
		t.Errorf("response %v", v)
	}
	last := scrape(t, e.URL())
	if v := last["rtbench_recorded_total"].GetMetric(); len(v) != 1 || v[0].GetCounter().GetValue() != 4000 {
		t.Errorf("recorded %v, want the 4000 of two repetitions", v)
	}
	if v := last["rtbench_run_progress"].GetMetric(); v[0].GetGauge().GetValue() != 1 {
		t.Errorf("progress %v at the end", v)
	}
	checkNative(t, scrapeNative(t, e.URL(), "rtbench_response_histogram_seconds"))
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

// scrapeNative scrapes a native histogram, as Prometheus does: in its protobuf format.
func scrapeNative(t *testing.T, url, name string) *dto.Histogram {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited")
	response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	decoder := expfmt.NewDecoder(response.Body, expfmt.ResponseFormat(response.Header))
	for {
		var family dto.MetricFamily
		if err := decoder.Decode(&family); err != nil {
			t.Fatalf("no %s: %v", name, err)
		}
		if family.GetName() == name {
			return family.GetMetric()[0].GetHistogram()
		}
	}
}

// checkNative checks the histogram of shortRun: its counts, and that the mean lies between the bounds of its
// buckets.
func checkNative(t *testing.T, h *dto.Histogram) {
	t.Helper()
	if h.GetSampleCount() != 4000 || h.GetSchema() != scale {
		t.Errorf("%d samples, schema %d", h.GetSampleCount(), h.GetSchema())
	}
	bound := func(i int32) float64 { return math.Exp2(float64(i) / (1 << scale)) }
	total, i, n, low, high, k := int64(0), int32(0), int64(0), 0.0, 0.0, 0
	for _, span := range h.GetPositiveSpan() {
		i += span.GetOffset()
		for range span.GetLength() {
			n += h.GetPositiveDelta()[k]
			total, low, high = total+n, low+float64(n)*bound(i-1), high+float64(n)*bound(i)
			i, k = i+1, k+1
		}
	}
	if sum := h.GetSampleSum(); total != 4000 || sum < low || sum > high {
		t.Errorf("%d in the buckets, the sum of the times is %g, of the bounds %g to %g", total, sum, low, high)
	}
}

// Each value is within the bounds of its bucket, and sums are those of all values.
func TestExponential(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int64Range(0, 60e9), 1, 50).Draw(t, "values")
		one := func(v int64) exponential {
			h := record.NewHistogram()
			_ = h.RecordValue(v)
			return exponentialOf(result.Wrap(h))
		}
		var all exponential
		sum := 0.0
		for _, v := range values {
			e := one(v)
			for i := range e.counts {
				low, high := math.Exp2(float64(i)/(1<<scale)), math.Exp2(float64(i+1)/(1<<scale))
				if s := float64(v) * 1e-9; s < low*0.998 || s > high*1.002 {
					t.Fatalf("%g s is in the bucket from %g to %g", s, low, high)
				}
			}
			before := all.count
			all, sum = all.plus(e), sum+float64(v)*1e-9
			if all.count != before+1 {
				t.Fatalf("%d values, then %d", before, all.count)
			}
		}
		n := all.zeros
		for _, c := range all.counts {
			n += c
		}
		if n != uint64(len(values)) || math.Abs(all.sum-sum) > 0.002*sum+1e-9 || all.min > all.max {
			t.Fatalf("%d of %d values, sum %g, want %g", n, len(values), all.sum, sum)
		}
	})
}

// Gaps and one-way times are not exported as response times.
func TestEachKindOfTimesHasItsMetric(t *testing.T) {
	for kind, want := range map[string]string{"": "rtbench_response_seconds", "gap": "rtbench_gap_seconds", "one-way": "rtbench_one_way_seconds"} {
		for _, known := range []bool{true, false} {
			at := result.StatusTime{Known: known, At: time.Millisecond}
			var f Metrics
			f.Note(result.Status{Run: 1, Of: 1, Cell: "a", Recorded: 9, P50: at, P99: at, Times: kind})
			var got []string
			f.each(func(m metric, list []sample) {
				if strings.HasSuffix(m.name, "_seconds") && m.kind != histogram && len(list) > 0 {
					got = append(got, m.name)
				}
			})
			if !known && len(got) > 0 || known && (len(got) != 1 || got[0] != want) {
				t.Errorf("times %q, known %t: %v, want %s", kind, known, got, want)
			}
		}
	}
}

func label(m *dto.Metric, name string) string {
	for _, l := range m.GetLabel() {
		if l.GetName() == name {
			return l.GetValue()
		}
	}
	return ""
}

func TestServeOnAddressInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := Serve(l.Addr().String(), &Metrics{}); err == nil || !strings.Contains(err.Error(), l.Addr().String()) {
		t.Errorf("%v", err)
	}
}

// startCollector starts a collector that records requests.
func startCollector(t *testing.T) (url string, got chan *metricspb.ExportMetricsServiceRequest) {
	t.Helper()
	got = make(chan *metricspb.ExportMetricsServiceRequest, 100)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			z, err := gzip.NewReader(r.Body)
			if err != nil {
				t.Error(err)
				return
			}
			body = z
		}
		b, err := io.ReadAll(body)
		m := &metricspb.ExportMetricsServiceRequest{}
		if err != nil || r.URL.Path != "/v1/metrics" || proto.Unmarshal(b, m) != nil {
			t.Errorf("%s %s: %d bytes, %v", r.Method, r.URL, len(b), err)
			return
		}
		got <- m
	}))
	t.Cleanup(s.Close)
	return s.URL, got
}

// values returns the exported values by metric name and labels.
func values(m *metricspb.ExportMetricsServiceRequest) map[string]float64 {
	out := map[string]float64{}
	for _, r := range m.GetResourceMetrics() {
		for _, s := range r.GetScopeMetrics() {
			for _, m := range s.GetMetrics() {
				for _, p := range append(m.GetGauge().GetDataPoints(), m.GetSum().GetDataPoints()...) {
					key := m.GetName()
					for _, a := range p.GetAttributes() {
						key += " " + a.GetKey() + "=" + a.GetValue().GetStringValue()
					}
					out[key] = p.GetAsDouble()
				}
			}
		}
	}
	return out
}

func TestSendDuringARun(t *testing.T) {
	testrun.OnlyWithAll(t)
	url, got := startCollector(t)
	var f Metrics
	s, err := send(url, &f, 100*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	var steady map[string]float64
	shortRun(t, func(s result.Status) {
		f.Note(s)
		for steady == nil && s.Achieved > 0 { // until this status has been exported
			if v := values(<-got); v["rtbench_achieved_rate cell=x/echo/tcp pattern=echo protocol=tcp"] > 0 {
				steady = v
			}
		}
	})
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if v := steady["rtbench_planned_rate cell=x/echo/tcp pattern=echo protocol=tcp"]; math.Abs(v-1000) > 0.01 {
		t.Errorf("planned rate %v in %v", v, steady)
	}
	const p50 = "rtbench_response_seconds bound=%s cell=x/echo/tcp pattern=echo protocol=tcp quantile=0.5"
	if exact, upper := steady[fmt.Sprintf(p50, "exact")], steady[fmt.Sprintf(p50, "upper")]; (exact > 0) == (upper > 0) {
		t.Errorf("p50 %v, at most %v in %v", exact, upper, steady)
	}
	var last map[string]float64
	for len(got) > 0 {
		m := <-got
		last = values(m)
		histograms := m.GetResourceMetrics()[0].GetScopeMetrics()
		at := histograms[len(histograms)-1].GetMetrics()[0]
		if p := at.GetExponentialHistogram().GetDataPoints(); len(got) == 0 && (len(p) != 1 || at.GetName() != "rtbench_response_histogram_seconds" || p[0].GetCount() != 4000 || sumOf(p[0].GetPositive().GetBucketCounts()) != 4000) {
			t.Errorf("histogram %v", at)
		}
	}
	if v := last["rtbench_recorded_total cell=x/echo/tcp pattern=echo protocol=tcp"]; v != 4000 {
		t.Errorf("recorded %v at the end, want the 4000 of two repetitions: %v", v, last)
	}
}

func sumOf(counts []uint64) (sum uint64) {
	for _, n := range counts {
		sum += n
	}
	return sum
}

// The library's reader cancels a running export when it shuts down. That is no failure of the
// collector.
func TestExportThatIsCancelledCompletes(t *testing.T) {
	url, got := startCollector(t)
	s, err := Send(url, &Metrics{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.out.Export(ctx, &metricdata.ResourceMetrics{}); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if len(got) != 2 {
		t.Errorf("%d exports, want the cancelled and the final one", len(got))
	}
}

// Close reports a collector that is unreachable or rejects metrics.
func TestFailingCollector(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(400) }))
	defer refusing.Close()
	for _, url := range []string{"http://" + l.Addr().String(), refusing.URL} {
		s, err := Send(url, &Metrics{})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err == nil || !strings.Contains(err.Error(), "1 of 1 exports failed") {
			t.Errorf("%s: %v", url, err)
		}
	}
	for _, bad := range []string{"", "foo", "127.0.0.1:4318", "ftp://127.0.0.1", "http://", "://"} {
		if _, err := Send(bad, &Metrics{}); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

// Counters of a cell never decrease, whatever the order of statuses, and there are no more label
// values than cells.
func TestCountersNeverDecrease(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var f Metrics
		before := map[string]float64{}
		for run := range rapid.IntRange(1, 8).Draw(t, "runs") {
			name := rapid.SampledFrom([]string{"a", "b", "\xff"}).Draw(t, "cell")
			recorded := uint64(0)
			for _, phase := range []string{"server", "steady", "steady", "drain", "done"} {
				recorded += rapid.Uint64Range(0, 100).Draw(t, "more")
				s := result.Status{Run: run + 1, Of: 8, Cell: name, Phase: phase, Recorded: recorded, Done: phase == "done"}
				if phase == "server" || phase == "drain" {
					s.Recorded = 0
				}
				f.Note(s)
			}
			f.each(func(m metric, list []sample) {
				if m.name != "rtbench_recorded_total" {
					return
				}
				if len(list) > 3 {
					t.Fatalf("%d series of 3 cells", len(list))
				}
				for _, s := range list {
					if s.value < before[s.labels[0]] {
						t.Fatalf("%s went from %v to %v", s.labels[0], before[s.labels[0]], s.value)
					}
					before[s.labels[0]] = s.value
				}
			})
		}
	})
}
