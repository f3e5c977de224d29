package loadgen

import (
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"unicode"

	"rtbench/loadgen/driver"
)

// amiss is what went wrong in a repetition, by class, with the first of each.
type amiss struct {
	refused, closed, unexpected map[string]uint64
	examples                    map[string]string
	reopened, unopened          uint64
	unmatched                   atomic.Uint64
}

func (r *repetition) refused(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	class := driver.Class(err)
	count(&r.amiss.refused, class)
	r.example(class, err.Error())
}

// refusedAgain counts an attempt to reopen a stream. The server may answer that there is
// nothing more to come, which ends the stream in order.
func (r *repetition) refusedAgain(err error) {
	if errors.Is(err, driver.ErrNoMore) {
		r.closedBy(err)
		return
	}
	r.refused(err)
}

func (r *repetition) closedBy(err error) {
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
	count(&r.amiss.closed, class)
}

// Unexpected implements dialog.Watch.
func (r *repetition) Unexpected(class, example string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	count(&r.amiss.unexpected, class)
	r.example(class, example)
}

// Unmatched implements dialog.Watch.
func (r *repetition) Unmatched() { r.amiss.unmatched.Add(1) }

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
	if !r.job.own() || r.amiss.examples[class] != "" || len(r.amiss.examples) >= mostClasses {
		return
	}
	if r.amiss.examples == nil {
		r.amiss.examples = map[string]string{}
	}
	text = strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return ' '
		}
		return c
	}, r.job.foreign.Hide(text))
	if runes := []rune(text); len(runes) > exampleLength {
		text = string(runes[:exampleLength]) + "…"
	}
	r.amiss.examples[class] = text
}

// countAmiss puts into the repetition what went wrong.
func (r *repetition) countAmiss() {
	r.mu.Lock()
	defer r.mu.Unlock()
	n, a := &r.rep.Counters, &r.amiss
	n.Refused, n.Closed, n.Unexpected, n.Examples = a.refused, a.closed, a.unexpected, a.examples
	n.Reopened, n.Unopened, n.Unmatched = a.reopened, a.unopened, a.unmatched.Load()
}
