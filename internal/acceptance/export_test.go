//go:build linux

package acceptance

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/thirdparty"
)

// scrape returns the counters that Prometheus would read, by name and cell, or nil if nothing
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

// Scraped counters never decrease, never exceed those of the result, and equal them once a cell
// has ended.
func TestScrapedCountersMatchTheResult(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	t.Run("answered by errors", func(t *testing.T) {
		t.Parallel()
		server := thirdparty.Start(t, "python-websockets")
		checkScrapes(t, scenario{
			target: webSocketTarget(server, "/jsonrpc"), phases: "warmup: 300ms, steady: 1s, drain: 10s",
			more: `messages: ['{"id":{{.RequestNumber}},"method":"sum","params":[1]}', '{"id":{{.RequestNumber}},"method":"no"}']
match: {field: id}
expect: {field: result}
`,
		}, 100)
	})
	t.Run("lost", func(t *testing.T) {
		t.Parallel()
		address := lineServer(t, func(_ int, line string) string {
			if strings.Contains(line, `5}`) { // every tenth
				return ""
			}
			return line
		})
		checkScrapes(t, scenario{target: tcpTarget(address), phases: "warmup: 300ms, steady: 1s, drain: 500ms", more: numbered}, 20)
	})
}

// checkScrapes runs a scenario in two cells of 200 messages, of which failed fail.
func checkScrapes(t *testing.T, sc scenario, failed uint64) {
	t.Helper()
	address := freeAddress(t)
	sc.load = "rate: 200/s, connections: [1, 2]"
	s := newSession(t, nil)
	s.write("s.yaml", sc.text())
	ended := s.start(s.command("run", "s.yaml", "--quiet", "--prometheus", address, "--out", "r"))
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var seen []map[string]uint64
	var o outcome
	for running := true; running; {
		select {
		case o = <-ended:
			running = false
		case <-tick.C:
			if now := scrape(address); len(now) > 0 {
				seen = append(seen, now)
			}
		}
	}
	if len(seen) < 5 {
		t.Fatalf("%d scrapes\n%s%s", len(seen), o.Stdout, o.Stderr)
	}
	last := seen[len(seen)-1]
	for i, cell := range o.result("r").Cells {
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
