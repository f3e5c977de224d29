package session

import (
	"strconv"
	"sync/atomic"

	"rtbench/loadgen/script"
	"rtbench/loadgen/target"
	"rtbench/report/result"
	"rtbench/scenarios/template"
)

// maxKinds bounds the kinds that are counted separately.
const maxKinds = 10

// unmatched counts messages of a phase that match no request, by kind. The zero value is ready to
// use. add is safe for concurrent use.
type unmatched struct {
	all   atomic.Uint64
	kinds [maxKinds]struct {
		kind, count atomic.Uint64
		example     string // guarded by Events.mu
	}
}

// add counts a message of a nonzero kind. It reports whether it is the first of its kind, and the
// index of the kind.
func (u *unmatched) add(kind uint64) (i int, first bool) {
	u.all.Add(1)
	for i := range u.kinds {
		k := &u.kinds[i]
		if k.kind.Load() == 0 && k.kind.CompareAndSwap(0, kind) {
			first = true
		}
		if k.kind.Load() == kind {
			k.count.Add(1)
			return i, first
		}
	}
	return 0, false
}

// kindOf returns the same number for messages of one kind.
func kindOf(custom *target.Custom, b []byte) uint64 {
	if custom != nil {
		return custom.Script.KindOf(b)
	}
	return template.Kind(b)
}

// exampleOf returns a readable form of a message.
func exampleOf(s *script.Session, b []byte) string {
	if s != nil {
		return s.Example(b)
	}
	return string(b[:min(len(b), maxExample)])
}

// counters returns the messages as counters. The caller holds Events.mu.
func (u *unmatched) counters() result.Counters {
	n := result.Counters{Unmatched: u.all.Load()}
	for i := range u.kinds {
		k := &u.kinds[i]
		if count := k.count.Load(); count > 0 {
			n.UnmatchedKinds = append(n.UnmatchedKinds, result.UnmatchedKind{Kind: strconv.FormatUint(k.kind.Load(), 16), Count: count, Example: k.example})
		}
	}
	return n
}

// maxExample is the length of an example, in characters.
const maxExample = 300
