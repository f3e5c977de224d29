package drivers_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"rtbench/internal/testrun"
	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/pace"
	"rtbench/proto/record"
	"rtbench/server"
)

// faultPlan returns a call of n messages, 100 µs apart.
func faultPlan(pattern proto.Pattern, n int, fault string) proto.Call {
	now := clock.Now()
	length := time.Duration(n) * 100 * time.Microsecond
	return proto.Call{
		Pattern: pattern, Size: 200, Of: 1, Topic: fault, Fault: fault, Origin: now, SteadyFrom: now, SteadyTo: now + int64(length),
		Profile: pace.Profile{{Duration: length, From: 1e4, To: 1e4}},
	}
}

// exchangeAll sends n messages, or lets the server send them, and returns their ledger. It calls see for
// each received message.
func exchangeAll(t *testing.T, st *driver.Stream, c proto.Call, n int, see func(h proto.Header, at int64)) record.Ledger {
	t.Helper()
	if !c.Pattern.FromServer() {
		m := proto.NewMessage(c.Size, c.Text)
		for i := range n {
			if err := st.Send(m.Stamp(proto.Header{Seq: uint64(i), Intended: c.SteadyFrom, Sent: clock.Now()})); err != nil {
				t.Fatalf("send %d: %v", i, err)
			}
		}
		if err := st.CloseSend(); err != nil {
			t.Fatal(err)
		}
	}
	var l record.Ledger
	var received record.Sequence
	err := drivertest.Bounded(t, "a faulty stream", func() error {
		for {
			p, err := st.Recv()
			if err != nil {
				return err
			}
			if c.Pattern == proto.Upload {
				sum, err := record.NewSink(c.Window()).Merge(p)
				if err != nil {
					return err
				}
				l = sum.Ledger
				continue
			}
			h, err := proto.ParseHeader(p, c.Text)
			if err != nil {
				return err
			}
			see(h, clock.Now())
			received.Note(h.Seq, false)
			l = received.Ledger()
		}
	})
	if !errors.Is(err, io.EOF) {
		t.Fatalf("%s with %s ended with %v", c.Pattern, c.Fault, err)
	}
	l.Close(uint64(n))
	return l
}

// Exactly the configured messages are lost, duplicated and swapped.
func TestFaultsAreExact(t *testing.T) {
	const n = 120
	counts := map[string]record.Tally{
		"lose=10":                          {Received: n - 12, Lost: 12},
		"duplicate=10":                     {Received: n, Duplicates: 12},
		"swap=10":                          {Received: n, OutOfOrder: 11}, // the last has no successor
		"delay=50us,lose=3":                {Received: n - 40, Lost: 40},
		"uniform=1us..90us,duplicate=120":  {Received: n, Duplicates: 1},
		"exponential=20us,swap=2,work=1us": {Received: n, OutOfOrder: 59},
		"work=10us":                        {Received: n},
		"stall=5ms/10ms":                   {Received: n},
	}
	forEach(t, func(t *testing.T, s *server.Server, protocol string) {
		d := drivertest.Dial(t, s, protocol)
		for fault, want := range counts {
			for _, pattern := range proto.Patterns {
				if pattern.Name == proto.Generate { // its requests are tested with whole answers
					continue
				}
				c := faultPlan(pattern.Name, n, fault)
				got := exchangeAll(t, drivertest.Open(t, d, c), c, n, func(proto.Header, int64) {})
				if got.Received != want.Received || got.Lost != want.Lost || got.Duplicates != want.Duplicates ||
					got.OutOfOrder != want.OutOfOrder || got.Corrupt != 0 {
					t.Errorf("%s with %s: %+v, want %+v", pattern.Name, fault, got, want)
				}
			}
		}
	})
}

// A faulty and a valid subscriber of the same topic do not affect each other.
func TestFaultAffectsOneSubscriber(t *testing.T) {
	testrun.OnlyWithAll(t)
	const n = 200
	forEach(t, func(t *testing.T, s *server.Server, protocol string) {
		d := drivertest.Dial(t, s, protocol)
		c := faultPlan(proto.Fanout, n, "")
		c.Topic, c.Origin = "both", c.Origin+int64(time.Second) // both are open by then
		valid := drivertest.Open(t, d, c)
		c.Fault = "delay=200us,duplicate=2,swap=3"
		faulty := drivertest.Open(t, d, c)
		none := func(proto.Header, int64) {}
		if l := exchangeAll(t, faulty, c, n, none); l.Received != n || l.Duplicates != n/2 || l.OutOfOrder != (n-1)/3 {
			t.Errorf("the faulty stream: %+v", l)
		}
		if l := exchangeAll(t, valid, c, n, none); l.Received != n || l.Duplicates+l.OutOfOrder+l.Lost > 0 {
			t.Errorf("the valid stream: %+v", l)
		}
	})
}

