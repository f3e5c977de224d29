//go:build linux

package loadgen

import (
	"bytes"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"rtbench/report"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// An exportingServer echoes messages over WebSocket and exports metrics.
type exportingServer struct {
	*httptest.Server
	messages *prometheus.CounterVec
	handled  prometheus.Histogram
}

func newExportingServer(t *testing.T) *exportingServer {
	t.Helper()
	registry := prometheus.NewRegistry()
	s := &exportingServer{
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "app_messages_total"}, []string{"route", "parity"}),
		handled:  prometheus.NewHistogram(prometheus.HistogramOpts{Name: "app_size_bytes", NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 100}),
	}
	depth := prometheus.NewGauge(prometheus.GaugeOpts{Name: "app_queue_depth"})
	depth.Set(7)
	registry.MustRegister(s.messages, s.handled, depth)
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("/ws", s.echo)
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func (s *exportingServer) echo(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer c.CloseNow()
	for i := 0; ; i++ {
		kind, p, err := c.Read(r.Context())
		if err != nil || c.Write(r.Context(), kind, p) != nil {
			return
		}
		s.messages.WithLabelValues("/ws", fmt.Sprint(i%2)).Inc()
		s.messages.WithLabelValues("/other", "0").Add(10)
		s.handled.Observe(float64(len(p)))
	}
}

const exported = `
target:
  websocket: URL/ws
  stats:
    prometheus: HTTP/metrics
    every: 100ms
    series:
      messages: app_messages_total{route="/ws"}
      queue: {metric: app_queue_depth, better: lower}
      size: app_size_bytes
      typo: app_queue_dept
pattern: echo
payload: {size: 100}
load: {rate: 400/s, connections: 4}
phases: {warmup: 100ms, steady: 1s, drain: 1s}
thresholds: [server.queue_max <= 7, server.messages_per_s > 1/s, server.size_mean == 100B, server.size_p99 < 200B, server.queue_per_s < 1/s]
`

func TestServerMetrics(t *testing.T) {
	t.Parallel()
	s := newExportingServer(t)
	text := "name: exported" + strings.NewReplacer("URL", "ws"+strings.TrimPrefix(s.URL, "http"), "HTTP", s.URL).Replace(exported)
	res, err := Run(t.Context(), Options{Scenarios: []*scenarios.Scenario{parse(t, text)}})
	if err != nil {
		t.Fatal(err)
	}
	rep := res.Cells[0].Repetitions[0]
	if rep.Error != "" || rep.ServerMetrics == nil {
		t.Fatalf("%s; %+v", rep.Error, rep.ServerMetrics)
	}
	t.Logf("%+v", rep.ServerMetrics)
	if m := rep.ServerMetrics; m.Readings < 2 || m.Failed > 0 || m.Bytes == 0 {
		t.Errorf("%+v", m)
	}
	for name, want := range map[string]float64{"queue_mean": 7, "queue_max": 7, "size_mean": 100} {
		if got := rep.ServerNumber(name); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if got := rep.ServerNumber("size_p99"); got < 100 || got > 110 {
		t.Errorf("the upper bound of a native histogram's p99 is %v, want at most 10 %% above 100", got)
	}
	rate, each := rep.ServerNumber("messages_per_s"), rep.ServerNumber("messages_per_message")
	if want := float64(rep.Counters.Recorded); !(rate > 0) || each > 2 || math.Abs(each*want-rate) > 1e-6*rate {
		t.Errorf("%v per second, %v per message of %v", rate, each, want)
	}
	if reasons := strings.Join(rep.Validity.Reasons(), "\n"); !strings.Contains(reasons, "typo: no series app_queue_dept; did you mean app_queue_depth?") {
		t.Error(reasons)
	}
	for i, want := range []string{"", "", "", "", "queue is a gauge, which has server.queue_mean and server.queue_max"} {
		if o := rep.Thresholds[i]; o.Holds != (want == "") || !strings.Contains(o.Error, want) {
			t.Errorf("%+v, want %q", o, want)
		}
	}
	checkServerReports(t, res)
}

// checkServerReports checks that every report has the metrics.
func checkServerReports(t *testing.T, res *result.Result) {
	t.Helper()
	for _, f := range report.Formats[:5] {
		var out bytes.Buffer
		if err := f.Write(&out, res); err != nil {
			t.Fatal(f.Name, err)
		}
		for _, want := range []string{"queue", "messages", "size"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s lacks %s:\n%s", f.Name, want, out.String())
			}
		}
		if f.Name == "text" || f.Name == "details" {
			t.Log(out.String())
		}
	}
}

// The CPU time of workers that come and go is in that of their parent.
func TestServerMetricsOfWorkers(t *testing.T) {
	t.Parallel()
	s := newExportingServer(t)
	c := exec.Command("sh", "-c", "while read x <&3; do (i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done); done 3<&0 & while :; do sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done'; done")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	text := fmt.Sprintf(`{name: workers, target: {websocket: "ws%s/ws", stats: {pid: %d, children: true, every: 100ms}}, pattern: echo,
		load: {rate: 100/s, connections: 1}, phases: {warmup: 0s, steady: 500ms, drain: 1s}}`, strings.TrimPrefix(s.URL, "http"), c.Process.Pid)
	res, err := Run(t.Context(), Options{Scenarios: []*scenarios.Scenario{parse(t, text)}})
	if err != nil {
		t.Fatal(err)
	}
	rep := res.Cells[0].Repetitions[0]
	if rep.Error != "" || !rep.Server.Known || rep.Server.CPU <= 0 || !strings.HasSuffix(rep.Server.Source, "and its descendants") {
		t.Errorf("%s; %+v", rep.Error, rep.Server)
	}
	if rep.ServerNumber("processes_max") < 1 || math.IsNaN(rep.ServerNumber("processes_ended")) {
		t.Errorf("%+v", rep.ServerMetrics)
	}
}

// The memory of a real control group is read.
func TestServerMetricsOfControlGroup(t *testing.T) {
	t.Parallel()
	s := newExportingServer(t)
	text := fmt.Sprintf(`{name: group, target: {websocket: "ws%s/ws", stats: {pid: %d, cgroup: pid, every: 100ms}}, pattern: echo,
		load: {rate: 100/s, connections: 1}, phases: {warmup: 0s, steady: 500ms, drain: 1s}}`, strings.TrimPrefix(s.URL, "http"), os.Getpid())
	res, err := Run(t.Context(), Options{Scenarios: []*scenarios.Scenario{parse(t, text)}})
	if err != nil {
		if strings.Contains(err.Error(), "not visible") {
			t.Skip(err)
		}
		t.Fatal(err)
	}
	rep := res.Cells[0].Repetitions[0]
	if got := rep.ServerNumber("cgroup_memory_peak"); rep.Error != "" || !(got > 0) {
		t.Errorf("%s; %+v", rep.Error, rep.ServerMetrics)
	}
}
