//go:build linux

package loadgen

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rtbench/loadgen/faulty"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// What is measured of a server with a fault: more messages on one stream than come before
// the fault.
const faultScenario = `
name: fault
contract: own
target:
  %s: {url: %q%s}
%s
pattern: echo
messages: %s
match: {field: %s}
load: {rate: 200/s}
phases: {connect: TIME, warmup: 0s, steady: TIME, drain: 2s}
`

const faultEvents = `
name: fault
contract: own
target:
  %s: {url: %q%s}
%s
pattern: push
phases: {connect: TIME, warmup: 0s, steady: TIME, drain: 2s}
`

// faultText is the scenario for a server with a fault.
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
		if f.Lengths {
			more += ", frames: length"
		}
	}
	text := fmt.Sprintf(faultScenario, f.Protocol, s.URL, more, shared, messages, field)
	if strings.HasPrefix(f.Protocol, "sse") {
		text = fmt.Sprintf(faultEvents, f.Protocol, s.URL, more, shared)
	}
	return strings.ReplaceAll(text, "TIME", long.String())
}

// tokenScript is a script that prints good-1, good-2 and so on.
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
	return faultRun{f, res.Cells[0].Repetitions[0], s.Ledger()}
}

// Every server of the table is run against, to the end, and what was counted is what the
// server did.
func TestFaultsOfRealServers(t *testing.T) {
	slots := make(chan struct{}, 16) // they wait more than they work
	var all sync.WaitGroup
	defer all.Wait()
	for _, f := range faulty.Table {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			t.Run(f.String(), func(t *testing.T) {
				r := runFault(t, f, 800*time.Millisecond)
				if r.tooSoon() { // on a busy machine
					r = runFault(t, f, 6*time.Second)
				}
				r.check(t)
			})
		})
	}
}

// tooSoon says that the run ended before the fault was done, or was seen.
func (f faultRun) tooSoon() bool {
	n := f.rep.Counters
	if f.fault.Terminal {
		return f.fault.Class != "timeout" && n.Refused["timeout"] > 0
	}
	return n.AllReceived == 0 || (f.fault.Class != "" && (n.Reopened == 0 || f.ledger.FaultsDone == 0))
}

// check holds what was counted against what the server did.
func (f faultRun) check(t *testing.T) {
	t.Helper()
	n, l := f.rep.Counters, f.ledger
	defer func() {
		if t.Failed() {
			l.Messages = nil
			t.Logf("counted %+v, error %q, %s %q", n, f.rep.Error, f.rep.Validity.Verdict, f.rep.Validity.Reasons)
			t.Logf("the server %+v", l)
		}
	}()
	f.checkLedgers(t)
	switch {
	case f.fault.Terminal:
		f.checkTerminal(t)
	case f.fault.Class != "":
		f.checkBroken(t)
	default:
		f.checkWhole(t)
	}
	for class := range n.Refused {
		f.checkExample(t, class)
	}
	for class := range n.Errors {
		f.checkExample(t, class)
	}
}

func (f faultRun) checkExample(t *testing.T, class string) {
	t.Helper()
	if f.rep.Counters.Examples[class] == "" {
		t.Errorf("no example of %q is kept", class)
	}
}

// checkLedgers: each message is accounted for once, on both sides.
func (f faultRun) checkLedgers(t *testing.T) {
	t.Helper()
	n, l := f.rep.Counters, f.ledger
	if f.events() {
		if n.AllReceived > uint64(l.Sent+l.FaultsDone) { // a fault may be an event
			t.Errorf("received %d, the server sent %d", n.AllReceived, l.Sent)
		}
		return
	}
	if n.AllSent != n.AllReceived+n.Lost {
		t.Errorf("sent %d, received %d, lost %d", n.AllSent, n.AllReceived, n.Lost)
	}
	if n.AllSent < uint64(l.Received) {
		t.Errorf("sent %d, the server received %d", n.AllSent, l.Received)
	}
	if uint64(l.Sent) < n.AllReceived+n.Duplicates {
		t.Errorf("received %d and %d twice, the server sent %d", n.AllReceived, n.Duplicates, l.Sent)
	}
}

func (f faultRun) events() bool { return strings.HasPrefix(f.fault.Protocol, "sse") }

