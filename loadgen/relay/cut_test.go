package relay

import (
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"rtbench/internal/testserver/loopback"
	"rtbench/proto/clock"
	"rtbench/scenarios/cell"
)

// Bytes that are sent in a partition, or on their way when it begins, arrive a delay after its end and in order;
// all others when they had arrived without it. One direction is not affected by a partition of the other, nor a
// group by that of another.
func TestPlanOfPartitions(t *testing.T) {
	const ms = int64(time.Millisecond)
	of := &partitions{}
	for _, c := range []Cut{{From: 100 * ms, To: 300 * ms, Up: true}, {From: 250 * ms, To: 400 * ms, Up: true, Down: true, Group: "a"}} {
		of.add(c)
	}
	for _, c := range []struct {
		down   bool
		group  string
		delay  int64
		sent   []int64
		arrive []int64
	}{
		{false, "a", 0, []int64{0, 99, 100, 299, 399, 400, 500}, []int64{0, 99, 400, 400, 400, 400, 500}},
		{false, "b", 0, []int64{99, 100, 299, 300, 399}, []int64{99, 300, 300, 300, 399}},
		{true, "a", 0, []int64{100, 249, 250, 399, 400}, []int64{100, 249, 400, 400, 400}},
		{true, "b", 0, []int64{100, 250, 300}, []int64{100, 250, 300}},
		{false, "b", 20, []int64{79, 80, 100, 299, 300, 500}, []int64{99, 320, 320, 320, 320, 520}},
	} {
		p := plan{network: cell.Network{Delay: time.Duration(c.delay * ms)}, cuts: &cuts{of, c.down, c.group}, random: rand.New(rand.NewPCG(1, 2))}
		for i, at := range c.sent {
			if got := p.arrive(at*ms, 100); got != c.arrive[i]*ms {
				t.Errorf("%+v: sent at %d ms, arrives at %v", c, at, time.Duration(got))
			}
		}
	}
}

// longPartition begins at once and ends long after the test.
func longPartition(t *testing.T, r *Relay, c Cut) {
	t.Helper()
	c.To = math.MaxInt64
	if err := r.Partition(c); err != nil {
		t.Fatal(err)
	}
}

// A partition of one direction lets the other pass, and one of a group other groups.
func TestPartitionOfOneDirection(t *testing.T) {
	r := start(t, cell.Network{})
	came := make(chan string, 10)
	address := loopback.Serve(t, func(nc net.Conn) {
		for b := make([]byte, 100); ; {
			n, err := nc.Read(b)
			if err != nil {
				return
			}
			came <- string(b[:n])
			_, _ = nc.Write(b[:n])
		}
	})
	connect := func(group string) net.Conn {
		nc, err := r.Connect(t.Context(), address, group, new(net.Dialer).DialContext)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = nc.Close() })
		return nc
	}
	echo := func(nc net.Conn, text string) {
		t.Helper()
		if _, err := nc.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if got := <-came; got != text {
			t.Fatalf("the server got %q, want %q", got, text)
		}
	}
	phone, desk := connect("phones"), connect("desks")
	longPartition(t, r, Cut{Down: true, Group: "phones"})
	b := make([]byte, 100)
	// The relay learns of the partition some time after the call.
	for begun := clock.Now(); ; {
		echo(phone, "up")
		_ = phone.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		if _, err := phone.Read(b); errors.Is(err, os.ErrDeadlineExceeded) {
			break
		} else if err != nil || clock.Now()-begun > int64(30*time.Second) {
			t.Fatalf("nothing is held back: %v", err)
		}
	}
	echo(desk, "both ways")
	if n, err := desk.Read(b); err != nil || string(b[:n]) != "both ways" {
		t.Errorf("%q, %v", b[:n], err)
	}
}

// In a partition no connection opens; those of clients that do not give up open afterwards. The end of a connection,
// also by a reset, arrives afterwards too.
func TestConnectingInPartition(t *testing.T) {
	r := start(t, cell.Network{})
	var accepted atomic.Int32
	ready := make(chan struct{})
	address := loopback.Serve(t, func(nc net.Conn) {
		accepted.Add(1)
		<-ready
		reset(nc)
	})
	before := dial(t, r, address)
	from := clock.Now()
	to := from + int64(400*time.Millisecond)
	if err := r.Partition(Cut{From: from, To: to, Up: true, Down: true}); err != nil {
		t.Fatal(err)
	}
	connected := make(chan error, 1)
	go func() {
		nc, err := r.Connect(t.Context(), address, "", new(net.Dialer).DialContext)
		if err == nil {
			_, err = nc.Read(make([]byte, 1))
			_ = nc.Close()
		}
		connected <- err
	}()
	close(ready)
	if _, err := before.Read(make([]byte, 1)); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("the reset: %v", err)
	}
	// Both were under way before the relay knew of the partition, or arrive after it.
	<-connected
	if now := clock.Now(); now < to && accepted.Load() < 2 {
		t.Errorf("connected %v before the end", time.Duration(to-now))
	}
	// A client that gives up in a partition is not connected.
	longPartition(t, r, Cut{From: to, Up: true, Down: true})
	for { // the relay learns of the partition some time after the call
		nc, err := net.Dial("tcp", r.address)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(nc, address+" \n")
		_ = nc.(*net.TCPConn).CloseWrite()
		n, err := nc.Read(make([]byte, 1))
		_ = nc.Close()
		if n == 1 {
			continue // connected
		}
		if !errors.Is(err, io.EOF) {
			t.Errorf("a client that gives up: %v", err)
		}
		return
	}
}
