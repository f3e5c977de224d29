//go:build linux

package loadgen

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"rtbench/report/result"
)

// check holds what was counted against what the server did.
func (f faultRun) check(t *testing.T) {
	t.Helper()
	n, l := f.rep.AllPhases(), f.ledger
	t.Logf("%s; the server did it %d times, received %d, sent %d", f.counted(), l.FaultsDone, l.Received, l.Sent)
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

// counted is what the client counted, in a few words.
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

// checkLedgers: each message is accounted for once, on both sides.
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

// checkTerminal: nothing is measured, that is said, and each attempt is in the class.
func (f faultRun) checkTerminal(t *testing.T) {
	t.Helper()
	n, l := f.rep.AllPhases(), f.ledger
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
	{"gRPC ended without trailers", "gRPC Unknown"}, // before a message, it has no word for it
}

// checkBroken: each time the fault broke a stream it was counted, in its class, and the run
// went on with another.
func (f faultRun) checkBroken(t *testing.T) {
	t.Helper()
	n, l := f.rep.AllPhases(), f.ledger
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
	// A stream that ends in order after messages is how some servers work.
	if f.rep.Validity.Verdict == result.Valid && n.Reopened > n.Completed {
		t.Error("it is VALID")
	}
}

// checkWhole: the streams stayed whole, or ended in order, and what is amiss with the
// messages is what the server did to them.
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
	// Of events the last are under way when the client leaves.
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
