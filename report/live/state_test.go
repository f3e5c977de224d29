package live

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/width"
	"pgregory.net/rapid"

	"rtbench/internal/golden"
	"rtbench/report/result"
)

var sampleStart = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// sampleRun returns the view of a run of six repetitions with a plan of 4 s each: the first is
// limited, the second failed, and the third is in the middle of its steady phase.
func sampleRun() (v *state, now time.Time) {
	v, now = &state{}, sampleStart
	status := result.Status{Of: 6, Protocol: "tcp", Pattern: "push", Plan: 4 * time.Second, Whole: 24 * time.Second}
	run := func(i int, cell string, word result.Word, failed string) {
		s := status
		s.Run, s.Cell, s.Repetition, s.Before = i, cell, 1, time.Duration(i-1)*4*time.Second
		s.Phase = "server"
		v.note(s, now)
		now = now.Add(5 * time.Second)
		s.Phase, s.Done, s.Word, s.Failed = "done", true, word, failed
		if failed == "" {
			s.Recorded, s.P50, s.P99 = 24000, exactly(61800*time.Nanosecond), result.StatusTime{Known: true, At: 139 * time.Microsecond, AtMost: true}
		}
		v.note(s, now)
	}
	run(1, "push/push/tcp", result.Limited, "")
	run(2, "push/push/websocket/size=1024", result.ServerFailed, "the reference server exited during the run: signal: killed")
	s := status
	s.Run, s.Cell, s.Repetition, s.Before, s.Phase = 3, "push/push/grpc/size=1024", 1, 8*time.Second, "warmup"
	v.note(s, now)
	s.Phase, s.Length = "steady", 3*time.Second
	for i := range 8 {
		now = now.Add(250 * time.Millisecond)
		s.Elapsed = time.Duration(i+1) * 250 * time.Millisecond
		s.Recorded, s.P50, s.P99 = uint64(2000*(i+1)), exactly(93*time.Microsecond), exactly(4200*time.Microsecond)
		s.Planned, s.Achieved = 8000, 8000-float64(i%4)*300
		s.ClientCores, s.ServerCores, s.ServerKnown, s.Errors = 0.31, 0.42, true, 2
		v.note(s, now)
	}
	return v, now
}

func text(rows []row, colour bool) string {
	var b strings.Builder
	for _, r := range rows {
		b.WriteString(r.text(colour) + "\n")
	}
	return b.String()
}

func TestLiveViewAtEachWidth(t *testing.T) {
	var got strings.Builder
	for _, w := range []int{12, 20, 40, 80, 120} {
		for _, h := range []int{24, 5} {
			v, now := sampleRun()
			fmt.Fprintf(&got, "== %d x %d\n%s", w, h, text(v.lines(w, h, now), false))
		}
	}
	v := &state{}
	v.startStep("2 of 5, 12 s: latency", sampleStart)
	fmt.Fprintf(&got, "== a step without a run\n%s", text(v.lines(80, 24, sampleStart.Add(75*time.Second)), false))
	v, now := sampleRun()
	v.now.AtMost = true
	fmt.Fprintf(&got, "== at most\n%s", text(v.lines(80, 24, now)[:2], false))
	fmt.Fprintf(&got, "== without a terminal\n%s\n", strings.Join(v.line(now), "\n"))
	golden.Check(t, "testdata/made-up.live", got.String())
}

// Colour does not change the text.
func TestLiveViewInColour(t *testing.T) {
	v, now := sampleRun()
	plainText, coloured := text(v.lines(80, 24, now), false), text(v.lines(80, 24, now), true)
	if !strings.Contains(coloured, "\x1b["+yellow+"m  limited\x1b[m") {
		t.Errorf("limited is not yellow:\n%q", coloured)
	}
	for _, s := range []string{bold, faint, red, yellow, blue, ""} {
		coloured = strings.ReplaceAll(coloured, "\x1b["+s+"m", "")
	}
	if d := cmp.Diff(plainText, coloured); d != "" {
		t.Errorf("(-plain +coloured without escape sequences):\n%s", d)
	}
}

func anyStatus(t *rapid.T) result.Status {
	duration := func(label string) time.Duration {
		return time.Duration(rapid.Int64().Draw(t, label))
	}
	value := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, math.NaN(), math.Inf(1), math.Inf(-1), -1, math.MaxFloat64}))
	words := rapid.OneOf(rapid.String(), rapid.StringN(0, 3000, 9000), rapid.SampledFrom([]string{"", "steady", "server", "漢字/🙂", "a\x1b[2Jb\r\nc\u202e", "e\u0301"}))
	return result.Status{
		Run: rapid.Int().Draw(t, "run"), Of: rapid.Int().Draw(t, "of"), AtMost: rapid.Bool().Draw(t, "at most"),
		Cell: words.Draw(t, "cell"), Repetition: rapid.Int().Draw(t, "repetition"), Phase: words.Draw(t, "phase"),
		Recorded: rapid.Uint64().Draw(t, "recorded"), P50: exactly(duration("p50")), P99: result.StatusTime{Known: rapid.Bool().Draw(t, "known p99"), At: duration("p99"), AtMost: true},
		Elapsed: duration("elapsed"), Length: duration("length"), Before: duration("before"), Plan: duration("plan"), Whole: duration("whole"),
		Planned: value.Draw(t, "planned"), Achieved: value.Draw(t, "achieved"),
		ClientCores: value.Draw(t, "client"), ServerCores: value.Draw(t, "server"), ServerKnown: rapid.Bool().Draw(t, "known"),
		Errors: rapid.Uint64().Draw(t, "errors"), Done: rapid.Bool().Draw(t, "done"),
		Word: result.Word(words.Draw(t, "word")), Failed: words.Draw(t, "failed"),
	}
}