// checkTerminal: nothing is measured, that is said, and each attempt is in the class.
func (f faultRun) checkTerminal(t *testing.T) {
	t.Helper()
	n, l := f.rep.Counters, f.ledger
	if f.rep.Response.Count() > 0 || f.rep.Validity.Verdict != result.Invalid {
		t.Errorf("%d messages were measured, and it is %s", f.rep.Response.Count(), f.rep.Validity.Verdict)
	}
	if f.rep.Error == "" && len(n.Errors)+len(n.Closed) == 0 && f.fault.Class != "timeout" {
		t.Error("nothing is said to have gone wrong")
	}
	tries, named := 0, 0
	for _, counts := range []map[string]uint64{n.Refused, n.Errors, n.Closed} {
		for class, k := range counts {
			tries += int(k)
			if f.named(class) {
				named += int(k)
			}
		}
	}
	// The last attempt may have met the end of the time for them.
	if f.fault.Class != "timeout" && (named == 0 || named < tries-int(n.Refused["timeout"])) {
		t.Errorf("%d of %d are %q", named, tries, f.fault.Class)
	}
	if l.FaultsDone > 0 && f.rep.Error != "" && !strings.Contains(f.rep.Error, " attempts, ") {
		t.Errorf("error %q", f.rep.Error)
	}
}

// named says whether a class is the one that the table has, or says the same.
func (f faultRun) named(class string) bool {
	for _, alike := range alikes {
		if slices.Contains(alike, f.fault.Class) && slices.Contains(alike, class) {
			return true
		}
	}
	return strings.HasPrefix(class, f.fault.Class)
}

// alikes are classes that one fault may have: the kernel tells a reset to whoever asks
// first, and tcp has no other end than that of the connection.
var alikes = [][]string{
	{
		"connection reset", "connection closed by the server", "ended by the server",
		"gRPC Unavailable: connection reset", "gRPC Unavailable: connection closed by the server",
	},
	{"connection refused", "gRPC Unavailable: connection refused"},
}

// checkBroken: each time the fault broke a stream it was counted, in its class, and the run
// went on with another.
func (f faultRun) checkBroken(t *testing.T) {
	t.Helper()
	n, l := f.rep.Counters, f.ledger
	named, other := 0, 0
	for _, counts := range []map[string]uint64{n.Errors, n.Closed, n.Refused} {
		for class, k := range counts {
			if f.named(class) {
				named += int(k)
			} else {
				other += int(k)
			}
		}
	}
	if l.FaultsDone == 0 {
		t.Error("the server did nothing wrong")
	}
	// One is not counted when the run ends before it is seen, one is seen at the end.
	least := l.FaultsDone - 1
	if strings.Contains(f.fault.Name, "masked") { // which it does with all it sends
		least = int(n.Reopened)
	}
	if named < least || named > l.FaultsDone+1 || other > 0 {
		t.Errorf("%d are %q, %d are not, the server did it %d times", named, f.fault.Class, other, l.FaultsDone)
	}
	if n.Reopened == 0 {
		t.Error("no stream was opened anew")
	}
	if n.AllReceived == 0 {
		t.Error("nothing was received")
	}
	if f.rep.Validity.Verdict == result.Valid {
		t.Error("it is VALID")
	}
}

// checkWhole: the streams stayed whole, or ended in order, and what is amiss with the
// messages is what the server did to them.
func (f faultRun) checkWhole(t *testing.T) {
	t.Helper()
	n, l := f.rep.Counters, f.ledger
	if len(n.Errors)+len(n.Refused) > 0 {
		t.Errorf("errors %v, refused %v", n.Errors, n.Refused)
	}
	if n.AllReceived == 0 {
		t.Error("nothing was received")
	}
	if f.events() || l.Connections > 1 || n.Reopened > 0 {
		return
	}
	want := [...]uint64{uint64(l.Dropped), uint64(l.Duplicated), uint64(l.Swapped)}
	if strings.Contains(f.fault.Name, "byte") || strings.Contains(f.fault.Name, "error") || strings.Contains(f.fault.Name, "stalls") || strings.Contains(f.fault.Name, "late") {
		return
	}
	if got := [...]uint64{n.Lost, n.Duplicates, n.OutOfOrder}; got != want {
		t.Errorf("lost, duplicates, out of order are %v, the server made %v", got, want)
	}
}
