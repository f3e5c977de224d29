package live

import (
	"fmt"
	"math"
	"strings"
	"time"

	"rtbench/report/result"
)

const (
	narrowest = 20  // columns; below, only one word is shown
	widest    = 78  // columns; short rows survive a narrower window
	keepDone  = 8   // finished repetitions remembered
	keepRates = 120 // points in the rate history
)

// A state is the model of the live view. It neither draws nor reads the clock.
type state struct {
	step    string
	since   time.Time // beginning of the step
	now     result.Status
	started bool // the step has had a status
	done    []result.Status
	history []float64 // recent rates of this repetition
	clock   eta
}

// startStep begins a step with the given name.
func (v *state) startStep(text string, now time.Time) {
	*v = state{step: text, since: now, done: v.done}
}

// note records a status received at now.
func (v *state) note(s result.Status, now time.Time) {
	if s.Run != v.now.Run || s.Cell != v.now.Cell || s.Phase == "server" {
		v.history = nil
	}
	v.now, v.started = s.CarryOver(v.now), true
	v.clock.note(s, now)
	if n := len(v.history); s.Achieved > 0 && s.Length > 0 && (n == 0 || v.history[n-1] != s.Achieved) {
		v.history = append(v.history, s.Achieved)
		v.history = v.history[max(0, len(v.history)-keepRates):]
	}
	if s.Done {
		v.done = append(v.done, s)
		v.done = v.done[max(0, len(v.done)-keepDone):]
	}
}

// lines renders the view for a terminal of the given size. It leaves the last column free, since
// terminals treat it differently, and a row for the cursor.
func (v *state) lines(width, height int, now time.Time) []row {
	if width < narrowest {
		return []row{row{{v.word(), plain}}.cut(max(1, width-1))}
	}
	width = min(width-1, widest)
	rows := v.head(width, now)
	if v.started {
		rows = append(rows, v.progress(width, now)...)
		rows = append(rows, flow(width, "   ", metricRows(v.now, true)...)...)
		rows = append(rows, v.rates(width)...)
	}
	room := max(1, height-1)
	rows = append(rows, v.finishedRows(room-len(rows))...)
	rows = rows[:min(len(rows), room)]
	for i := range rows {
		rows[i] = rows[i].cut(width)
	}
	return rows
}

// word returns the current phase in one word.
func (v *state) word() string {
	first, _, _ := strings.Cut(clean(v.now.Phase), " ")
	if first == "" {
		return "rtbench"
	}
	return first
}

func (v *state) head(width int, now time.Time) []row {
	if !v.started {
		if v.step == "" {
			return nil
		}
		return []row{{{"for " + minutes(now.Sub(v.since)), faint}}} // the line above has its name
	}
	s := v.now
	which := fmt.Sprintf("[%d/%d]", s.Run, s.Of)
	cell := " " + s.RepetitionLabel()
	name := row{{clean(s.Cell), bold}}.cut(max(1, width-len(cell)))
	phase := row{{clean(s.Phase), plain}}
	if s.Length > 0 && !s.Done {
		phase = append(phase, span{fmt.Sprintf(" %.1f of %.1f s", s.Elapsed.Seconds(), s.Length.Seconds()), faint})
	}
	return flow(width, "  ", row{{which, faint}}, append(name, span{cell, plain}), phase)
}

// progress returns the progress bar of the run with the time left.
func (v *state) progress(width int, now time.Time) []row {
	done := v.now.Progress()
	tail := row{{fmt.Sprintf("%3.0f %%", 100*done), plain}}
	if left, ok := v.clock.left(v.now, now); ok {
		word := " left"
		if v.now.AtMost {
			word = " left at most"
		}
		tail = append(tail, span{"  " + minutes(left) + word, faint})
	}
	const least = 10 // minimum width of a bar
	if room := width - tail.width() - 2; room >= least {
		return []row{append(append(bar(done, room), span{"  ", plain}), tail...)}
	}
	return []row{bar(done, width), tail}
}

// metricRows returns the known metrics of a status, with or without its times.
func metricRows(s result.Status, times bool) []row {
	var rows []row
	add := func(known bool, label, value, style, unit string) {
		if known {
			rows = append(rows, row{{label + " ", faint}, {value, style}, {unit, faint}})
		}
	}
	rate, errors := "–", plain
	if s.Achieved > 0 {
		rate = number(s.Achieved) + "/s"
	}
	if s.Errors > 0 {
		errors = red
	}
	add(s.Achieved > 0 || s.Planned > 0, "rate", rate, plain, "")
	add(s.Planned > 0 || s.HasPlan, "planned", number(s.Planned)+"/s", plain, "")
	add(times && s.Recorded > 0, s.TimeWord()+"p50", s.P50.String(), bold, "")
	add(times && s.Recorded > 0, "p99", s.P99.String(), bold, "")
	add(true, "errors", number(float64(s.Errors)), errors, "")
	add(s.ClientCores > 0, "client", cores(s.ClientCores), plain, " cores")
	add(s.ServerCores > 0 && s.ServerKnown, "server", cores(s.ServerCores), plain, " cores")
	return rows
}

func cores(v float64) string {
	if !(v >= 0) || v > 1e5 {
		return "–"
	}
	return fmt.Sprintf("%.2f", v)
}

// rates returns a sparkline of recent rates.
func (v *state) rates(width int) []row {
	if len(v.history) < 2 {
		return nil
	}
	const label = "recent rate "
	recent := v.history[max(0, len(v.history)-max(0, width-len(label))):]
	const share = 0.1 // differences below a tenth of the maximum are drawn nearly level
	return []row{{{label, faint}, {result.Sparkline(recent, share), blue}}}
}

// finishedRows returns the last finished repetitions that fit.
func (v *state) finishedRows(room int) []row {
	list := v.done[max(0, len(v.done)-max(0, min(room, 5))):]
	var rows []row
	for _, s := range list {
		rows = append(rows, finishedRow(s))
	}
	return rows
}

func finishedRow(s result.Status) row {
	r := row{{fmt.Sprintf("%s %s", clean(s.Cell), s.RepetitionLabel()), plain}}
	switch {
	case s.Failed != "":
		r = append(r, span{"  " + clean(s.Failed), red})
	case s.Recorded > 0:
		r = append(r, span{fmt.Sprintf("  %sp50 %v  p99 %v", s.TimeWord(), s.P50, s.P99), faint})
	}
	if s.Word != "" {
		r = append(r, span{"  " + clean(string(s.Word)), wordStyle(s.Word)})
	}
	return r
}

func wordStyle(w result.Word) string {
	if w == result.ServerFailed || w == result.NotGenerated {
		return red
	}
	return yellow
}

// number formats a non-negative number; others are unknown.
func number(v float64) string {
	switch {
	case !(v >= 0) || math.IsInf(v, 0):
		return "–"
	case v >= 1e12:
		return fmt.Sprintf("%.2g", v)
	case v == math.Trunc(v) && v < 1e5:
		return fmt.Sprintf("%.0f", v)
	}
	return result.Count(v)
}

// minutes formats a duration to the second.
func minutes(d time.Duration) string {
	s := int64(max(0, d).Round(time.Second).Seconds())
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d min %02d s", s/60, s%60)
	}
	return fmt.Sprintf("%d h %02d min", s/3600, s/60%60)
}
