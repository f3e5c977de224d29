// Package live shows the progress of a run on a terminal, or as plain lines elsewhere.
package live

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"rtbench/report/result"
)

const (
	drawEvery  = 250 * time.Millisecond // on a terminal
	plainEvery = 5 * time.Second        // otherwise
)

// Options configure a View. The zero value uses colour if the terminal supports it and shows
// everything.
type Options struct {
	Quiet   bool // show nothing
	NoColor bool
	// OnlyTrouble prints lines for failed repetitions only, for runs with hundreds of them.
	OnlyTrouble bool
}

// A View shows the progress of a run: a few lines redrawn in place on a terminal, plain lines
// otherwise. Show and Title never block; a goroutine that runs until Clear does the writing, so a
// stalled terminal does not stall the run. The methods are safe for concurrent use, except that
// Clear must be called last.
//
// Between two drawings the terminal is in its normal state, with the cursor visible at the
// beginning of a line, so an interrupted run leaves nothing to restore.
type View struct {
	out    *os.File
	opts   Options
	screen *screen // nil if out is not a terminal with cursor control

	mu    sync.Mutex // never held while writing
	state state
	kept  []string // permanent lines to write

	wake chan struct{}
	quit chan struct{}
	gone sync.WaitGroup
}

// New returns a view on out. The environment can disable colour (NO_COLOR) and redrawing
// (TERM=dumb).
func New(out *os.File, opts Options) *View {
	l := &View{out: out, opts: opts, wake: make(chan struct{}, 1)}
	if opts.Quiet || !drawable(out, os.Getenv("TERM")) {
		return l
	}
	l.screen = &screen{
		out: out, size: func() (int, int) { return terminalSize(out) },
		colour:  !opts.NoColor && os.Getenv("NO_COLOR") == "",
		reflows: reflows(os.Getenv),
	}
	return l
}

// Show updates the view.
func (l *View) Show(s result.Status) {
	if l.opts.Quiet {
		return
	}
	l.mu.Lock()
	l.state.note(s, time.Now())
	if s.Done && l.keepsLine(s) {
		l.kept = append(l.kept, doneLine(s))
	}
	l.mu.Unlock()
	l.start()
}

// keepsLine reports whether a finished repetition prints a permanent line. On a terminal the view
// shows the last ones.
func (l *View) keepsLine(s result.Status) bool {
	return s.Failed != "" || !l.opts.OnlyTrouble && l.screen == nil
}

// Title announces the next step on a permanent line and at the top of the view.
func (l *View) Title(text string) {
	if l.opts.Quiet {
		return
	}
	l.mu.Lock()
	l.state.startStep(text, time.Now())
	l.kept = append(l.kept, clean(text))
	l.mu.Unlock()
	l.start()
}

// Clear removes the view and writes the remaining permanent lines before it returns. A later Show
// starts it again.
func (l *View) Clear() {
	l.mu.Lock()
	quit := l.quit
	l.quit = nil
	l.mu.Unlock()
	if quit == nil {
		return
	}
	close(quit)
	l.gone.Wait()
}

// start starts the goroutine if necessary and wakes it.
func (l *View) start() {
	l.mu.Lock()
	if l.quit == nil {
		l.quit = make(chan struct{})
		quit := l.quit
		l.gone.Go(func() { l.run(quit) })
	}
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default: // already pending
	}
}

// run writes until quit is closed: four times a second on a terminal, otherwise on each status and
// every few seconds.
func (l *View) run(quit chan struct{}) {
	every, wake := plainEvery, l.wake
	if l.screen != nil {
		every, wake = drawEvery, nil
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-quit:
			l.finish()
			return
		case <-wake:
			l.write(l.takeKept())
		case now := <-tick.C:
			l.tick(now)
		}
	}
}

func (l *View) tick(now time.Time) {
	if l.screen != nil {
		width, height := l.screen.size()
		l.mu.Lock()
		rows := l.state.lines(width, height, now)
		l.mu.Unlock()
		l.screen.draw(l.takeKept(), rows, width)
		return
	}
	l.mu.Lock()
	line := l.state.line(now)
	l.mu.Unlock()
	l.write(append(l.takeKept(), line...))
}

func (l *View) finish() {
	if l.screen != nil {
		width, _ := l.screen.size()
		l.screen.draw(l.takeKept(), nil, width)
		return
	}
	l.write(l.takeKept())
}

// takeKept removes and returns the pending permanent lines.
func (l *View) takeKept() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := l.kept
	l.kept = nil
	return lines
}

// write writes plain lines. It ignores errors, because it has no caller to report them to.
func (l *View) write(lines []string) {
	if len(lines) > 0 {
		_, _ = io.WriteString(l.out, strings.Join(lines, "\n")+"\n")
	}
}

// doneLine returns the permanent line of a finished repetition.
func doneLine(s result.Status) string {
	if s.Word != "" {
		return statusHead(s) + " · " + clean(string(s.Word))
	}
	return statusHead(s)
}

func statusHead(s result.Status) string {
	line := fmt.Sprintf("[%d/%d] %s %s %s", s.Run, s.Of, clean(s.Cell), s.RepetitionLabel(), clean(s.Phase))
	if s.Recorded > 0 {
		line += fmt.Sprintf(" · %s · %sp50 %v · p99 %v", result.Plural(s.Recorded, "message"), s.TimeWord(), s.P50, s.P99)
	}
	return line
}

// line returns the plain line shown without a terminal, if any.
func (v *state) line(now time.Time) []string {
	switch {
	case !v.started && v.step == "":
		return nil
	case !v.started:
		return []string{fmt.Sprintf("%s · for %s", clean(v.step), minutes(now.Sub(v.since)))}
	case v.now.Done: // it already has a line
		return nil
	}
	s := v.now
	parts := []string{statusHead(s)}
	for _, r := range metricRows(s, false) {
		parts = append(parts, r.text(false))
	}
	if left, ok := v.clock.left(s, now); ok {
		parts = append(parts, minutes(left)+" left")
	}
	return []string{strings.Join(parts, " · ")}
}
