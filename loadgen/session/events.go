package session

import (
	"errors"
	"io"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/script"
	"rtbench/loadgen/target"
	"rtbench/proto"
	"rtbench/proto/codec"
	"rtbench/report/result"
)

// Events counts what happens to streams, and to messages that have no place in a ledger. Its methods
// are safe for concurrent use.
type Events struct {
	custom  *target.Custom // redacts examples; nil if there are none
	reopens bool           // streams are reopened
	window  *Timing
	phase   atomic.Int32 // an index of phases
	pings   driver.PingCounts
	stopped atomic.Bool // broken streams no longer count: the generator closes them

	mu       sync.Mutex
	phases   [phaseCount]phaseEvents
	examples map[string]string // the first of each class
}

// phaseEvents are the events of a phase. Those of messages are counted without a lock, the others in the
// Counters.
type phaseEvents struct {
	result.Counters
	unmatched, unstamped    unmatched
	surplus, unstampedWrong atomic.Uint64
	ignored                 atomic.Uint64
	answers, heartbeats     atomic.Uint64 // sent by scripts
}

// sum returns all counters of the phase.
func (a *phaseEvents) sum() result.Counters {
	return result.Sum(a.Counters, a.unmatched.counters(), result.Counters{
		Surplus: a.surplus.Load(), Ignored: a.ignored.Load(), Answers: a.answers.Load(), Heartbeats: a.heartbeats.Load(),
	})
}

// count counts err in one of the maps by class.
func (v *Events) count(m *map[string]uint64, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	class := driver.Class(err)
	countClass(m, class, 1)
	v.keepExample(class, err.Error())
}

// countAnswer counts an answer that a script sent, and countBeat a heartbeat.
func (v *Events) countAnswer() { v.now().answers.Add(1) }

func (v *Events) countBeat() { v.now().heartbeats.Add(1) }

// countRefused counts a failed attempt to open a stream.
func (v *Events) countRefused(err error) { v.count(&v.now().Refused, err) }

// countUnexpected counts err as the failure of a message due at due (0: unknown).
func (v *Events) countUnexpected(err error, due int64) { v.count(&v.due(due).Unexpected, err) }

// countBroken counts the error of a stream, unless rtbench is closing the streams.
func (v *Events) countBroken(err error) {
	if !v.stopped.Load() {
		v.count(&v.ofEnd().Errors, err)
	}
}

// countClosed counts a stream that the server ended normally. answered reports whether the stream
// delivered messages: some servers end the stream after each reply.
func (v *Events) countClosed(err error, answered bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	class := result.EndedByServer
	switch {
	case errors.Is(err, driver.ErrNoMore):
		class = driver.Class(err)
		v.keepExample(class, driver.ErrNoMore.Error())
	case errors.Is(err, io.EOF) && err != io.EOF: //nolint:errorlint // only a wrapped EOF has a class
		class = driver.Class(err)
	}
	phase := v.ofEnd()
	countClass(&phase.Closed, class, 1)
	if answered && (err == io.EOF || strings.Contains(class, "1000")) { //nolint:errorlint // class is that of a wrapped EOF
		phase.Completed++
	}
}

// countOutcome counts a message that failed or matches no request. Only the first message of a kind
// or class allocates.
func (v *Events) countOutcome(l *activeStream, h proto.Header, o codec.Outcome) {
	switch o {
	case codec.Wrong, codec.NoStamp, codec.Unnumbered:
		v.countFault(l.script, max(0, h.Intended))
	case codec.Unstamped, codec.UnstampedWrong:
		a := v.now()
		v.noteUnmatched(&a.unstamped, l)
		if o == codec.UnstampedWrong {
			a.unstampedWrong.Add(1)
		}
	case codec.Ignored:
		v.now().ignored.Add(1)
	case codec.Surplus:
		v.now().surplus.Add(1)
		v.countUnmatched(l)
	case codec.Unmatched:
		v.countUnmatched(l)
	}
}

