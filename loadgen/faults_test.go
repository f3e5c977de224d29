//go:build linux

package loadgen

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/faulty"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// faultScenario sends more messages on a stream than precede the fault.
const faultScenario = `
name: fault
target:
  %s: {url: %q%s}
%s
pattern: echo
messages: %s
match: {field: %s}
load: {rate: 200/s}
phases: {connect: TIME, warmup: 0s, steady: TIME, drain: DRAIN}
`

const faultEvents = `
name: fault
target:
  %s: {url: %q%s}
%s
pattern: push
match: {field: n}
phases: {connect: TIME, warmup: 0s, steady: TIME, drain: DRAIN}
`

// faultText returns the scenario for a server with a fault.
func faultText(t *testing.T, s *faulty.Server, long time.Duration) string {
	t.Helper()
	dir := t.TempDir()
	f := s.Fault
	more, shared := "", ""
	if s.CA != nil {
		ca := filepath.Join(dir, "ca.pem")
		if err := os.WriteFile(ca, s.CA, 0o600); err != nil {
			t.Fatal(err)
		}
		shared = fmt.Sprintf("  tls: {ca: %q}", ca)
	}
	if strings.Contains(f.Name, "token") {
		shared += "\n  bearer: {command: [sh, " + tokenScript(t, dir) + "]}"
	}
	messages, field := `'{"id":{{.RequestNumber}},"pad":"{{randomString 20}}"}'`, "id"
	switch f.Protocol {
	case "grpc":
		path := filepath.Join(dir, "faulty.proto")
		if err := os.WriteFile(path, []byte(faulty.Proto), 0o600); err != nil {
			t.Fatal(err)
		}
		more += fmt.Sprintf(", proto: [%q], import: [%q]", path, dir)
		messages, field = `'{"payload":"{{.RequestNumber}}"}'`, "payload"
	case "websocket":
		if f.Deflate {
			more += ", deflate: takeover"
		}
	case "tcp":
		if f.LengthPrefixed {
			more += ", frames: length"
		}
	}
	text := fmt.Sprintf(faultScenario, f.Protocol, s.URL, more, shared, messages, field)
	if strings.HasPrefix(f.Protocol, "sse") {
		text = fmt.Sprintf(faultEvents, f.Protocol, s.URL, more, shared)
	}
	return strings.NewReplacer("TIME", long.String(), "DRAIN", drainFor(long).String()).Replace(text)
}

// drainFor returns the drain for a steady phase of that length.
func drainFor(long time.Duration) time.Duration { return max(time.Second, long) }

// tokenScript returns a script that prints good-1, good-2 and so on.
func tokenScript(t *testing.T, dir string) string {
	t.Helper()
	count, path := filepath.Join(dir, "count"), filepath.Join(dir, "token.sh")
	text := fmt.Sprintf("n=$(($(cat %[1]s 2>/dev/null || echo 0) + 1))\necho $n >%[1]s\necho good-$n\n", count)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

type faultRun struct {
	fault  faulty.Fault
	long   time.Duration
	rep    *result.Repetition
	ledger faulty.Ledger
}

func runFault(t *testing.T, f faulty.Fault, long time.Duration) faultRun {
	t.Helper()
	s := faulty.Start(t, f)
	sc, err := scenarios.Parse("fault.yaml", []byte(faultText(t, s, long)))
	if err != nil {
		t.Fatal(err)
	}
	res, err := Run(context.Background(), Options{Scenarios: []*scenarios.Scenario{sc}})
	if err != nil {
		t.Fatal(err)
	}
	return faultRun{f, long, res.Cells[0].Repetitions[0], s.Ledger()}
}

// The client's counts match the actions of each faulty server.
func TestFaultyServers(t *testing.T) {
	t.Parallel()
	slots := make(chan struct{}, 16) // they mostly wait
	var all sync.WaitGroup
	defer all.Wait()
	for _, f := range faultRows() {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			t.Run(f.String(), func(t *testing.T) {
				var r faultRun
				for _, long := range []time.Duration{800 * time.Millisecond, 6 * time.Second, 30 * time.Second} { // for a busy machine
					if r = runFault(t, f, long); !r.endedEarly() {
						break
					}
				}
				r.check(t)
			})
		})
	}
}

// faultRows returns all faults over all protocols if all tests run; otherwise one for each class of error, since what
// differs within a class is a parser without goroutines.
func faultRows() []faulty.Fault {
	if testrun.All() {
		return faulty.Table
	}
	var rows []faulty.Fault
	seen := map[string]bool{}
	for _, f := range faulty.Table {
		if !seen[f.Class] {
			seen[f.Class] = true
			rows = append(rows, f)
		}
	}
	return rows
}

// spoils reports whether the server's replies cannot be matched, so that messages count as lost.
func (f faultRun) spoils() bool {
	return strings.Contains(f.fault.Name, "byte") || strings.Contains(f.fault.Name, "error")
}

// endedEarly reports whether the run ended before the fault, its detection, or the last arrivals.
func (f faultRun) endedEarly() bool {
	n := f.rep.AllPhases()
	switch {
	case f.fault.Terminal:
		return f.fault.Class != "timeout" && f.timeouts() > 0
	case f.fault.Class == "" && n.Lost > uint64(f.ledger.Dropped) && !f.spoils(): // the drain was cut short, or the only stream ended in it
		return f.rep.Phases.Drain >= drainFor(f.long) || f.ledger.FaultsDone == 1 && n.Reopened == 0
	}
	return n.AllReceived == 0 || (f.fault.Class != "" && (n.Reopened == 0 || f.ledger.FaultsDone == 0))
}
