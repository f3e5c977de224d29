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

// The phases of a repetition, as indexes.
const (
	inConnect = iota
	inWarmup
	inSteady
	inDrain
	phaseCount
)

// amiss is what went wrong in one phase of a repetition, by class.
type amiss struct {
	refused, broken, closed, unexpected map[string]uint64
	reopened, completed                 uint64
	unmatched, unstamped                unmatched
	surplus, unstampedWrong             atomic.Uint64
}

// phaseOfEnd is the phase in which a stream that ends now counts as ended: one that ends in
// the warm-up and is not opened anew is missing in the steady phase.
func (r *repetition) phaseOfEnd() int32 {
	phase := r.phase.Load()
	if phase == inWarmup && (!r.job.own() || !r.job.scenario.Custom.Reconnect) {
		return inSteady
	}
	return phase
}

// phaseOf is the phase of a message that was due at due; where that is not known (0), the
// phase that it is now.
func (r *repetition) phaseOf(due int64) int32 {
	switch {
	case due == 0:
		return r.phase.Load()
	case due < r.from:
		return inWarmup
	case due < r.to:
		return inSteady
	}
	return inDrain
}

func (r *repetition) refused(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	class := driver.Class(err)
	count(&r.amiss[r.phase.Load()].refused, class)
	r.example(class, err.Error())
}

// refusedAgain counts an attempt to reopen a stream. The server may answer that there is
// nothing more to come, which ends the stream in order.
func (r *repetition) refusedAgain(err error) {
	if errors.Is(err, driver.ErrNoMore) {
		r.closedBy(err, false)
		return
	}
	r.refused(err)
}

// closedBy counts a stream that the server ended in order; answered says that it had brought
// messages, as one does that ends after each answer.
func (r *repetition) closedBy(err error, answered bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	class := "ended by the server"
	switch {
	case errors.Is(err, driver.ErrNoMore):
		class = driver.Class(err)
		r.example(class, driver.ErrNoMore.Error())
	case errors.Is(err, io.EOF) && err != io.EOF: //nolint:errorlint // wrapped, it says how
		class = driver.Class(err)
	}
	phase := &r.amiss[r.phaseOfEnd()]
	count(&phase.closed, class)
	if answered && (err == io.EOF || strings.Contains(class, "1000")) { //nolint:errorlint // wrapped, it says how
		phase.completed++
	}
}

// Unexpected implements dialog.Watch.
func (r *repetition) Unexpected(class, example string, due int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	count(&r.amiss[r.phaseOf(due)].unexpected, class)
	r.example(class, example)
}

// Unmatched implements dialog.Watch. It allocates nothing but for the first of a kind.
func (r *repetition) Unmatched(b []byte) {
	r.note(&r.amiss[r.phase.Load()].unmatched, b)
}

// note adds a message to u.
func (r *repetition) note(u *unmatched, b []byte) {
	if i, first := u.add(r.kindOf(b)); first {
		example := r.printable(r.exampleOf(b))
		r.mu.Lock()
		defer r.mu.Unlock()
		u.kinds[i].example = example
	}
}

// Surplus implements dialog.Watch.
func (r *repetition) Surplus() { r.amiss[r.phase.Load()].surplus.Add(1) }

// mostClasses bounds what a server can make of names.
const mostClasses = 50

func count(m *map[string]uint64, class string) {
	if *m == nil {
		*m = map[string]uint64{}
	}
	if _, known := (*m)[class]; !known && len(*m) >= mostClasses {
		class = "other"
	}
	(*m)[class]++
}

// exampleLength is how much of an example is kept, in characters.
const exampleLength = 300

// example keeps the first of a class, without secrets. r.mu is held.
func (r *repetition) example(class, text string) {
	if !r.job.own() || r.examples[class] != "" || len(r.examples) >= mostClasses {
		return
	}
	if r.examples == nil {
		r.examples = map[string]string{}
	}
	r.examples[class] = r.printable(text)
}

// printable returns a text on one line, cut, without secrets.
func (r *repetition) printable(text string) string {
	if r.job.own() {
		text = r.job.target.Redact(text)
	}
	text = strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return ' '
		}
		return c
	}, text)
	if runes := []rune(text); len(runes) > exampleLength {
		text = string(runes[:exampleLength]) + "…"
	}
	return text
}

// countEvents puts into the repetition what went wrong, each phase apart.
func (r *repetition) countEvents() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.amiss[inSteady].fill(&r.rep.Counters)
	r.rep.Counters.Examples, r.rep.Counters.Unopened = r.examples, r.unopened()
	other := &r.rep.OtherPhases
	for _, of := range []struct {
		phase int
		into  **result.Counters
	}{{inConnect, &other.Connect}, {inWarmup, &other.Warmup}, {inDrain, &other.Drain}} {
		a := &r.amiss[of.phase]
		if len(a.refused)+len(a.broken)+len(a.closed)+len(a.unexpected) == 0 && a.reopened+a.unmatched.all.Load() == 0 {
			continue
		}
		if *of.into == nil {
			*of.into = &result.Counters{}
		}
		a.fill(*of.into)
	}
}

func (a *amiss) fill(n *result.Counters) {
	n.Refused, n.Errors, n.Closed, n.Unexpected = a.refused, a.broken, a.closed, a.unexpected
	n.Reopened, n.Completed, n.Unmatched, n.Surplus = a.reopened, a.completed, a.unmatched.all.Load(), a.surplus.Load()
	n.UnmatchedKinds = a.unmatched.sorted()
}

func total(counts map[string]uint64) (sum uint64) {
	for _, n := range counts {
		sum += n
	}
	return sum
}

// broke counts an error of a stream, unless the stream was broken off here.
func (r *repetition) broke(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closing {
		return
	}
	class := driver.Class(err)
	count(&r.amiss[r.phaseOfEnd()].broken, class)
	r.example(class, err.Error())
}

func (r *repetition) brokenSoFar() (n uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.amiss {
		n += total(r.amiss[i].broken)
	}
	return n
}
