//go:build linux

package acceptance

import (
	"bufio"
	"fmt"
	"net"
	"sync"
	"testing"
)

// roomServer starts a server of lines that sends each line to all connections, except that of
// its sender unless echoes is set. It keeps the last connection from getting each tenth.
func roomServer(t *testing.T, connections int, echoes bool) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var open []net.Conn
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		defer mu.Unlock()
		for _, c := range open {
			_ = c.Close()
		}
	})
	serve := func(c net.Conn) {
		n := 0
		for in := bufio.NewScanner(c); in.Scan(); n++ {
			mu.Lock()
			for i, to := range open {
				if withheld := i == connections-1 && n%10 == 0; !withheld && (echoes || to != c) {
					_, _ = fmt.Fprintln(to, in.Text())
				}
			}
			mu.Unlock()
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

// The counts of a fan-out are all of deliveries, one for each receiver of a message, and the
// messages published are counted apart.
func TestCountsOfAFanOutAreDeliveries(t *testing.T) {
	t.Parallel()
	for name, receivers := range map[string]uint64{"to all": 3, "to all others": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, o := newSession(t, nil).runScenario(t, `name: s
target: {tcp: "tcp://`+roomServer(t, 3, receivers == 3)+`"}
pattern: fanout
load: {rate: 100/s, connections: 3}
phases: {warmup: 0s, steady: 1s, drain: 1s}
`)
			n := r.Counters
			if n.Published == 0 || n.Sent != receivers*n.Published || n.Due != n.Sent+n.NotSent || n.Due != n.Recorded+n.Failed {
				t.Errorf("the counts do not add up: %+v\n%s", n, o.Stdout)
			}
			if n.Planned != n.Due || n.SenderExcluded != (receivers == 2) {
				t.Errorf("%+v", n)
			}
		})
	}
}
