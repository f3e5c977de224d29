package loadgen

import (
	"fmt"
	"testing"
	"time"

	"rtbench/internal/testrun"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// In a partition nothing arrives, and everything does afterwards: a message that was due x before its end has taken
// at least x, so the number of times of x or more is that of the plan, and nothing is lost. Nobody notices, since
// neither end has heartbeats.
func TestPartition(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	const rate, length = 200, 700 * time.Millisecond
	for _, protocol := range []string{"tcp", "websocket", "sse", "sse-h2", "grpc"} {
		for _, pattern := range []string{"echo", "push"} {
			t.Run(protocol+"/"+pattern, func(t *testing.T) {
				t.Parallel()
				s := parse(t, fmt.Sprintf(`{name: x, protocols: %s, pattern: %s, load: {rate: %d/s, connections: 4}, phases: {warmup: 100ms, steady: 2s, drain: 20s},
					events: [{at: 500ms, partition: %v}]}`, protocol, pattern, rate, length))
				res, err := Run(t.Context(), Options{Scenarios: []*scenarios.Scenario{s}, Server: withFault(t, "")})
				if err != nil {
					t.Fatal(err)
				}
				rep := res.Cells[0].Repetitions[0]
				p := partitionOf(t, rep)
				if n := rep.Counters; n.Recorded != 2*rate || n.Failed != 0 || rep.Missed.Count() != 0 || rep.Storms[0].Cut != 0 || n.Duplicates+n.OutOfOrder+n.Corrupt != 0 {
					t.Errorf("%s%+v, missed %+v", rep.Error, n, rep.Missed)
				}
				if least := uint64(rate * length / time.Second); p.Delayed < least || p.Streams != 4 || p.Served.Count() != 4 || p.Length != length {
					t.Errorf("%+v, want at least %d delayed", p, least)
				}
				for _, x := range []time.Duration{100 * time.Millisecond, 350 * time.Millisecond, 600 * time.Millisecond} {
					if got, want := longerThan(rep.Response, x), int64(rate*(length-x)/time.Second); got < want {
						t.Errorf("%d times of %v or more, want at least %d", got, x, want)
					}
				}
			})
		}
	}
}

func partitionOf(t *testing.T, rep *result.Repetition) *result.Partition {
	t.Helper()
	if len(rep.Storms) != 1 || rep.Storms[0].Partition == nil {
		t.Fatalf("%s%+v", rep.Error, rep.Storms)
	}
	return rep.Storms[0].Partition
}

// longerThan returns the number of times of at least d, within the resolution of the histogram.
func longerThan(h result.Histogram, d time.Duration) (n int64) {
	for b := range h.Bars() {
		if b.To >= int64(d) {
			n += b.Count
		}
	}
	return n
}

// A partition of one group leaves the other alone, and one towards the server does not hold back
// messages from it.
func TestPartitionOfAGroup(t *testing.T) {
	t.Parallel()
	s := parse(t, `{name: x, protocols: websocket, phases: {warmup: 0s, steady: 1500ms, drain: 20s},
		events: [{at: 300ms, partition: 600ms, group: phones}, {at: 300ms, partition: 600ms, to: server, group: desks}], groups: {
		phones: {pattern: echo, load: {rate: 100/s, connections: 2}},
		desks: {pattern: push, load: {rate: 100/s, connections: 2}}}}`)
	res, err := Run(t.Context(), Options{Scenarios: []*scenarios.Scenario{s}, Server: withFault(t, "")})
	if err != nil {
		t.Fatal(err)
	}
	phones, desks := res.Cells[0].Repetitions[0], res.Cells[1].Repetitions[0]
	if len(phones.Storms) != 2 || len(desks.Storms) != 2 || phones.Storms[1].Partition != nil || desks.Storms[0].Partition != nil {
		t.Fatalf("%+v %+v", phones.Storms, desks.Storms)
	}
	if p := phones.Storms[0].Partition; p.Delayed < 60 || longerThan(phones.Response, 300*time.Millisecond) < 30 {
		t.Errorf("the phones: %+v", p)
	}
	if n := phones.Counters.Recorded + desks.Counters.Recorded; n != 300 {
		t.Errorf("%d messages", n)
	}
	// Messages that were on their way at the end of the partition are delayed too.
	if p := desks.Storms[1].Partition; p.Delayed >= 60 || p.Served.Count() != 2 {
		t.Errorf("the desks: %+v", p)
	}
}
