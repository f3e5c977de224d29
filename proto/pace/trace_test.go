package pace_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rtbench/proto/clock"
	"rtbench/proto/pace"
)

func TestParseTrace(t *testing.T) {
	t.Parallel()
	want := pace.Trace{0, 250 * time.Millisecond, 250 * time.Millisecond, 1250000001}
	for name, text := range map[string]string{
		"seconds":         "0\n0.25\n0.25\n1.250000001\n",
		"not from 0":      "# from production\ntime,user\n1700000000.5,ann\n1700000000.75,\n1700000000.75\n1700000001.750000001,x",
		"RFC 3339":        "\ufeff2026-01-31T12:00:00+01:00\n2026-01-31T11:00:00.25Z\n\n2026-01-31T11:00:00.25Z\n2026-01-31T11:00:01.250000001Z",
		"without a zone":  "TIMESTAMP,Tokens\r\n2023-11-16 18:17:03.979,1\r\n2023-11-16 18:17:04.229,2\r\n2023-11-16 18:17:04.229,2\r\n2023-11-16 18:17:05.229000001,3\r\n",
		"quoted, spaced ": "\"0\",\"a\nb\"\n 0.25\n0.25\n1.250000001",
	} {
		got, err := pace.ParseTrace("t.csv", []byte(text))
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if want.Length() != 1251*time.Millisecond || want.Count(250*time.Millisecond) != 1 || want.Count(time.Hour) != 4 || want.Peak() != 20 {
		t.Errorf("length %v, %d before 250 ms, peak %v/s", want.Length(), want.Count(250*time.Millisecond), want.Peak())
	}
	if fast := want.Faster(2); !slices.Equal(fast, pace.Trace{0, 125 * time.Millisecond, 125 * time.Millisecond, 625000001}) {
		t.Errorf("twice as fast: %v", fast)
	}
}

func TestBrokenTraces(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                     "t.csv: found 0 times that do not differ; expected at least two different ones",
		"1\n1\n1":                              "t.csv: found 3 times that do not differ",
		"time\n1\n2\nsoon\n":                   `t.csv:4: found "soon"; expected seconds such as 12.5, or a time such as`,
		"at\n1\n\n\n3\n2":                      `t.csv:6: "2" is before the time of the previous line; expected times in order`,
		"1\n\"2\n3\n":                          "t.csv:3: ",
		"1\n-2":                                `t.csv:2: found "-2"`,
		"1\n1e3":                               `t.csv:2: found "1e3"`,
		"0\n99999999999999":                    `t.csv:2: found "99999999999999"`,
		strings.Repeat("1\n", 2+pace.MaxTrace): "t.csv:1000001: found more than 1000000 times",
	} {
		if _, err := pace.ParseTrace("t.csv", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %s", text, err, want)
		}
	}
}

// The streams together send each message of the trace once, at its time, after a warm-up at a constant
// rate.
func TestSharesOfATrace(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const start = 100 * time.Millisecond
		gaps := rapid.SliceOfN(rapid.Int64Range(0, 1e8), 1, 200).Draw(t, "gaps")
		trace := make(pace.Trace, len(gaps)+1)
		for i, gap := range gaps {
			trace[i+1] = trace[i] + time.Duration(gap)
		}
		streams := rapid.IntRange(1, 300).Draw(t, "streams")
		var replayed pace.Trace
		warmUp := 0
		for share := range streams {
			p := pace.NewPlan(constant(1000, time.Hour), pace.Replayed, 1, share, streams).Replay(trace, start)
			for due, ok := p.Next(); ok; due, ok = p.Next() {
				if due < start {
					warmUp++
				} else {
					replayed = append(replayed, due-start)
				}
			}
		}
		slices.Sort(replayed)
		if !slices.Equal(replayed, trace) || warmUp != 100 {
			t.Fatalf("%d messages in the warm-up, then %v, want %v", warmUp, replayed, trace)
		}
	})
}

// A dues records when messages are due.
type dues struct {
	at    []int64
	ended chan struct{}
}

func (d *dues) Fire(due int64) bool {
	if clock.Now() < due {
		due = -1 // too early
	}
	d.at = append(d.at, due)
	return true
}

func (d *dues) Done() { close(d.ended) }

// A metronome sends the messages of a trace at its times, never earlier.
func TestMetronomeReplaysATrace(t *testing.T) {
	t.Parallel()
	trace := pace.Trace{0, 0, 3e6, 3e6 + 1, 20e6, 20e6 + 7e5}
	m := pace.NewMetronome(60 * time.Microsecond)
	defer m.Close()
	origin := clock.Now()
	d := &dues{ended: make(chan struct{})}
	m.Add(origin, pace.NewPlan(nil, pace.Replayed, 1, 0, 1).Replay(trace, 0), d)
	<-d.ended
	for i, at := range trace {
		if len(d.at) != len(trace) || d.at[i] != origin+int64(at) {
			t.Fatalf("messages due at %v after %d, want %v", d.at, origin, trace)
		}
	}
}

func FuzzParseTrace(f *testing.F) {
	for _, text := range []string{"0\n0.25\n", "time,x\n2026-01-31T12:00:00Z,1\n2026-01-31 12:00:01,2", "\"1\n2", "1\n#\n2", "2026-01-31T12:00:00Z,1\n8026-01-31 12:00:01"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		trace, err := pace.ParseTrace("t.csv", text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "t.csv:") {
				t.Fatalf("an error without a place: %v", err)
			}
			return
		}
		if !slices.IsSorted(trace) || trace[0] != 0 || trace.Count(trace.Length()) != len(trace) || trace.Peak() < 10 {
			t.Fatalf("%q becomes %v", text, trace)
		}
		var again strings.Builder
		for _, at := range trace {
			s := int64(at / time.Second)
			again.WriteString(strconv.FormatInt(s, 10) + "." + strconv.FormatInt(1e9+int64(at%time.Second), 10)[1:] + "\n")
		}
		if second, err := pace.ParseTrace("t.csv", []byte(again.String())); err != nil || !slices.Equal(second, trace) {
			t.Fatalf("%v becomes %v, %v", trace, second, err)
		}
	})
}
