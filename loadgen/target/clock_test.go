package target

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/report/result"
	"rtbench/scenarios"
	"rtbench/server"
)

// A server whose clock is 1,000 s ahead and gains a thousandth is found to be so, within the bound.
func TestOffsetAndDriftOfAServersClock(t *testing.T) {
	t.Parallel()
	const ahead, gains = int64(1000e9), 1e-3
	start := clock.Now()
	there := func(now int64) int64 { return now + ahead + int64(gains*float64(now-start)) }
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == proto.ClockPath {
			fmt.Fprintln(w, there(clock.Now()), 0)
		}
	}))
	defer srv.Close()
	s := &Server{Info: proto.Info{Control: strings.TrimPrefix(srv.URL, "http://"), Clock: "another"}}
	k := s.ClockOf(scenarios.Cell{Pattern: "push"})
	before, err := k.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	end := clock.Now() + int64(50*time.Millisecond)
	after := before
	for clock.Now() < end {
		if after, err = k.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	o := result.OffsetOf(before, after)
	for _, r := range []clock.Reading{before, after} {
		planted := there(r.At) - r.At
		slack := int64(gains * float64(clock.Now()-start)) // it gains during a reading
		if off := r.Offset - planted; max(off, -off) > r.Bound+slack {
			t.Errorf("offset %d, planted %d, bound %d", r.Offset, planted, r.Bound)
		}
		if off := planted - int64(o.Offset); max(off, -off) > int64(o.Bound)+slack {
			t.Errorf("from beginning to end: %d from %v, bound %v", off, o.Offset, o.Bound)
		}
	}
}

// Which clock counts depends on what the times of a cell depend on.
func TestClockOfACell(t *testing.T) {
	t.Parallel()
	s, err := server.Start(server.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	here, elsewhere := s.Info(), s.Info()
	elsewhere.Clock = "another"
	byAPI := func(host string) proto.Info {
		return proto.Info{Addresses: map[string]string{"sse": net.JoinHostPort(host, "8000")}}
	}
	cell := func(api, pattern string) scenarios.Cell {
		return scenarios.Cell{API: api, Pattern: pattern, Protocol: "sse"}
	}
	for _, e := range []struct {
		name          string
		info          proto.Info
		cell          scenarios.Cell
		another, wall bool
	}{
		{"same machine", here, cell("reference", "push"), false, false},
		{"another machine", elsewhere, cell("reference", "push"), true, false},
		{"guide's events on another machine", elsewhere, cell("guide", "push"), true, true},
		{"guide's echo on another machine", elsewhere, cell("guide", "echo"), false, false},
		{"custom", elsewhere, cell("custom", "push"), false, false},
		{"guide's events at a local address", byAPI("127.0.0.1"), cell("guide", "push"), false, false},
		{"guide's events at another address", byAPI("192.0.2.1"), cell("guide", "push"), true, false},
	} {
		k := (&Server{Info: e.info}).ClockOf(e.cell)
		if (k != nil) != e.another {
			t.Fatalf("%s: another clock: %v", e.name, k != nil)
		}
		if k == nil || !k.Known() {
			continue
		}
		r, err := k.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := int64(0)
		if e.wall {
			want = -clock.WallOffset()
		}
		if off := r.Offset - want; max(off, -off) > r.Bound+int64(time.Second) { // the wall clock may be slewed
			t.Errorf("%s: offset %d, want %d, bound %d", e.name, r.Offset, want, r.Bound)
		}
	}
}

// A server that does not tell its time is an error that says so.
func TestServerWithoutClock(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.NotFoundHandler())
	defer srv.Close()
	k := &Clock{address: strings.TrimPrefix(srv.URL, "http://")}
	if _, err := k.Read(t.Context()); err == nil || !strings.Contains(err.Error(), "is not a time; expected a server of the same version") {
		t.Errorf("the error is %v", err)
	}
}
