package loadgen

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"rtbench/internal/testrun"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// events serves server-sent events. It calls write for each request, with the Last-Event-ID and a
// function that sends a numbered event.
func events(t *testing.T, write func(last string, event func(n int, data string) bool)) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = fmt.Fprint(w, "retry: 1\n\n")
		c := http.NewResponseController(w)
		write(r.Header.Get("Last-Event-ID"), func(n int, data string) bool {
			_, err := fmt.Fprintf(w, "id: %d\ndata: %s\n\n", n, data)
			return err == nil && c.Flush() == nil && r.Context().Err() == nil
		})
	}))
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s.URL
}

// tickEvents sends an event every 5 ms until the client disconnects.
func tickEvents(data func(n int) string) func(string, func(int, string) bool) {
	return func(_ string, event func(int, string) bool) {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for n := 0; event(n, data(n)); n++ {
			<-tick.C
		}
	}
}

// runPush runs a scenario in which the server pushes.
func runPush(t *testing.T, url, more string) *result.Repetition {
	t.Helper()
	sc := parse(t, fmt.Sprintf("name: arrivals\ntarget: {sse: '%s'}\npattern: push\nphases: {connect: 5s, warmup: 0s, steady: 700ms, drain: 1s}\n%s", url, more))
	res, err := Run(context.Background(), Options{Scenarios: []*scenarios.Scenario{sc}})
	if err != nil {
		t.Fatal(err)
	}
	rep := res.Cells[0].Repetitions[0]
	if rep.Error != "" {
		t.Fatal(rep.Error)
	}
	if rep.Counters.AllReceived == 0 || rep.Arrivals == nil {
		t.Fatalf("nothing came: %+v", rep.Counters)
	}
	return rep
}

// One-way times from a server on this machine need no stamp.bound.
func TestOneWayTimes(t *testing.T) {
	t.Parallel()
	for unit, per := range map[string]int64{"ns": 1, "us": 1e3} {
		url := events(t, tickEvents(func(int) string { return fmt.Sprintf(`{"at":%d}`, time.Now().UnixNano()/per) }))
		rep := runPush(t, url, "stamp: {field: at, unit: "+unit+"}\n")
		a := rep.Arrivals
		if n := rep.Response.Count(); n == 0 || a.Gap.Count() == 0 || a.Refused != "" {
			t.Errorf("%s: %d one-way times, %d gaps, refused %q", unit, n, a.Gap.Count(), a.Refused)
		}
		if a.Bound != time.Duration(per-1)*time.Microsecond/999 {
			t.Errorf("%s: bound %v", unit, a.Bound)
		}
		if p50 := rep.Response.Quantile(50); p50 <= 0 {
			t.Errorf("%s: p50 %v", unit, p50)
		}
		if n := rep.Counters; n.Clamped+n.Lost+n.Duplicates+n.Corrupt > 0 || len(n.Unexpected) > 0 {
			t.Errorf("%s: %+v", unit, n)
		}
	}
}

// One-way times are discarded if the clocks may differ by more than a tenth of them.
func TestOneWayTimesRefused(t *testing.T) {
	t.Parallel()
	url := events(t, tickEvents(func(int) string { return fmt.Sprintf(`{"at":%d}`, time.Now().UnixNano()) }))
	rep := runPush(t, url, "stamp: {field: at, unit: ns, bound: 1h}\n")
	if a := rep.Arrivals; a.Refused == "" || a.Bound != time.Hour || rep.Response.Count() > 0 || a.Gap.Count() == 0 {
		t.Errorf("refused %q, bound %v, %d one-way times, %d gaps", a.Refused, a.Bound, rep.Response.Count(), a.Gap.Count())
	}
	if rep.Validity.Word() == "" {
		t.Error("it has no finding")
	}
}

// Implausible stamps are counted but never measured.
func TestImplausibleStamps(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	for name, stamp := range map[string]func(now int64) int64{
		"an hour ahead":    func(now int64) int64 { return now + int64(time.Hour) },
		"an hour ago":      func(now int64) int64 { return now - int64(time.Hour) },
		"1970":             func(int64) int64 { return 0 },
		"the end of times": func(int64) int64 { return 1<<63 - 1 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := events(t, tickEvents(func(int) string { return fmt.Sprintf(`{"at":%d}`, stamp(time.Now().UnixNano())) }))
			rep := runPush(t, url, "stamp: {field: at, unit: ns}\n")
			if rep.Validity.Word() == "" || rep.Response.Count() > 0 {
				t.Errorf("it is %s, with %d times", rep.Validity.Word(), rep.Response.Count())
			}
			if rep.Arrivals.Gap.Count() == 0 {
				t.Error("no gaps")
			}
		})
	}
}

// Stamps later than the arrival, from a clock that is ahead, count as clamped.
func TestFutureStampsAreClamped(t *testing.T) {
	t.Parallel()
	url := events(t, tickEvents(func(int) string { return fmt.Sprintf(`{"at":%d}`, time.Now().Add(100*time.Millisecond).UnixNano()) }))
	rep := runPush(t, url, "stamp: {field: at, unit: ns}\n")
	t.Logf("%+v %s %q, %d", rep.Counters, rep.Validity.Word(), rep.Validity.Reasons(), rep.Response.Count())
	if n := rep.Counters; n.Clamped == 0 || n.Clamped < n.Recorded || rep.Validity.Word() == "" {
		t.Errorf("%d clamped of %d, %s", n.Clamped, n.Recorded, rep.Validity.Word())
	}
}

// A stream that resumes after its last event loses nothing. Events that the server skips are
// counted as lost.
func TestResumedEvents(t *testing.T) {
	t.Parallel()
	const length = 5
	for _, skipped := range []int{0, 3} {
		var mu sync.Mutex
		sent, resumed := 0, 0
		url := events(t, func(last string, event func(int, string) bool) {
			first := 0
			if n, err := strconv.Atoi(last); err == nil {
				first = n + 1 + skipped
				mu.Lock()
				resumed++
				mu.Unlock()
			}
			for n := first; n < first+length; n++ {
				mu.Lock()
				sent++ // before it can be received
				mu.Unlock()
				if !event(n, fmt.Sprintf(`{"n":%d}`, n)) {
					return
				}
			}
		})
		rep := runPush(t, url, "match: {field: n}\n")
		n := rep.AllPhases()
		mu.Lock()
		if resumed == 0 || n.Reopened == 0 || n.AllReceived > uint64(sent) {
			t.Errorf("received %d, reopened %d, the server sent %d and was asked to go on %d times", n.AllReceived, n.Reopened, sent, resumed)
		}
		mu.Unlock()
		// The next event reveals a gap.
		behind := (n.AllReceived - 1) / length
		if n.Lost != behind*uint64(skipped) || n.Duplicates+n.OutOfOrder+n.Corrupt+n.Unmatched > 0 || len(n.Unexpected) > 0 {
			t.Errorf("lost %d, expected %d × %d; %+v", n.Lost, behind, skipped, n)
		}
	}
}
