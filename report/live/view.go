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
	plainEvery = 5 * time.Second        // elsewhere
)

// Options say how a live view looks. The zero value is colour where the terminal has
// it, and all that there is to see.
type Options struct {
	Quiet   bool // nothing is shown
	NoColor bool
	// OnlyTrouble leaves a line only for repetitions that failed, where there are hundreds.
	OnlyTrouble bool
}

// View shows a run while it goes on: some lines that are drawn anew on a terminal, plain
// lines elsewhere. Show and Title keep what they are told and return; a goroutine that
// lives until Clear writes it, so that a terminal that stands still holds up no run. Its
// methods may be called from any goroutine, Clear after all others.
//
// Between two drawings the terminal is as it was found: cooked, with its cursor shown, at
// the beginning of a line. A run that is interrupted, or killed, leaves nothing to mend.
type View struct {
	out    *os.File
	opts   Options
	screen *screen // nil where out is no terminal that can be drawn on

	mu    sync.Mutex // held for as long as it takes to copy
	state state
	kept  []string // lines to write that stay

	wake chan struct{}
	quit chan struct{}
	gone sync.WaitGroup
}

// New returns a live view on out. Colour is off too where the environment says so
// (NO_COLOR), and lines are plain on a terminal that cannot do better (TERM=dumb).
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

// Show shows where the run is.
func (l *View) Show(s Status) {
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

// keepsLine says whether a repetition that has ended leaves a line: of those on a terminal
// the view shows the last, and the tables all.
func (l *View) keepsLine(s Status) bool {
	return s.Failed != "" || !l.opts.OnlyTrouble && l.screen == nil
}

// Title says what comes next, on a line that stays, and at the head of the view.
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

// Clear takes the view away; the lines that stay are written when it returns. A Show
// after it begins anew.
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

// start starts the goroutine where none runs, and wakes it.
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
	default: // it is about to wake
	}
}

// run writes until quit. It wakes four times a second on a terminal; elsewhere when a
// status came, for a line that stays, and every few seconds.
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

// takeKept takes the lines that stay.
func (l *View) takeKept() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := l.kept
	l.kept = nil
	return lines
}

// write writes plain lines. Nobody is to be told when nobody reads them.
func (l *View) write(lines []string) {
	if len(lines) > 0 {
		_, _ = io.WriteString(l.out, strings.Join(lines, "\n")+"\n")
	}
}

// doneLine is what a repetition that has ended leaves.
func doneLine(s Status) string {
	return statusHead(s) + " · " + string(s.Verdict)
}

func statusHead(s Status) string {
	line := fmt.Sprintf("[%d/%d] %s %s %s", s.Run, s.Of, clean(s.Cell), s.repetitionLabel(), clean(s.Phase))
	if s.Recorded > 0 {
		line += fmt.Sprintf(" · %s · %sp50 %s · p99 %s", result.Plural(s.Recorded, "message"), s.timeWord(), timeOrDash(s.P50), timeOrDash(s.P99))
	}
	return line
}

// line is the view where there is no terminal: one plain line, or none.
func (v *state) line(now time.Time) []string {
	switch {
	case !v.started && v.step == "":
		return nil
	case !v.started:
		return []string{fmt.Sprintf("%s · for %s", clean(v.step), minutes(now.Sub(v.since)))}
	case v.now.Done: // it has a line already
		return nil
	}
	s := v.now
	parts := []string{statusHead(s)}
	for _, r := range []row{rateRow(s), plannedRow(s), errorsRow(s), clientRow(s), serverRow(s)} {
		if len(r) > 0 {
			parts = append(parts, r.text(false))
		}
	}
	if left, ok := v.clock.left(s, now); ok {
		parts = append(parts, minutes(left)+" left")
	}
	return []string{strings.Join(parts, " · ")}
}
