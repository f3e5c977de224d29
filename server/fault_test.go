package server

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rtbench/proto"
)

func parse(t testing.TB, text string) Fault {
	t.Helper()
	f, err := ParseFault(text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestParseFault(t *testing.T) {
	want := Fault{
		delay: delay{low: 5 * time.Millisecond, high: 15 * time.Millisecond},
		stall: 400 * time.Millisecond, every: 2 * time.Second, work: 20 * time.Microsecond,
		lose: 10, duplicate: 1, swaps: 2,
	}
	if f := parse(t, "uniform=5ms..15ms,stall=400ms/2s,lose=10,duplicate=1,swap=2,work=20us"); f != want {
		t.Errorf("%+v", f)
	}
	for _, k := range faults {
		if f := parse(t, k.example); f == (Fault{}) {
			t.Errorf("%s is %+v", k.example, f)
		}
	}
	if parse(t, "") != (Fault{}) || parse(t, "work=1us").affectsMessages() || !parse(t, "lose=2,work=1us").affectsMessages() {
		t.Error("nothing is something, or work is more")
	}
}

func TestInvalidFaults(t *testing.T) {
	for text, say := range map[string]string{
		"dealy=10ms":               "unknown fault; expected one of delay=10ms, uniform=",
		"delay":                    "expected a duration above 0 and up to 1m0s, for example delay=10ms",
		"delay=10":                 "expected a duration",
		"delay=0s":                 "expected a duration",
		"delay=-1s":                "expected a duration",
		"delay=61s":                "expected a duration",
		"delay=1s,":                "unknown fault",
		"delay=1s,delay=1s":        "duplicate delay",
		"delay=1s,exponential=1s":  "expected only one of delay, uniform, exponential and random",
		"uniform=1s":               "for example uniform=5ms..15ms",
		"uniform=2s..1s":           "expected the shorter delay first",
		"stall=2s":                 "for example stall=400ms/2s",
		"stall=2s/2s":              "expected a stall shorter than",
		"lose=0":                   "expected an integer of at least 1, for example lose=10",
		"drop=1s":                  "expected a duration above 0 and up to 1h0m0s, and the number of attempts to refuse, for example drop=1s/2",
		"drop=0s/1":                "expected a duration above 0",
		"drop=1s/-1":               "expected a duration above 0",
		"swap=1":                   "expected an integer of at least 2, for example swap=10",
		"duplicate=1.5":            "expected an integer of at least 1",
		"lose=99999999999999":      "expected an integer",
		"work=fast":                "for example work=20us",
		strings.Repeat("lose,", 3): "for example lose=10",
	} {
		f, err := ParseFault(text)
		if err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("ParseFault(%q): %+v, %v; want %q", text, f, err, say)
		}
	}
}

func FuzzParseFault(f *testing.F) {
	f.Add("uniform=5ms..15ms,stall=400ms/2s,lose=10,duplicate=3,swap=2,work=20us")
	for _, k := range faults {
		f.Add(k.example)
	}
	f.Fuzz(func(t *testing.T, text string) {
		fault, err := ParseFault(text)
		if d := fault.delay; err == nil && (fault.stall > fault.every || d.low < 0 || max(d.low, d.high, fault.stall, fault.work) > maxDelay || fault.swaps == 1) {
			t.Fatalf("%q is out of range: %+v", text, fault)
		}
	})
}

const ms = int64(time.Millisecond)

func TestReleaseIsSerial(t *testing.T) {
	s := newSchedule(parse(t, "delay=10ms"), proto.Call{})
	var got []int64
	for _, arrived := range []int64{0, 5 * ms, 100 * ms, 100 * ms} {
		got = append(got, s.release(arrived)/ms)
	}
	if d := cmp.Diff([]int64{10, 20, 110, 120}, got); d != "" {
		t.Error(d)
	}
}

// The phase is [1000, 3500) ms. With 400 ms per second the stalls are at 1300 and 2300;
// one at 3300 would end after the phase.
func TestStallsFitThePhase(t *testing.T) {
	c := proto.Call{SteadyFrom: 1000 * ms, SteadyTo: 3500 * ms}
	for arrived, want := range map[int64]int64{
		0: 0, 300: 300, 1299: 1299, 1300: 1700, 1699: 1700, 1700: 1700, 2299: 2299, 2300: 2700, 2500: 2700, 3299: 3299, 3300: 3300, 9000: 9000,
	} {
		if got := newSchedule(parse(t, "stall=400ms/1s"), c).release(arrived * ms); got != want*ms {
			t.Errorf("a message at %d is released at %d, want %d", arrived, got/ms, want)
		}
	}
	// A delay that ends in a stall is extended to its end.
	if got := newSchedule(parse(t, "delay=10ms,stall=400ms/1s"), c).release(1295 * ms); got != 1700*ms {
		t.Errorf("released at %d", got/ms)
	}
	// A call without a phase stalls by the clock, at 300 ms of each second.
	for arrived, want := range map[int64]int64{299: 299, 300: 700, 3_600_500: 3_600_700} {
		if got := newSchedule(parse(t, "stall=400ms/1s"), proto.Call{}).release(arrived * ms); got != want*ms {
			t.Errorf("without a phase, a message at %d is released at %d, want %d", arrived, got/ms, want)
		}
	}
	// An overflowing phase has no stalls.
	for _, c := range []proto.Call{{}, {SteadyFrom: math.MinInt64, SteadyTo: math.MaxInt64}, {SteadyFrom: math.MaxInt64, SteadyTo: math.MaxInt64}} {
		if got := newSchedule(parse(t, "stall=400ms/1s"), c).release(ms); got != ms {
			t.Errorf("%+v: released at %d", c, got)
		}
	}
}

func TestReleaseIsNeverEarly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{"delay=10ms", "uniform=1ms..9ms", "exponential=3ms", "stall=5ms/20ms", "uniform=1ms..9ms,stall=5ms/20ms"}).Draw(t, "fault")
		f, _ := ParseFault(text)
		from := rapid.Int64Range(0, 1e9).Draw(t, "from")
		s := newSchedule(f, proto.Call{
			Share: rapid.IntRange(0, 7).Draw(t, "share"), Of: 8, SteadyFrom: from, SteadyTo: from + rapid.Int64Range(0, 1e9).Draw(t, "length"),
		})
		arrived, before := int64(0), int64(0)
		for range 100 {
			arrived += rapid.Int64Range(0, 30e6).Draw(t, "gap")
			at := s.release(arrived)
			if at < arrived+int64(f.delay.at(0)) || at < before {
				t.Fatalf("released at %d, %d after it came, %d after the one before", at, at-arrived, at-before)
			}
			before = at
		}
	})
}

