package live

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"rtbench/report/result"
)

func fileView(t *testing.T, opts Options) (l *View, read func() string) {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return New(f, opts), func() string {
		b, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
}

var doneStatus = result.Status{Run: 1, Of: 2, Cell: "a/b", Repetition: 1, Phase: "done", Recorded: 5, P50: exactly(time.Millisecond), P99: result.StatusTime{Known: true, At: 2 * time.Millisecond, AtMost: true}, Done: true, Word: result.Limited}

func exactly(at time.Duration) result.StatusTime { return result.StatusTime{Known: true, At: at} }

// Without a terminal, the view writes a line every few seconds and one per finished repetition.
func TestViewOnAFile(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	synctest.Test(t, func(t *testing.T) {
		l, read := fileView(t, Options{})
		l.Title("a step")
		synctest.Wait()
		if got := read(); got != "a step\n" {
			t.Errorf("at the start: %q", got)
		}
		time.Sleep(6 * time.Second)
		l.Show(result.Status{Run: 1, Of: 2, Cell: "a/b", Repetition: 1, Phase: "steady", Recorded: 3, P50: exactly(1000), Planned: 10, Achieved: 9})
		time.Sleep(5 * time.Second)
		l.Show(doneStatus)
		time.Sleep(20 * time.Second)
		l.Clear()
		want := "a step\na step · for 5 s\n" +
			"[1/2] a/b #1 steady · 3 messages · p50 1.00 µs · p99 – · rate 9/s · planned 10/s · errors 0\n" +
			"[1/2] a/b #1 done · 5 messages · p50 1.00 ms · p99 ≤ 2.00 ms · limited\n"
		if got := read(); got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
	})
}

// Gaps and one-way times are labelled everywhere.
func TestTimesAreLabelled(t *testing.T) {
	for kind, want := range map[string]string{"": " p50 1.00 ms", result.TimesGap: " gap p50 1.00 ms", result.TimesOneWay: " one-way p50 1.00 ms"} {
		s := doneStatus
		s.Times = kind
		v := &state{}
		v.note(s, sampleStart)
		for _, text := range []string{doneLine(s), text(flow(80, "   ", metricRows(v.now, true)...), false), finishedRow(s).text(false)} {
			if !strings.Contains(" "+text, want) || kind == "" && (strings.Contains(text, "gap") || strings.Contains(text, "one-way")) {
				t.Errorf("%q: %s", kind, text)
			}
		}
	}
}

func TestViewOptions(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	failed := doneStatus
	failed.Failed, failed.Word = "it died", result.ServerFailed
	for _, c := range []struct {
		name  string
		opts  Options
		lines int
	}{{"all", Options{}, 3}, {"trouble", Options{OnlyTrouble: true}, 2}, {"quiet", Options{Quiet: true}, 0}} {
		l, read := fileView(t, c.opts)
		l.Title("a step")
		l.Show(doneStatus)
		l.Show(failed)
		l.Clear()
		l.Clear() // a second call does nothing
		if got := strings.Count(read(), "\n"); got != c.lines {
			t.Errorf("%s: %d lines, want %d:\n%s", c.name, got, c.lines, read())
		}
	}
}

// A cleared view can be used again.
func TestViewAfterClear(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	l, read := fileView(t, Options{})
	for range 3 {
		l.Show(doneStatus)
		l.Clear()
	}
	if got := strings.Count(read(), "done"); got != 3 {
		t.Errorf("%d lines:\n%s", got, read())
	}
}

// Show does not block on a stalled terminal, as after Ctrl-S.
func TestStalledTerminalDoesNotBlockShow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		l := &View{wake: make(chan struct{}, 1), screen: &screen{out: w, size: func() (int, int) { return 80, 24 }}}
		for range 1000 {
			l.Show(doneStatus)
			time.Sleep(drawEvery)
		}
		ended := make(chan []byte)
		go func() {
			b, _ := io.ReadAll(r)
			ended <- b
		}()
		l.Clear()
		_ = w.Close()
		if b := <-ended; !bytes.Contains(b, []byte("limited")) || !bytes.HasSuffix(b, []byte("\x1b[?25h")) {
			t.Errorf("final output: %q", b)
		}
	})
}

// The view draws at most four times a second.
func TestDrawRateIsLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		l := &View{wake: make(chan struct{}, 1), screen: &screen{out: counting{&n}, size: func() (int, int) { return 80, 24 }}}
		for i := range 10000 {
			l.Show(result.Status{Run: 1, Of: 1, Cell: "a", Phase: "steady", Recorded: uint64(i + 1), P50: exactly(time.Duration(i) * time.Millisecond)})
			time.Sleep(time.Millisecond)
		}
		l.Clear()
		if n > 41 {
			t.Errorf("%d writes in 10 s", n)
		}
	})
}

type counting struct{ n *int }

func (c counting) Write(p []byte) (int, error) {
	*c.n++
	return len(p), nil
}