// countFault counts the failed reply to a message due at due (0: unknown).
func (v *Events) countFault(t *script.Session, due int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	class := t.Fault()
	countClass(&v.due(due).Unexpected, class, 1)
	if v.examples[class] == "" {
		v.keepExample(class, t.ExplainFault())
	}
}

// countUnmatched counts the last message of a stream, which matches no request. Only the first message of a kind allocates.
func (v *Events) countUnmatched(l *activeStream) {
	v.noteUnmatched(&v.now().unmatched, l)
}

// noteUnmatched counts the last message of l in u and keeps the first of its kind as an example.
func (v *Events) noteUnmatched(u *unmatched, l *activeStream) {
	b := l.dialect.Record()
	if i, first := u.add(kindOf(v.custom, b)); first {
		example := v.printable(exampleOf(l.script, b))
		v.mu.Lock()
		defer v.mu.Unlock()
		u.kinds[i].example = example
	}
}

// maxClasses limits the number of classes, because servers influence their names.
const maxClasses = 50

func countClass(m *map[string]uint64, class string, n uint64) {
	if n == 0 {
		return
	}
	if *m == nil {
		*m = map[string]uint64{}
	}
	if _, known := (*m)[class]; !known && len(*m) >= maxClasses {
		class = "other"
	}
	(*m)[class] += n
}

// keepExample keeps the first example of a class, with secrets redacted. The caller holds v.mu.
func (v *Events) keepExample(class, text string) {
	if v.custom == nil || v.examples[class] != "" || len(v.examples) >= maxClasses {
		return
	}
	if v.examples == nil {
		v.examples = map[string]string{}
	}
	v.examples[class] = v.printable(text)
}

// printable returns text on one line, truncated, with secrets redacted.
func (v *Events) printable(text string) string {
	if v.custom != nil {
		text = v.custom.Redact(text)
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

// fill fills in the counters of each phase: its events, and its messages, which are counted by outside and
// steady.
func (v *Events) fill(rep *result.Repetition, messages [2]result.Counters) {
	v.mu.Lock()
	defer v.mu.Unlock()
	rep.Counters = result.Sum(messages[steady], v.phases[Steady].sum())
	rep.Counters.Examples = v.examples
	rep.Pings = v.sentPings()
	other := &rep.OtherPhases
	for phase, into := range map[Phase]**result.Counters{Connect: &other.Connect, Warmup: &other.Warmup, Drain: &other.Drain} {
		n := v.phases[phase].sum()
		if phase == Warmup {
			n = result.Sum(messages[outside], n)
		}
		if !reflect.ValueOf(n).IsZero() {
			*into = &n
		}
	}
}

// sentPings returns the pings so far; nil if there are none.
func (v *Events) sentPings() *result.Pings {
	n := &v.pings
	if n.Sent.Load() == 0 {
		return nil
	}
	p := &result.Pings{Sent: n.Sent.Load(), Answered: n.Answered.Load(), Longest: time.Duration(n.Longest.Load())}
	if p.Answered > 0 {
		p.Mean = time.Duration(n.Time.Load() / int64(p.Answered))
	}
	return p
}

func sumCounts(counts map[string]uint64) (sum uint64) {
	for _, n := range counts {
		sum += n
	}
	return sum
}

// Broken returns the number of streams that broke.
func (v *Events) Broken() (n uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for i := range v.phases {
		n += sumCounts(v.phases[i].Errors)
	}
	return n
}

// steadyErrors returns the steady-phase messages with an unexpected reply, and the errors of streams.
func (v *Events) steadyErrors() (unexpected, streams uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	a := &v.phases[Steady]
	return sumCounts(a.Unexpected), a.ErrorCount()
}

// mostRefused returns how often opening a stream failed, and the most frequent reason.
func (v *Events) mostRefused() (class string, times, all uint64, example string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for c, n := range v.phases[Connect].Refused {
		if all += n; class == "" || n > times || n == times && c < class {
			class, times = c, n
		}
	}
	return class, times, all, v.examples[class]
}

// countReopened counts a stream that was opened again.
func (v *Events) countReopened() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.now().Reopened++
}
