//go:build linux

package acceptance

import (
	"bufio"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// dyingServer starts a server of lines that sends each line back, and that ends as a whole once
// it has received so many. It returns its host and port.
func dyingServer(t *testing.T, lines int) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var open []net.Conn
	end := func() {
		_ = l.Close()
		for _, c := range open {
			_ = c.Close()
		}
	}
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		end()
	})
	serve := func(c net.Conn) {
		for in := bufio.NewScanner(c); in.Scan(); {
			mu.Lock()
			if lines--; lines <= 0 {
				end()
			}
			mu.Unlock()
			if _, err := fmt.Fprintln(c, in.Text()); err != nil {
				return
			}
		}
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			go serve(c)
		}
	}()
	return l.Addr().String()
}

const closedLoop = `pattern: echo
messages: '{"id":{{.RequestNumber}}}'
match: {field: id}
load: {model: closed, connections: 4, think: 5ms}
phases: {warmup: 100ms, steady: 1s, drain: 1s}
thresholds: [failed_rate < 0.9, throughput > 1/s]
`

// A closed loop whose streams are not at work has neither a throughput nor a rate of failures
// that could be used, and thresholds on them do not hold.
func TestClosedLoopWithoutStreams(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, more, why string
		server          func(t *testing.T) string
	}{
		{
			name: "the server ends", why: "no stream was open for ",
			server: func(t *testing.T) string { return dyingServer(t, 150) },
		},
		{
			name: "the server ends, without reconnecting", more: "reconnect: false\n", why: "no stream was open for ",
			server: func(t *testing.T) string { return dyingServer(t, 150) },
		},
		{
			name: "replies lost in the warm-up", why: "3 of 4 streams were waiting for a reply that never came for the whole steady phase",
			server: func(t *testing.T) string {
				var mu sync.Mutex
				left := 3 // streams whose first message is not answered
				return lineServer(t, func(n int, line string) string {
					mu.Lock()
					defer mu.Unlock()
					if n == 0 && left > 0 {
						left--
						return ""
					}
					return line
				})
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSession(t, map[string]string{"s.yaml": "name: s\ntarget: {tcp: \"tcp://" + c.server(t) + "\"}\n" + closedLoop + c.more})
			o := s.rtbench("run", "s.yaml", "--quiet", "--out", "r").wantCode(99)
			r := o.result("r").Cells[0].Repetitions[0]
			for _, metric := range []string{"throughput", "failed_rate"} {
				if !slices.Contains(r.Validity.Unusable, metric) || !strings.Contains(r.WhyUnusable(metric), c.why) {
					t.Errorf("%s can be used, or for another reason: %v", metric, r.Validity)
				}
			}
			for _, threshold := range r.Thresholds {
				if threshold.Holds || !strings.Contains(threshold.Error, c.why) {
					t.Errorf("%+v", threshold)
				}
			}
			if st := r.StreamTime; st.Total != 4*time.Second || 2*(st.NotOpen+st.Waiting) <= st.Total {
				t.Errorf("stream time %+v", st)
			}
		})
	}
}

// Streams that wait for a slow server are at work.
func TestClosedLoopWithASlowServer(t *testing.T) {
	t.Parallel()
	address := lineServer(t, func(_ int, line string) string {
		time.Sleep(300 * time.Millisecond)
		return line
	})
	s := newSession(t, map[string]string{"s.yaml": "name: s\ntarget: {tcp: \"tcp://" + address + "\"}\n" + closedLoop})
	r := s.rtbench("run", "s.yaml", "--quiet", "--out", "r").result("r").Cells[0].Repetitions[0]
	if st := r.StreamTime; st.Total != 4*time.Second || st.NotOpen+st.Waiting+st.Resting+st.Paused != 0 || !r.Usable("failed_rate") {
		t.Errorf("stream time %+v, %v", st, r.Validity)
	}
}