// Together, all streams of a run have the distribution's quantiles but for three ranks,
// wherever the steady phase begins.
func TestDelayQuantiles(t *testing.T) {
	for text, quantile := range map[string]func(float64) float64{
		"uniform=5ms..15ms": func(p float64) float64 { return 5e6 + 10e6*p },
		"exponential=10ms":  func(p float64) float64 { return -10e6 * math.Log(1-p) },
	} {
		for _, of := range []int{1, 5, 8, 40} {
			const each, warm = 100, 20
			var delays []float64
			for share := range of {
				s := newSchedule(parse(t, text), proto.Call{Share: share, Of: of})
				for i := range int64(warm + each) {
					arrived := i * int64(time.Minute)
					if at := s.release(arrived); i >= warm {
						delays = append(delays, float64(at-arrived))
					}
				}
			}
			slices.Sort(delays)
			n := float64(len(delays))
			for i, d := range delays {
				low, high := quantile(max(0, (float64(i)-3)/n)), quantile(min(1, (float64(i)+4)/n))
				if d < low-1 || d > high+1 {
					t.Errorf("%s, %d streams: rank %d of %v is %v, want %v to %v", text, of, i, n, d, low, high)
				}
			}
		}
	}
}

func order(t *testing.T, text string, n int) (out []int) {
	q := messageOrder[int]{fault: parse(t, text)}
	for i := range n {
		out = append(out, q.next(i)...)
	}
	return append(append(out, q.flush()...), q.flush()...)
}

func TestMessageOrder(t *testing.T) {
	for text, want := range map[string][]int{
		"":                      {0, 1, 2, 3, 4, 5, 6, 7},
		"lose=4":                {0, 1, 2, 4, 5, 6},
		"lose=1":                nil,
		"duplicate=4":           {0, 1, 2, 3, 3, 4, 5, 6, 7, 7},
		"swap=4":                {0, 1, 2, 4, 3, 5, 6, 7}, // 7 has no successor
		"swap=2":                {0, 2, 1, 4, 3, 6, 5, 7},
		"swap=3":                {0, 1, 3, 2, 4, 6, 5, 7},
		"swap=3,lose=4":         {0, 1, 2, 4, 6, 5}, // 3 and 7 are lost, 2 replaces 3
		"swap=3,duplicate=3":    {0, 1, 3, 2, 2, 4, 6, 5, 5, 7},
		"lose=4,duplicate=4":    {0, 1, 2, 4, 5, 6},
		"lose=2,swap=2,work=1s": {0, 2, 4, 6},
	} {
		if d := cmp.Diff(want, order(t, text, 8)); d != "" {
			t.Errorf("%s: (-want +got)\n%s", text, d)
		}
	}
}

// The counts on which the oracle and the driver tests rely.
func TestFaultCounts(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n, every := rapid.IntRange(1, 300).Draw(rt, "n"), rapid.IntRange(2, 50).Draw(rt, "every")
		text := func(name string) string { return fmt.Sprintf("%s=%d", name, every) }
		if got := len(order(t, text("lose"), n)); got != n-n/every {
			rt.Errorf("%d of %d are left with every %dth lost", got, n, every)
		}
		if got := len(order(t, text("duplicate"), n)); got != n+n/every {
			rt.Errorf("%d of %d went out with every %dth twice", got, n, every)
		}
		late, highest := 0, -1
		for _, m := range order(t, text("swap"), n) {
			if m < highest {
				late++
			}
			highest = max(highest, m)
		}
		if late != (n-1)/every {
			rt.Errorf("%d of %d are out of order with every %dth swapped", late, n, every)
		}
	})
}

// A request has the call's fault, or else the server's.
func TestRequestFault(t *testing.T) {
	s := &Server{fault: parse(t, "delay=10ms")}
	r, err := s.parseRequest("pattern=echo")
	if err != nil || r.fault != s.fault {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err = s.parseRequest("pattern=echo&fault=lose=10"); err != nil || r.fault != parse(t, "lose=10") {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err = s.parseRequest("pattern=echo&fault=loose=10"); err == nil || !strings.Contains(err.Error(), "unknown fault") {
		t.Errorf("%v", err)
	}
	if _, err = Start(Config{Fault: "loose=10"}); err == nil {
		t.Error("a server starts with a fault that there is not")
	}
}
