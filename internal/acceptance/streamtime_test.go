//go:build linux

package acceptance

import (
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rtbench/internal/testrun"
)

// dyingServer starts a line echo that closes everything after the given number of lines.
func dyingServer(t *testing.T, lines int64) string {
	t.Helper()
	var received atomic.Int64
	s := listen(t)
	return s.serve(func(_ int, c net.Conn) {
		answerLines(c, func(_ int, line string) string {
			if received.Add(1) >= lines {
				s.close()
			}
			return line
		})
	})
}

// closedLoop returns a closed loop of four streams against a line server.
func closedLoop(address, more string) scenario {
	return scenario{
		target: tcpTarget(address), load: "model: closed, connections: 4, think: 5ms", phases: "warmup: 100ms, steady: 1s, drain: 1s",
		more: numbered + "thresholds: [failed_rate < 0.9, throughput > 1/s]\n" + more,
	}
}

// If most streams of a closed loop are closed or stuck, its throughput and failure rate are
// unusable, and thresholds on them fail.
func TestClosedLoopWithoutStreams(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	for _, c := range []struct {
		name, more, why string
		server          func(t *testing.T) string
	}{
		{
			name: "the server ends", why: "no stream was open for ",
			server: func(t *testing.T) string { return dyingServer(t, 150) },
		},
		{
			name: "the server ends, without reconnecting", more: "reconnect: none\n", why: "no stream was open for ",
			server: func(t *testing.T) string { return dyingServer(t, 150) },
		},
		{
			name: "replies lost in the warm-up", why: "3 of 4 streams were waiting for a reply that never came for the whole steady phase",
			server: func(t *testing.T) string {
				return listen(t).serve(func(connection int, c net.Conn) {
					answerLines(c, func(n int, line string) string {
						if n == 0 && connection < 3 {
							return ""
						}
						return line
					})
				})
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, o := newSession(t, nil).measure(closedLoop(c.server(t), c.more))
			o.wantCode(99)
			// On a busy machine a pause of the generator may be the first reason.
			because := func(text string) bool {
				return strings.Contains(text, c.why) || strings.Contains(text, "the generator did not run")
			}
			for _, metric := range []string{"throughput", "failed_rate"} {
				if !slices.Contains(r.Validity.Unusable, metric) || !because(r.WhyUnusable(metric)) {
					t.Errorf("%s is usable, or unusable for another reason: %v", metric, r.Validity)
				}
			}
			if !strings.Contains(strings.Join(r.Validity.Reasons(), "\n"), c.why) {
				t.Errorf("want %q in %q", c.why, r.Validity.Reasons())
			}
			for _, threshold := range r.Thresholds {
				if threshold.Holds || !because(threshold.Error) {
					t.Errorf("%+v", threshold)
				}
			}
			if st := r.StreamTime; st.Total != 4*time.Second || 10*(st.NotOpen+st.Waiting) <= st.Total {
				t.Errorf("stream time %+v", st)
			}
		})
	}
}

// Time that streams spend waiting for a slow server's replies is not lost.
func TestClosedLoopWithASlowServer(t *testing.T) {
	t.Parallel()
	address := lineServer(t, func(_ int, line string) string {
		<-time.After(300 * time.Millisecond) // a slow server
		return line
	})
	r, _ := newSession(t, nil).measure(closedLoop(address, ""))
	if st := r.StreamTime; st.Total != 4*time.Second || st.NotOpen+st.Waiting+st.Resting+st.Paused != 0 || !r.Usable("failed_rate") {
		t.Errorf("stream time %+v, %v", st, r.Validity)
	}
}
