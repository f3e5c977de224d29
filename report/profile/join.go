package profile

import (
	"errors"
	"fmt"
	"time"

	pprof "github.com/google/pprof/profile"

	"rtbench/report/result"
)

// A Take holds the profiles of one repetition as the server sent them.
type Take struct {
	Source string // URL of the profiles
	CPU    []byte
	CPUErr error
	// Before and After are heap profiles, which were taken Between apart.
	Before, After []byte
	HeapErr       error
	Between       time.Duration
	// Messages is the number of messages that the server handled in the steady phase.
	Messages uint64
	Steady   time.Duration
	Used     time.Duration // CPU time of the server in the steady phase; 0 if it is unknown
}

// Failed returns a Take without profiles.
func Failed(err error) Take { return Take{CPUErr: err, HeapErr: err} }

// Began reports whether profiles were requested.
func (t Take) Began() bool { return t.CPU != nil || t.CPUErr != nil || t.HeapErr != nil }

// Useless reports whether there is no profile.
func (t Take) Useless() bool { return t.CPUErr != nil && t.HeapErr != nil }

// in returns the number of messages in a time of the steady phase.
func (t Take) in(d time.Duration) float64 {
	if t.Steady <= 0 {
		return 0
	}
	return float64(t.Messages) * float64(d) / float64(t.Steady)
}

// Join returns the profiles of a server over all takes.
func Join(takes []Take) *result.Profile {
	out := &result.Profile{Repetitions: len(takes)}
	for _, t := range takes {
		if t.Source != "" {
			out.Source = t.Source
		}
	}
	var err error
	if out.CPU, err = joinCPU(takes); err != nil {
		out.CPU = result.ProfileFile{Missing: err.Error()}
	}
	if out.Heap, err = joinHeaps(takes); err != nil {
		out.Heap = result.ProfileFile{Missing: err.Error()}
	}
	return out
}

func joinCPU(takes []Take) (f result.ProfileFile, err error) {
	var list []*pprof.Profile
	known := true
	for _, t := range takes {
		if t.CPUErr != nil {
			return f, t.CPUErr
		}
		p, err := ReadCPU(t.CPU)
		if err != nil {
			return f, fmt.Errorf("%s/profile: %w", t.Source, err)
		}
		length := time.Duration(p.DurationNanos)
		if length <= 0 {
			return f, fmt.Errorf("%s/profile: found a CPU profile of unknown length; expected a duration in it", t.Source)
		}
		f.Covers += length
		f.Messages += t.in(length)
		f.Used += time.Duration(float64(t.Used) * float64(length) / float64(max(1, t.Steady)))
		if t.Used == 0 {
			known = false
		}
		list = append(list, p)
	}
	if !known {
		f.Used = 0
	}
	return encoded(f, list, Merge)
}

func joinHeaps(takes []Take) (f result.ProfileFile, err error) {
	var before, after []*pprof.Profile
	for _, t := range takes {
		if t.HeapErr != nil {
			return f, t.HeapErr
		}
		for _, one := range []struct {
			data []byte
			into *[]*pprof.Profile
		}{{t.Before, &before}, {t.After, &after}} {
			p, err := ReadHeap(one.data)
			if err != nil {
				return f, fmt.Errorf("%s/heap: %w", t.Source, err)
			}
			*one.into = append(*one.into, p)
		}
		f.Covers += t.Between
		f.Messages += t.in(t.Between)
	}
	return encoded(f, after, func(after []*pprof.Profile) (*pprof.Profile, error) { return MergeHeaps(before, after) })
}

// encoded returns f with the merged profiles.
func encoded(f result.ProfileFile, list []*pprof.Profile, merge func([]*pprof.Profile) (*pprof.Profile, error)) (result.ProfileFile, error) {
	if len(list) == 0 {
		return f, errors.New("no profile was taken")
	}
	p, err := merge(list)
	if err == nil {
		f.Data, err = Encode(p)
	}
	return f, err
}
