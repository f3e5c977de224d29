package loadgen

import (
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"unicode"

	"rtbench/loadgen/driver"
	"rtbench/report/result"
)

// failures is what went wrong in one phase of a repetition, by class.
type failures struct {
	refused, broken, closed, unexpected map[string]uint64
	reopened, completed                 uint64
	unmatched, unstamped                unmatched
	surplus, unstampedWrong             atomic.Uint64
}

func (r *repetition) countRefused(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	class := driver.Class(err)
	countClass(&r.failures[r.phase.Load()].refused, class)
	r.keepExample(class, err.Error())
}

// countReopenRefused counts an attempt to reopen a stream. The server may answer that there is
// nothing more to come, which ends the stream in order.
func (r *repetition) countReopenRefused(err error) {
	if errors.Is(err, driver.ErrNoMore) {
		r.countClosed(err, false)
		return
	}
	r.countRefused(err)
}

// countClosed counts a stream that the server ended in order; answered says that it had brought
// messages, as one does that ends after each answer.
func (r *repetition) countClosed(err error, answered bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	class := "ended by the server"
	switch {
	case errors.Is(err, driver.ErrNoMore):
		class = driver.Class(err)
		r.keepExample(class, driver.ErrNoMore.Error())
	case errors.Is(err, io.EOF) && err != io.EOF: //nolint:errorlint // wrapped, it says how
		class = driver.Class(err)
	}
	phase := &r.failures[r.phaseOfEnd()]
	countClass(&phase.closed, class)
	if answered && (err == io.EOF || strings.Contains(class, "1000")) { //nolint:errorlint // wrapped, it says how
		phase.completed++
	}
}

// Unexpected implements dialog.Watch.
func (r *repetition) Unexpected(class, example string, due int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	countClass(&r.failures[r.phaseOf(due)].unexpected, class)
	r.keepExample(class, example)
}

// Unmatched implements dialog.Watch. It allocates nothing but for the first of a kind.
func (r *repetition) Unmatched(b []byte) {
	r.noteUnmatched(&r.failures[r.phase.Load()].unmatched, b)
}

// noteUnmatched adds a message to u.
func (r *repetition) noteUnmatched(u *unmatched, b []byte) {
	if i, first := u.add(r.kindOf(b)); first {
		example := r.printable(r.exampleOf(b))
		r.mu.Lock()
		defer r.mu.Unlock()
		u.kinds[i].example = example
	}
}

// Surplus implements dialog.Watch.
func (r *repetition) Surplus() { r.failures[r.phase.Load()].surplus.Add(1) }

// maxClasses bounds what a server can make of names.
const maxClasses = 50

func countClass(m *map[string]uint64, class string) {
	if *m == nil {
		*m = map[string]uint64{}
	}
	if _, known := (*m)[class]; !known && len(*m) >= maxClasses {
		class = "other"
	}
	(*m)[class]++
}

// maxExample is how much of an example is kept, in characters.
const maxExample = 300

// keepExample keeps the first of a class, without secrets. r.mu is held.
func (r *repetition) keepExample(class, text string) {
	if !r.job.custom() || r.examples[class] != "" || len(r.examples) >= maxClasses {
		return
	}
	if r.examples == nil {
		r.examples = map[string]string{}
	}
	r.examples[class] = r.printable(text)
}

// printable returns a text on one line, cut, without secrets.
func (r *repetition) printable(text string) string {
	if r.job.custom() {
		text = r.job.target.Redact(text)
	}
	text = strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return ' '
		}
		return c
	}, text)
	if runes := []rune(text); len(runes) > maxExample {
		text = string(runes[:maxExample]) + "…"
	}
	return text
}

// countEvents puts into the repetition what went wrong, each phase apart.
func (r *repetition) countEvents() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures[phaseSteady].fill(&r.rep.Counters)
	r.rep.Counters.Examples, r.rep.Counters.Unopened = r.examples, r.unopened()
	other := &r.rep.OtherPhases
	for _, of := range []struct {
		phase int
		into  **result.Counters
	}{{phaseConnect, &other.Connect}, {phaseWarmup, &other.Warmup}, {phaseDrain, &other.Drain}} {
		a := &r.failures[of.phase]
		if len(a.refused)+len(a.broken)+len(a.closed)+len(a.unexpected) == 0 && a.reopened+a.unmatched.all.Load() == 0 {
			continue
		}
		if *of.into == nil {
			*of.into = &result.Counters{}
		}
		a.fill(*of.into)
	}
}

func (a *failures) fill(n *result.Counters) {
	n.Refused, n.Errors, n.Closed, n.Unexpected = a.refused, a.broken, a.closed, a.unexpected
	n.Reopened, n.Completed, n.Unmatched, n.Surplus = a.reopened, a.completed, a.unmatched.all.Load(), a.surplus.Load()
	n.UnmatchedKinds = a.unmatched.sorted()
}

func sumCounts(counts map[string]uint64) (sum uint64) {
	for _, n := range counts {
		sum += n
	}
	return sum
}

// countBroken counts an error of a stream, unless the stream was broken off here.
func (r *repetition) countBroken(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closing {
		return
	}
	class := driver.Class(err)
	countClass(&r.failures[r.phaseOfEnd()].broken, class)
	r.keepExample(class, err.Error())
}

func (r *repetition) brokenStreams() (n uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.failures {
		n += sumCounts(r.failures[i].broken)
	}
	return n
}

// failuresSoFar returns how many messages of the steady phase are known to have failed, those
// left out that may still be answered, and how many errors there were.
func (r *repetition) failuresSoFar() (failed, errors uint64) {
	failed = r.attempted(func(a *attempts) uint64 { return a.due.Load() - a.sent.Load() - a.refused.Load() })
	r.mu.Lock()
	defer r.mu.Unlock()
	a := &r.failures[phaseSteady]
	failed += sumCounts(a.unexpected)
	return failed, failed + sumCounts(a.broken) + sumCounts(a.refused) + r.unopened()
}