// No message arrives before its delay has passed, or during a stall.
func TestFaultsAreNeverEarly(t *testing.T) {
	const n, delay = 20, int64(2 * time.Millisecond)
	forEach(t, func(t *testing.T, s *server.Server, protocol string) {
		d := drivertest.Dial(t, s, protocol)
		for _, pattern := range []proto.Pattern{proto.Echo, proto.Push, proto.Fanout} {
			c := faultPlan(pattern, n, "delay=2ms")
			var first int64
			exchangeAll(t, drivertest.Open(t, d, c), c, n, func(h proto.Header, at int64) {
				if h.Seq == 0 {
					first = h.Sent
				}
				if at-h.Sent < delay || at-first < int64(h.Seq+1)*delay {
					t.Errorf("%s: message %d arrived %d ns after it was sent, %d ns after the first one", pattern, h.Seq, at-h.Sent, at-first)
				}
			})
			c = faultPlan(pattern, n, "stall=50ms/100ms")
			c.SteadyTo = c.SteadyFrom + int64(100*time.Millisecond)
			from, to := c.SteadyFrom+int64(25*time.Millisecond), c.SteadyFrom+int64(75*time.Millisecond)
			exchangeAll(t, drivertest.Open(t, d, c), c, n, func(h proto.Header, at int64) {
				if h.Sent >= from && at < to {
					t.Errorf("%s: message %d was sent in a stall", pattern, h.Seq)
				}
			})
		}
	})
}

// A stream with a delay of a minute ends as soon as its client or its server closes it.
func TestDelaysDoNotOutliveTheStream(t *testing.T) {
	forEach(t, func(t *testing.T, s *server.Server, protocol string) {
		d := drivertest.Dial(t, s, protocol)
		for _, pattern := range []proto.Pattern{proto.Push, proto.Fanout} {
			c := faultPlan(pattern, 10, "delay=1m")
			c.Topic = string(pattern)
			_ = drivertest.Open(t, d, c).Close()
		}
		for deadline := time.Now().Add(drivertest.Timeout); s.Stats().Streams > 0; {
			if time.Now().After(deadline) {
				t.Fatal("the server still holds messages for a closed client")
			}
		}
		for _, pattern := range []proto.Pattern{proto.Echo, proto.Upload, proto.Push} {
			st := drivertest.Open(t, d, faultPlan(pattern, 10, "delay=1m"))
			if pattern == proto.Echo {
				if err := st.Send(make([]byte, 64)); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = drivertest.Bounded(t, "Close of a server that delays", func() error { s.Close(); return nil })
	})
}

func TestInvalidFaultIsRefused(t *testing.T) {
	forEach(t, func(t *testing.T, s *server.Server, protocol string) {
		ctx, cancel := context.WithTimeout(context.Background(), drivertest.Timeout)
		defer cancel()
		_, err := drivertest.Dial(t, s, protocol).Open(ctx, proto.Call{Pattern: proto.Echo, Fault: "dealy=10ms"})
		if !errors.Is(err, driver.ErrRefused) || !strings.Contains(fmt.Sprint(err), "unknown fault") {
			t.Fatalf("Open with an unknown fault: %v", err)
		}
	})
}

// The server's fault applies to calls without a fault.
func TestServerFault(t *testing.T) {
	s := drivertest.StartServer(t, server.Config{Fault: "lose=2"})
	c := faultPlan(proto.Echo, 10, "")
	d := drivertest.Dial(t, s, "tcp")
	if l := exchangeAll(t, drivertest.Open(t, d, c), c, 10, func(proto.Header, int64) {}); l.Lost != 5 {
		t.Errorf("the server's fault: %+v", l)
	}
	c.Fault = "lose=10"
	if l := exchangeAll(t, drivertest.Open(t, d, c), c, 10, func(proto.Header, int64) {}); l.Lost != 1 {
		t.Errorf("the call's fault: %+v", l)
	}
}