// With any status, the view fits the window, contains no control characters, and every character is
// one column wide.
func TestAnyStatusFitsTheWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, now := &state{}, sampleStart
		if rapid.Bool().Draw(t, "in a step") {
			v.startStep(rapid.String().Draw(t, "step"), now)
		}
		for range rapid.IntRange(0, 12).Draw(t, "statuses") {
			now = now.Add(time.Duration(rapid.Int64Range(-1e9, 1e12).Draw(t, "later")))
			v.note(anyStatus(t), now)
		}
		w, h := rapid.IntRange(1, 300).Draw(t, "width"), rapid.IntRange(1, 60).Draw(t, "height")
		rows := v.lines(w, h, now)
		if len(rows) > max(1, h-1) {
			t.Fatalf("%d lines in a window of %d rows", len(rows), h)
		}
		for _, r := range rows {
			checkLine(t, r.text(false), w)
		}
		for _, line := range v.line(now) {
			checkLine(t, line, math.MaxInt)
		}
	})
}

func checkLine(t *rapid.T, line string, columns int) {
	if !utf8.ValidString(line) || utf8.RuneCountInString(line) > columns {
		t.Fatalf("%d characters in %d columns: %q", utf8.RuneCountInString(line), columns, line)
	}
	for _, r := range line {
		k := width.LookupRune(r).Kind()
		if !unicode.IsPrint(r) || unicode.Is(unicode.Mn, r) || k == width.EastAsianWide || k == width.EastAsianFullwidth {
			t.Fatalf("%q in %q is not one column wide", r, line)
		}
	}
}

// The time left is the remaining plan plus the measured overhead. It never falls below the time that
// the remaining repetitions need.
func TestTimeLeft(t *testing.T) {
	var c eta
	at := func(seconds float64) time.Time { return sampleStart.Add(time.Duration(seconds * float64(time.Second))) }
	left := func(s result.Status, seconds float64) time.Duration {
		d, ok := c.left(s, at(seconds))
		if !ok {
			t.Fatal("the time left is unknown")
		}
		return d
	}
	s := result.Status{Run: 1, Of: 4, Phase: "server", Plan: 4 * time.Second, Whole: 16 * time.Second}
	c.note(s, at(0))
	if got := left(s, 0); got != 18*time.Second {
		t.Errorf("at the start: %v, want the plan plus half a second per repetition", got)
	}
	s.Phase, s.Done = "done", true
	c.note(s, at(5))
	if got := left(s, 5); got != 15*time.Second {
		t.Errorf("after one of 5 s: %v, want 15 s", got)
	}
	s = result.Status{Run: 2, Of: 4, Phase: "drain", Before: 4 * time.Second, Plan: 4 * time.Second, Whole: 16 * time.Second}
	c.note(s, at(9))
	if got := left(s, 9); got != 11*time.Second {
		t.Errorf("in the second: %v, want 11 s", got)
	}
	if got := left(s, 60); got != 10*time.Second {
		t.Errorf("overrun of the second: %v, want 10 s for two more", got)
	}

	// Without a plan, the estimate uses the finished repetitions.
	s = result.Status{Run: 1, Of: 3, Phase: "server"}
	c.note(s, at(100))
	if _, ok := c.left(s, at(101)); ok {
		t.Error("the time left is known before a repetition has ended")
	}
	s.Done = true
	c.note(s, at(102))
	if got := left(result.Status{Run: 2, Of: 3}, 103); got != 3*time.Second {
		t.Errorf("one of 2 s, a second later: %v, want 3 s", got)
	}
}

func TestProgress(t *testing.T) {
	for _, c := range []struct {
		s    result.Status
		want float64
	}{
		{result.Status{}, 0},
		{result.Status{Run: 3, Of: 4}, 0.5},
		{result.Status{Run: 3, Of: 4, Elapsed: 1, Length: 2}, 0.625},
		{result.Status{Run: 4, Of: 4, Done: true}, 1},
		{result.Status{Run: 1, Of: 2, Plan: 4, Whole: 20, Elapsed: 1, Length: 3}, 0.1},
		{result.Status{Run: 2, Of: 2, Before: 4, Plan: 16, Whole: 20, Phase: "drain"}, 1},
		{result.Status{Run: 2, Of: 2, Before: 4, Plan: 16, Whole: 20, Phase: "connect"}, 0.2},
	} {
		if got := c.s.Progress(); got != c.want {
			t.Errorf("%+v: %v, want %v", c.s, got, c.want)
		}
	}
}

// Metrics stay until the next phase has its own or the repetition ends.
func TestMetricsStayDuringTheDrain(t *testing.T) {
	v := &state{}
	v.note(result.Status{Run: 1, Of: 2, Cell: "a", Phase: "steady", Recorded: 7, P99: exactly(5), Planned: 3, Achieved: 2, Elapsed: 1, Length: 1}, sampleStart)
	v.note(result.Status{Run: 1, Of: 2, Cell: "a", Phase: "drain"}, sampleStart)
	if v.now.Recorded != 7 || v.now.P99 != exactly(5) || v.now.Planned != 3 || v.now.Phase != "drain" {
		t.Errorf("in the drain: %+v", v.now)
	}
	v.note(result.Status{Run: 2, Of: 2, Cell: "a", Phase: "server"}, sampleStart)
	if v.now.Recorded != 0 || v.now.Planned != 0 || len(v.history) != 0 {
		t.Errorf("in the next repetition: %+v, history %v", v.now, v.history)
	}
}
