package loadgen

import (
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"unicode"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/script"
	"rtbench/proto"
	"rtbench/proto/codec"
	"rtbench/report/result"
)

// failures counts errors by class in one phase of a repetition.
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

// countReopenRefused counts a failed attempt to reopen a stream. If the server answered that it
// has nothing more to send, the stream ended normally.
func (r *repetition) countReopenRefused(err error) {
	if errors.Is(err, driver.ErrNoMore) {
		r.countClosed(err, false)
		return
	}
	r.countRefused(err)
}

// countClosed counts a stream that the server ended normally. answered reports whether the stream
// delivered messages: some servers end the stream after each reply.
func (r *repetition) countClosed(err error, answered bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	class := result.EndedByServer
	switch {
	case errors.Is(err, driver.ErrNoMore):
		class = driver.Class(err)
		r.keepExample(class, driver.ErrNoMore.Error())
	case errors.Is(err, io.EOF) && err != io.EOF: //nolint:errorlint // only a wrapped EOF has a class
		class = driver.Class(err)
	}
	phase := &r.failures[r.phaseOfEnd()]
	countClass(&phase.closed, class)
	if answered && (err == io.EOF || strings.Contains(class, "1000")) { //nolint:errorlint // class is that of a wrapped EOF
		phase.completed++
	}
}

// countOutcome counts a message that failed or matches no request. Only the first message of a kind
// or class allocates.
func (r *repetition) countOutcome(t *script.Session, h proto.Header, o codec.Outcome) {
	switch o {
	case codec.Wrong, codec.NoStamp, codec.Unnumbered:
		r.countFault(t, max(0, h.Intended))
	case codec.Unstamped, codec.UnstampedWrong:
		r.countUnstamped(t.Record(), o == codec.Unstamped)
	case codec.Surplus:
		r.failures[r.phase.Load()].surplus.Add(1)
		r.countUnmatched(t.Record())
	case codec.Unmatched:
		r.countUnmatched(t.Record())
	}
}

// countFault counts the failed reply to a message due at due (0: unknown).
func (r *repetition) countFault(t *script.Session, due int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	class := t.Fault()
	countClass(&r.failures[r.phaseOf(due)].unexpected, class)
	if r.examples[class] == "" {
		r.keepExample(class, t.ExplainFault())
	}
}

// countUnexpected counts err as the failure of a message due at due (0: unknown).
func (r *repetition) countUnexpected(err error, due int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	class := driver.Class(err)
	countClass(&r.failures[r.phaseOf(due)].unexpected, class)
	r.keepExample(class, err.Error())
}

// countFailedStep counts the error of a closing step.
func (r *repetition) countFailedStep(err error) { r.countUnexpected(err, 0) }

// countUnmatched counts a message that matches no request. Only the first message of a kind allocates.
func (r *repetition) countUnmatched(b []byte) {
	r.noteUnmatched(&r.failures[r.phase.Load()].unmatched, b)
}

// noteUnmatched counts message b in u and keeps the first of its kind as an example.
func (r *repetition) noteUnmatched(u *unmatched, b []byte) {
	if i, first := u.add(r.kindOf(b)); first {
		example := r.printable(r.exampleOf(b))
		r.mu.Lock()
		defer r.mu.Unlock()
		u.kinds[i].example = example
	}
}

// maxClasses limits the number of classes, because servers influence their names.
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

// keepExample keeps the first example of a class, with secrets redacted. The caller holds r.mu.
func (r *repetition) keepExample(class, text string) {
	if !r.job.custom() || r.examples[class] != "" || len(r.examples) >= maxClasses {
		return
	}
	if r.examples == nil {
		r.examples = map[string]string{}
	}
	r.examples[class] = r.printable(text)
}

// printable returns text on one line, truncated, with secrets redacted.
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

// countEvents fills in the failures of each phase.
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

// countBroken counts the error of a stream, unless rtbench is closing the streams.
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

// failuresSoFar returns the steady-phase messages known to have failed and the number of errors.
// Messages that may still be answered are not included.
func (r *repetition) failuresSoFar() (failed, errors uint64) {
	failed = r.attempted(func(a *attempts) uint64 { return a.due.Load() - a.sent.Load() - a.refused.Load() })
	r.mu.Lock()
	defer r.mu.Unlock()
	a := &r.failures[phaseSteady]
	failed += sumCounts(a.unexpected)
	return failed, failed + sumCounts(a.broken) + sumCounts(a.refused) + r.unopened()
}
