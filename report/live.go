package report

import (
	"fmt"
	"os"
	"time"

	"rtbench/report/result"
)

// A LiveStatus is where a run is.
type LiveStatus struct {
	Run, Of    int
	Cell       string
	Repetition int
	Phase      string
	Recorded   uint64
	P50, P99   time.Duration
	Done       bool
	Verdict    result.Verdict
}

// Live shows a run while it goes on: one line that is rewritten on a terminal, a
// line a repetition elsewhere. It belongs to one goroutine.
type Live struct {
	out      *os.File
	terminal bool
}

// NewLive returns a live view on out.
func NewLive(out *os.File) *Live {
	info, err := out.Stat()
	return &Live{out: out, terminal: err == nil && info.Mode()&os.ModeCharDevice != 0}
}

// Show shows where the run is.
func (l *Live) Show(s LiveStatus) {
	line := fmt.Sprintf("[%d/%d] %s #%d %s", s.Run, s.Of, s.Cell, s.Repetition, s.Phase)
	if s.Recorded > 0 {
		line += fmt.Sprintf(" · %d messages · p50 %s · p99 %s", s.Recorded, duration(float64(s.P50)), duration(float64(s.P99)))
	}
	if s.Done {
		line += " · " + string(s.Verdict)
	}
	switch {
	case l.terminal:
		fmt.Fprintf(l.out, "\r\x1b[K%s", line)
	case s.Done:
		fmt.Fprintln(l.out, line)
	}
}

// Title says what comes next, on a line that stays.
func (l *Live) Title(text string) {
	l.Clear()
	fmt.Fprintln(l.out, text)
}

// Clear takes the line away.
func (l *Live) Clear() {
	if l.terminal {
		fmt.Fprint(l.out, "\r\x1b[K")
	}
}
