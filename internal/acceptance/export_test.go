//go:build linux

package acceptance

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"rtbench/loadgen/foreign"
)

// freeAddress returns an address on which nothing listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// scrape returns the counters that Prometheus would read, by name and cell; nil if nothing
// listens.
func scrape(address string) map[string]uint64 {
	resp, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil
	}
	all := map[string]uint64{}
	for line := range strings.Lines(string(b)) {
		name, rest, found := strings.Cut(line, `{cell="`)
		cell, _, _ := strings.Cut(rest, `"`)
		var value float64
		if _, err := fmt.Sscan(line[strings.LastIndexByte(line, ' ')+1:], &value); err == nil && found && strings.HasSuffix(name, "_total") {
			all[name+" "+cell] = uint64(value)
		}
	}
	return all
}

// The counters that Prometheus scrapes never go back, are never above those of the result, and
// are the same once a cell has ended.
func TestScrapedCountersAreThoseOfTheResult(t *testing.T) {
	t.Parallel()
	const load = "pattern: echo\nmatch: {field: id}\nload: {rate: 200/s, connections: [1, 2]}\n"
	t.Run("answered by errors", func(t *testing.T) {
		t.Parallel()
		server := foreign.Start(t, "python-websockets")
		checkScrapes(t, load+`target: {websocket: "`+server.URL("ws", "/jsonrpc")+`"}
messages: ['{"id":{{.RequestNumber}},"method":"sum","params":[1]}', '{"id":{{.RequestNumber}},"method":"no"}']
expect: {field: result}
phases: {warmup: 300ms, steady: 1s, drain: 10s}
`, 100)
	})
	t.Run("lost", func(t *testing.T) {
		t.Parallel()
		address := lineServer(t, func(_ int, line string) string {
			if strings.Contains(line, `5}`) { // every tenth
				return ""
			}
			return line
		})
		checkScrapes(t, load+`target: {tcp: "tcp://`+address+`"}
messages: '{"id":{{.RequestNumber}}}'
phases: {warmup: 300ms, steady: 1s, drain: 500ms}
`, 20)
	})
}

// checkScrapes runs a scenario of two cells, in each of which so many messages fail.
func checkScrapes(t *testing.T, scenario string, failed uint64) {
	t.Helper()
	address := freeAddress(t)
	s := newSession(t, map[string]string{"s.yaml": "name: s\n" + scenario})
	c := s.command("run", "s.yaml", "--quiet", "--prometheus", address, "--out", "r")
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	var seen []map[string]uint64
	for running := true; running; {
		select {
		case <-ended:
			running = false
		case <-time.After(50 * time.Millisecond):
			if now := scrape(address); len(now) > 0 {
				seen = append(seen, now)
			}
		}
	}
	if len(seen) < 5 {
		t.Fatalf("%d scrapes\n%s", len(seen), out.String())
	}
	last := seen[len(seen)-1]
	for i, cell := range (outcome{t: t, Dir: s.Dir, Stdout: out.String()}).result("r").Cells {
		n := cell.Repetitions[0].Counters
		if n.Failed != failed || n.Recorded != 200-failed {
			t.Errorf("%s: %+v", cell.ID, n)
		}
		for name, want := range map[string]uint64{"rtbench_recorded_total": n.Recorded, "rtbench_failed_total": n.Failed, "rtbench_errors_total": n.ErrorCount()} {
			key, before := name+" "+cell.ID, uint64(0)
			for _, values := range seen {
				if now := values[key]; now < before || now > want {
					t.Errorf("%s: %d after %d, the result has %d", key, now, before, want)
				}
				before = values[key]
			}
			if i == 0 && last[key] != want { // it has ended
				t.Errorf("%s: %d at the end, the result has %d", key, last[key], want)
			}
		}
	}
}
