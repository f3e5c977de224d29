package target

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"rtbench/internal/testserver/busy"
	"rtbench/loadgen/scrape"
	"rtbench/scenarios"
)

func source(t *testing.T, s scenarios.Stats) *statsSource {
	t.Helper()
	all, err := newSources(withStats(s))
	if err != nil {
		t.Fatal(err)
	}
	return all.stats(s)
}

func withStats(s scenarios.Stats) *scenarios.Scenario {
	return &scenarios.Scenario{Custom: &scenarios.Target{Stats: s}}
}

func TestStatsOfAProcess(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells what another process has used")
	}
	p := busy.Start(t)
	p.Work()
	src := source(t, scenarios.Stats{PIDs: []int{p.PID}})
	s, err := src.read(context.Background())
	if err != nil || s.CPU <= 0 || s.RSS <= 0 {
		t.Errorf("%+v, %v", s, err)
	}
	if want := fmt.Sprintf("pid %d", p.PID); src.name != want {
		t.Errorf("its name is %q, want %q", src.name, want)
	}
	p.End()
	if s, err := src.read(context.Background()); err == nil || s.CPU != 0 {
		t.Errorf("of a process that has ended: %+v, %v", s, err)
	}
}

const goodMetrics = `# HELP process_cpu_seconds_total Total user and system CPU time spent in seconds.
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total 12.25
# TYPE process_resident_memory_bytes gauge
process_resident_memory_bytes 4.1e+07
# TYPE go_goroutines gauge
go_goroutines 9
# TYPE go_gc_duration_seconds summary
go_gc_duration_seconds{quantile="0"} 1e-05
go_gc_duration_seconds_sum 0.5
go_gc_duration_seconds_count 40
`

func TestStatsOfPrometheus(t *testing.T) {
	answers := map[string]string{
		"good":      goodMetrics,
		"bare":      "process_cpu_seconds_total{worker=\"1\"} 1\nprocess_cpu_seconds_total{worker=\"2\"} 2\nprocess_resident_memory_bytes 5\n",
		"no-cpu":    "a 1\nprocess_resident_memory_bytes 5\n",
		"no-memory": "process_cpu_seconds_total 1\n",
		"empty":     "",
		"negative":  "process_cpu_seconds_total -1\nprocess_resident_memory_bytes 5\n",
		"nan":       "process_cpu_seconds_total NaN\nprocess_resident_memory_bytes 5\n",
		"html":      "<html>no</html>",
		"long":      strings.Repeat("# a comment of a line\n", 4<<20/20),
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := answers[strings.TrimPrefix(r.URL.Path, "/")]
		if !ok || r.URL.Query().Get("token") != "secret" {
			http.Error(w, "no", http.StatusNotFound)
			return
		}
		_, _ = w.Write([]byte(text))
	}))
	defer s.Close()
	get := func(path string) (string, error) {
		src := source(t, scenarios.Stats{Prometheus: s.URL + "/" + path + "?token=secret"})
		if want := "prometheus " + strings.TrimPrefix(s.URL, "http://") + "/" + path; src.name != want {
			t.Errorf("its name is %q, want %q", src.name, want)
		}
		u, err := src.read(context.Background())
		return fmt.Sprintf("%v %d B %d %d %v", u.CPU, u.RSS, u.Goroutines, u.GCs, u.GCPause), err
	}
	for path, want := range map[string]string{"good": "12.25s 41000000 B 9 40 500ms", "bare": "3s 5 B 0 0 0s"} {
		if got, err := get(path); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", path, got, err, want)
		}
	}
	for path, want := range map[string]string{
		"no-cpu":    "no metric process_cpu_seconds_total; found process_resident_memory_bytes, a",
		"no-memory": "no metric process_resident_memory_bytes; found process_cpu_seconds_total",
		"empty":     "found none",
		"negative":  "process_cpu_seconds_total is -1; expected a number from 0 to",
		"nan":       "process_cpu_seconds_total is NaN",
		"html":      "not the Prometheus text format",
		"long":      "more than 4 MiB of metrics",
		"elsewhere": "HTTP status 404 Not Found; expected 200",
	} {
		if got, err := get(path); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %s, %v; want %q", path, got, err, want)
		}
	}
}

// A server that does not answer blocks nothing, and errors show no secret.
func TestStatsTimeout(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	release := make(chan struct{})
	asked := make(chan struct{}, 2)
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-release
	}))
	defer silent.Close()
	defer close(release)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for _, at := range []string{silent.URL, gone.URL} {
		for _, s := range []scenarios.Stats{{Prometheus: at + "/metrics?token=secret"}, {Rtbench: at}} {
			if u, err := source(t, s).read(ctx); err == nil || strings.Contains(err.Error(), "secret") {
				t.Errorf("%+v: %+v, %v", s, u, err)
			}
		}
	}
	if len(asked) != 2 || ctx.Err() != nil {
		t.Errorf("asked %d times; %v", len(asked), ctx.Err())
	}
}

// Reference servers have a control address.
func TestStatsOfRtbench(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/stats" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(`{"cpu_ns": 5, "rss_bytes": 6, "spin_ns": 1}`))
	}))
	defer s.Close()
	for _, control := range []string{s.URL, s.URL + "/", strings.TrimPrefix(s.URL, "http://")} {
		src := source(t, scenarios.Stats{Rtbench: control})
		u, err := src.read(context.Background())
		if err != nil || u.CPU != 5 || u.RSS != 6 || u.Spin != 1 {
			t.Errorf("%+v, %v", u, err)
		}
		if want := "rtbench " + strings.TrimPrefix(s.URL, "http://"); src.name != want {
			t.Errorf("its name is %q, want %q", src.name, want)
		}
	}
}

func TestNewSources(t *testing.T) {
	none := source(t, scenarios.Stats{})
	if _, err := none.read(context.Background()); err == nil || none.name != "" {
		t.Errorf("no source: %v, %q", err, none.name)
	}
	for want, s := range map[string]scenarios.Stats{
		"target.stats.prometheus: expected a URL": {Prometheus: "127.0.0.1:9100/metrics?token=secret"},
		"expected a URL such as http://":          {Prometheus: "ftp://127.0.0.1/secret"},
		"expected a URL such as http://127.0.0.":  {Prometheus: "http:///secret"},
	} {
		if _, err := newSources(withStats(s)); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%+v: %v, want %q", s, err, want)
		}
	}
	if _, err := source(t, scenarios.Stats{PIDs: []int{-1}}).read(context.Background()); err == nil {
		t.Error("there is a process -1")
	}
}

func FuzzPrometheus(f *testing.F) {
	for _, text := range []string{goodMetrics, "", "a 1\n", "process_cpu_seconds_total 1e400\nprocess_resident_memory_bytes +Inf\n", "# TYPE a histogram\na_bucket{le=\"1\"} 1\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		families, err := scrape.ParseText(text)
		if err != nil {
			return
		}
		s, err := processOf(families)
		if err == nil && (s.CPU < 0 || s.RSS < 0 || s.Goroutines < 0 || s.GCs < 0 || s.GCPause < 0) {
			t.Errorf("%+v of %q", s, text)
		}
	})
}
