//go:build linux

package loadgen

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"rtbench/report/result"
)

// check compares the client's counts with the actions of the server.
func (f faultRun) check(t *testing.T) {
	t.Helper()
	n, l := f.rep.AllPhases(), f.ledger
	t.Logf("%s; the server did it %d times, received %d, sent %d", f.counted(), l.FaultsDone, l.Received, l.Sent)
	defer func() {
		if t.Failed() {
			l.Messages = nil
			t.Logf("counted %+v, error %q, %s %q", n, f.rep.Error, f.rep.Validity.Word(), f.rep.Validity.Reasons())
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

// counted summarizes the client's counts.
func (f faultRun) counted() string {
	n := f.rep.AllPhases()
	var parts []string
	for _, trouble := range result.Failures(n) {
		parts = append(parts, fmt.Sprintf("%d × %s", trouble.Count, trouble.Class))
	}
	for _, c := range []struct {
		n    uint64
		what string
	}{{n.AllSent, "sent"}, {n.AllReceived, "received"}, {n.Lost, "lost"}, {n.Duplicates, "duplicate"}, {n.OutOfOrder, "out of order"}, {n.Unmatched, "unmatched"}, {n.Reopened, "reopened"}} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	return strings.Join(parts, ", ")
}

func (f faultRun) checkExample(t *testing.T, class string) {
	t.Helper()
	if f.rep.AllPhases().Examples[class] == "" {
		t.Errorf("no example of %q is kept", class)
	}
}

// checkLedgers checks that both sides account for each message once.
func (f faultRun) checkLedgers(t *testing.T) {
	t.Helper()
	n, l := f.rep.AllPhases(), f.ledger
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

// checkTerminal checks that nothing was measured and every attempt is counted by class.
func (f faultRun) checkTerminal(t *testing.T) {
	t.Helper()
	n, l := f.rep.AllPhases(), f.ledger
	if f.rep.Response.Count() > 0 || !f.rep.Validity.Discarded {
		t.Errorf("%d messages were measured, and it is %s", f.rep.Response.Count(), f.rep.Validity.Word())
	}
	if f.rep.Error == "" && len(n.Errors)+len(n.Closed) == 0 && f.fault.Class != "timeout" {
		t.Error("no failure is reported")
	}
	tries, named := 0, 0
	for _, counts := range []map[string]uint64{n.Refused, n.Errors, n.Closed} {
		for class, k := range counts {
			tries += int(k)
			if f.matchesClass(class) {
				named += int(k)
			}
		}
	}
	if f.fault.Class != "timeout" && (named == 0 || named < tries-f.timeouts()) {
		t.Errorf("%d of %d are %q", named, tries, f.fault.Class)
	}
	if l.FaultsDone > 0 && f.rep.Error != "" && !strings.Contains(f.rep.Error, " attempts, ") {
		t.Errorf("error %q", f.rep.Error)
	}
}

// timeouts returns the number of attempts to connect that the end of the phase cut off: at most the last on each stream,
// whatever the server's fault.
func (f faultRun) timeouts() (sum int) {
	for class, k := range f.rep.AllPhases().Refused {
		if equivalent(class, "timeout") {
			sum += int(k)
		}
	}
	return sum
}

// matchesClass reports whether a class is the table's or equivalent to it.
func (f faultRun) matchesClass(class string) bool {
	return strings.HasPrefix(class, f.fault.Class) || equivalent(class, f.fault.Class)
}

func equivalent(class, other string) bool {
	return class == other || slices.ContainsFunc(equivalentClasses, func(alike []string) bool {
		return slices.Contains(alike, class) && slices.Contains(alike, other)
	})
}

// equivalentClasses are classes that the same fault may have: the kernel reports a reset to the
// first caller, tcp signals its end only by closing, and gRPC puts a status before the reason.
var equivalentClasses = [][]string{
	{"timeout", "gRPC Unavailable: timeout", "gRPC DeadlineExceeded"},
	{
		"connection reset", "connection closed by the server", "ended by the server",
		"gRPC Unavailable: connection reset", "gRPC Unavailable: connection closed by the server",
	},
	{"connection refused", "gRPC Unavailable: connection refused"},
	{"gRPC ended without trailers", "gRPC Unknown"}, // before any message
}

// checkBroken checks that each broken stream was counted by class and that the run continued.
func (f faultRun) checkBroken(t *testing.T) {
	t.Helper()
	n, l := f.rep.AllPhases(), f.ledger
	named, other := 0, 0
	for _, counts := range []map[string]uint64{n.Errors, n.Closed, n.Refused} {
		for class, k := range counts {
			if f.matchesClass(class) {
				named += int(k)
			} else {
				other += int(k)
			}
		}
	}
	if l.FaultsDone == 0 {
		t.Error("the server did nothing wrong")
	}
	// The end of the run may hide one break and cause another.
	least := l.FaultsDone - 1
	if strings.Contains(f.fault.Name, "masked") { // as a masked server does with all it sends
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
	// Some servers end a stream normally after messages.
	if f.rep.Validity.Word() == "" && n.Reopened > n.Completed {
		t.Error("it has no finding")
	}
}

// checkWhole checks that the streams stayed open or ended normally, and that message failures are
// those that the server caused.
func (f faultRun) checkWhole(t *testing.T) {
	t.Helper()
	n, l := f.rep.AllPhases(), f.ledger
	if f.fault.Protocol == "tcp" && n.Errors["connection closed by the server"] <= n.Lost { // an end that leaves messages unanswered
		delete(n.Errors, "connection closed by the server")
	}
	if len(n.Errors)+len(n.Refused) > 0 {
		t.Errorf("errors %v, refused %v", n.Errors, n.Refused)
	}
	if n.AllReceived == 0 {
		t.Error("nothing was received")
	}
	if l.Connections > 1 || n.Reopened > 0 {
		return
	}
	want := [...]uint64{uint64(l.Dropped), uint64(l.Duplicated), uint64(l.Swapped)}
	if f.spoils() || strings.Contains(f.fault.Name, "stalls") || strings.Contains(f.fault.Name, "late") {
		return
	}
	// The last events are in flight when the client leaves.
	under := uint64(0)
	if f.events() {
		under = 1 + uint64(max(0, l.Sent-int(n.AllReceived+n.Duplicates)))
	}
	got := [...]uint64{n.Lost, n.Duplicates, n.OutOfOrder}
	for i := range got {
		if got[i] <= want[i] && got[i]+under >= want[i] {
			continue
		}
		t.Errorf("lost, duplicates, out of order are %v, the server made %v", got, want)
	}
}
