package target

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rtbench/scenarios"
)

// profilerOf returns a Profiler of a server that answers by h. keys are further keys of profile.
func profilerOf(t *testing.T, h http.HandlerFunc, keys string) *Profiler {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	text := fmt.Sprintf("{name: a, target: {tcp: 'tcp://127.0.0.1:1'}, pattern: echo, messages: m, match: order, load: {model: closed}, profile: {pprof: '%s'%s}}", s.URL, keys)
	parsed, err := scenarios.ParseWith("s.yaml", []byte(text), scenarios.Options{Lookup: func(name string) (string, bool) { return "value-of-" + name, true }})
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewProfiler(parsed, &Server{}, "")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Each failure names the URL, the finding and the expectation, on one line and without secrets.
func TestProfilerFailures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what string
		h    http.HandlerFunc
		want string
	}{
		{"missing", http.NotFound, "HTTP status 404 Not Found; expected Go's net/http/pprof there"},
		{"secret", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) }, "HTTP status 401 Unauthorized; expected credentials that the server accepts in profile.bearer or profile.headers"},
		{"explained", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Go-Pprof", "1")
			w.WriteHeader(400)
			fmt.Fprintln(w, "profile duration exceeds\nserver's WriteTimeout")
		}, "HTTP status 400 Bad Request: profile duration exceeds server's WriteTimeout"},
		{"gone", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "EOF"},
		{"large", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, maxProfile+1)) }, "found more than 32 MiB"},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			p := profilerOf(t, c.h, "")
			_, err := p.CPU(t.Context(), 2*time.Second)
			if err == nil || !strings.HasPrefix(err.Error(), p.Source+"/profile?seconds=2: ") || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v; expected %s", err, c.want)
			}
		})
	}
}

func TestProfilerCredentials(t *testing.T) {
	t.Setenv("PPROF_TOKEN", "value-of-token")
	p := profilerOf(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Host, " ", r.URL, " ", r.Header.Get("Authorization"), " ", r.Header.Get("X-Api-Key"))
	}, ", headers: {Host: inner.example.org, X-Api-Key: '${KEY}'}, bearer: {env: PPROF_TOKEN}")
	b, err := p.Heap(context.Background())
	if want := "inner.example.org /debug/pprof/heap?gc=1 Bearer value-of-token value-of-KEY"; err != nil || string(b) != want {
		t.Errorf("%q, %v; expected %q", b, err, want)
	}
	if strings.Contains(p.Source, "value") {
		t.Errorf("source %s", p.Source)
	}
}

// The URL of profiles is that of the gate's flag, of the scenario, or the control address of a reference server.
func TestProfilerSource(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ pprof, flag, control, want string }{
		{"http://h:6060", "", "", "http://h:6060/debug/pprof"},
		{"http://h:6060/", "", "", "http://h:6060/debug/pprof"},
		{"https://h/internal/pprof/", "", "127.0.0.1:9000", "https://h/internal/pprof"},
		{"http://h:6060", "http://b:1", "", "http://b:1/debug/pprof"},
		{"", "", "127.0.0.1:9000", "http://127.0.0.1:9000/debug/pprof"},
		{"", "", "", ""},
	} {
		server := &Server{}
		server.Info.Control = c.control
		p, err := NewProfiler(&scenarios.Scenario{Profile: scenarios.Profiling{Pprof: c.pprof}}, server, c.flag)
		if (err == nil) != (c.want != "") || err == nil && p.Source != c.want {
			t.Errorf("%+v: %v, %v", c, p, err)
		}
	}
}
