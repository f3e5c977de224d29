package loadgen

import (
	"cmp"
	"slices"
	"strconv"
	"sync/atomic"

	"rtbench/report/result"
	"rtbench/scenarios/template"
)

// maxKinds is how many kinds of unmatched messages are counted apart.
const maxKinds = 10

// unmatched counts the messages of a phase that answer none, by kind. The zero value has none. Any number
// of goroutines may add.
type unmatched struct {
	all   atomic.Uint64
	kinds [maxKinds]struct {
		kind, count atomic.Uint64
		example     string // guarded by repetition.mu
	}
}

// add counts a message of a kind, which is not 0, and reports whether it is the first of its
// kind: then i is where its example belongs.
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

// merge adds what o counted, which nobody adds to any more.
func (u *unmatched) merge(o *unmatched) {
	u.all.Add(o.all.Load())
	for i := range o.kinds {
		from := &o.kinds[i]
		for j := range u.kinds {
			into := &u.kinds[j]
			if into.kind.Load() == 0 {
				into.kind.Store(from.kind.Load())
				into.example = from.example
			}
			if into.kind.Load() == from.kind.Load() {
				into.count.Add(from.count.Load())
				break
			}
		}
	}
}

// kindOf returns the same number for messages of one kind.
func (r *repetition) kindOf(b []byte) uint64 {
	if r.job.custom() {
		return r.job.target.Script.KindOf(b)
	}
	return template.Kind(b)
}

// exampleOf returns a message for people to read.
func (r *repetition) exampleOf(b []byte) string {
	if r.job.custom() {
		return r.job.target.Script.Example(b)
	}
	return string(b[:min(len(b), maxExample)])
}

// sorted returns the kinds, the most frequent first. repetition.mu is held.
func (u *unmatched) sorted() (all []result.UnmatchedKind) {
	for i := range u.kinds {
		k := &u.kinds[i]
		if count := k.count.Load(); count > 0 {
			all = append(all, result.UnmatchedKind{Kind: strconv.FormatUint(k.kind.Load(), 16), Count: count, Example: k.example})
		}
	}
	slices.SortStableFunc(all, func(a, b result.UnmatchedKind) int { return cmp.Compare(b.Count, a.Count) })
	return all
}
