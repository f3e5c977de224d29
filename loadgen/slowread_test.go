package loadgen

import (
	"net"
	"testing"
	"testing/synctest"
	"time"

	"rtbench/proto/clock"
	"rtbench/scenarios"
	"rtbench/scenarios/cell"
)

// Reads are due at once in the first part of each period, and after its pause otherwise.
func TestReadable(t *testing.T) {
	t.Parallel()
	r := cell.Reading{Pause: 2 * time.Second, Every: 5 * time.Second}
	const begun = 100
	for after, want := range map[time.Duration]time.Duration{
		0: 0, 2999 * time.Millisecond: 2999 * time.Millisecond, 3 * time.Second: 5 * time.Second,
		4 * time.Second: 5 * time.Second, 5 * time.Second: 5 * time.Second, 13 * time.Second: 15 * time.Second, -1: -1,
	} {
		if got := readable(r, begun, begun+int64(after)); got != begun+int64(want) {
			t.Errorf("after %v: %v, want %v", after, time.Duration(got-begun), want)
		}
	}
	if got := readable(cell.Reading{Rate: 1}, begun, 7); got != 7 {
		t.Errorf("a rate alone pauses until %d", got)
	}
}

// From a server that always has more, a reader takes its rate: at each time the bytes due by then, and one
// read more.
func TestReadingRate(t *testing.T) {
	t.Parallel()
	for _, rate := range []float64{1 << 10, 16 << 10, 1 << 20} {
		synctest.Test(t, func(t *testing.T) {
			near, far := net.Pipe()
			defer near.Close()
			go func() {
				for b := make([]byte, 64<<10); ; {
					if _, err := far.Write(b); err != nil {
						return
					}
				}
			}()
			pace := newSlowReading(cell.Reading{Rate: rate})
			pace.start(clock.Now())
			slow, read := pace.conn(near), 0.0
			most := max(minChunk, rate/100)
			for b, begun := make([]byte, 64<<10), time.Now(); time.Since(begun) < 10*time.Second; {
				n, err := slow.Read(b)
				if err != nil {
					t.Fatal(err)
				}
				read += float64(n)
				if due := rate * time.Since(begun).Seconds(); read < due || read > due+most+1 {
					t.Fatalf("%.0f bytes/s: %.0f bytes after %v, want %.0f to %.0f", rate, read, time.Since(begun), due, due+most)
				}
			}
		})
	}
}

// A slow reader gets little in the steady phase and, since the server keeps it, the rest in the drain. The
// others get everything.
func TestSlowReaders(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"tcp", "websocket", "sse", "grpc"} {
		for _, read := range []string{"{rate: 1KiB/s}", "{pause: 59900ms, every: 1m}"} {
			t.Run(protocol+"/"+read, func(t *testing.T) {
				t.Parallel()
				s := parse(t, `{name: x, protocols: `+protocol+`, stack: lean, payload: {size: 8KiB}, phases: {warmup: 0s, steady: 500ms, drain: 30s}, groups: {
					speakers: {pattern: echo, load: {rate: 400/s, connections: 2}},
					fast: {deliver: {from: speakers}, load: {connections: 2}},
					slow: {deliver: {from: speakers}, load: {connections: 2}, read: `+read+`}}}`)
				res, err := Run(t.Context(), Options{Scenarios: []*scenarios.Scenario{s}, Server: withFault(t, "")})
				if err != nil {
					t.Fatal(err)
				}
				fast, slow := res.Cells[1].Repetitions[0], res.Cells[2].Repetitions[0]
				for _, r := range []uint64{fast.Counters.Recorded, slow.Counters.Recorded} {
					if r != 400 {
						t.Errorf("%d messages recorded, want 400: %s", r, slow.Error)
					}
				}
				early := int64(0)
				for _, slot := range slow.Timeline {
					if slot.Start+slot.Length <= slow.Phases.Steady {
						early += slot.Response.Count()
					}
				}
				if paced := read[1] == 'r'; paced && early > 100 {
					t.Errorf("%d of 400 messages in the steady phase, but 1 KiB/s is less than one", early)
				}
			})
		}
	}
}
