package server_test

import (
	"fmt"
	"io"
	"math"
	"testing"

	"github.com/gobwas/ws"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/server"
)

// Well-formed but impossible calls: overflowing times and rates must not crash the server
// or exhaust its memory.
func TestHostileCalls(t *testing.T) {
	now := clock.Now()
	times := []int64{math.MinInt64, -1, 0, 1, now - 1e9, now, now + 1e15, math.MaxInt64}
	s := start(t, server.Config{})
	survive(t, s, func(t *testing.T) {
		for _, from := range times {
			for _, to := range times {
				for _, origin := range times {
					call := fmt.Sprintf("origin=%d&steady_from=%d&steady_to=%d&profile=1000000000:1000:1000", origin, from, to)
					upload(t, s, call, from, to)
				}
			}
		}
		for _, profile := range []string{"9223372036854775807:0:1e9", "1:1e9:1e9", "1:0:0", "9223372036854775807:1e9:0,9223372036854775807:1e9:1e9", ""} {
			for _, more := range []string{"size=0", "size=1048576", "size=1&text=1", "seed=-9223372036854775808&arrivals=poisson", "share=9223372036854775806&of=9223372036854775807"} {
				for _, origin := range times {
					for _, pattern := range []string{"push", "fanout&topic=t"} {
						listen(t, s, fmt.Sprintf("%s&%s&profile=%s&origin=%d&steady_from=%d", pattern, more, profile, origin, -origin))
					}
				}
			}
		}
	})
}

// upload sends messages of the phase and the end, and expects a reply or a refusal.
func upload(t *testing.T, s *server.Server, call string, from, to int64) {
	t.Helper()
	nc := raw(t, s, "websocket")
	defer nc.Close()
	_, _ = fmt.Fprintf(nc, "GET /bench?pattern=upload&%s HTTP/1.1\r\n%s%s\r\n", call, host, upgrade)
	for seq, at := range []int64{from, to - 1, 0, math.MaxInt64} {
		p := proto.NewMessage(64, false).Stamp(proto.Header{Seq: uint64(seq) << 61, Intended: at, Sent: -at})
		_ = ws.WriteFrame(nc, ws.MaskFrame(ws.NewBinaryFrame(p)))
	}
	_ = ws.WriteFrame(nc, ws.MaskFrame(ws.NewCloseFrame(nil)))
	got, err := io.ReadAll(nc)
	if isTimeout(err) || len(got) == 0 && err == nil {
		t.Fatalf("%s: %q, %v", call, got, err)
	}
}

// listen opens a stream and closes it after the first bytes.
func listen(t *testing.T, s *server.Server, call string) {
	t.Helper()
	nc := raw(t, s, "websocket")
	defer nc.Close()
	_, _ = fmt.Fprintf(nc, "GET /bench?pattern=%s HTTP/1.1\r\n%s%s\r\n", call, host, upgrade)
	if got, err := until(nc, "\r\n\r\n"); err != nil {
		t.Fatalf("%s: %q, %v", call, got, err)
	}
}
