package profile

import (
	"bytes"
	"errors"
	"fmt"
	"math"

	pprof "github.com/google/pprof/profile"
)

// ReadCPU decodes a CPU profile.
func ReadCPU(b []byte) (*pprof.Profile, error) {
	p, err := parse(b, CPU)
	switch {
	case err != nil:
		return nil, err
	case len(p.Sample) == 0:
		return nil, errors.New("found a CPU profile without samples: the server used no CPU, or does not profile it")
	}
	return p, nil
}

// ReadHeap decodes a heap profile.
func ReadHeap(b []byte) (*pprof.Profile, error) { return parse(b, Allocated, InUse) }

// Merge adds CPU profiles of the same server.
func Merge(list []*pprof.Profile) (*pprof.Profile, error) {
	return guarded(func() (*pprof.Profile, error) { return pprof.Merge(list) })
}

// MergeHeaps returns a heap profile with the allocations between the profiles before and after, in total, and the
// memory in use at the end, on average. before and after have an element for each repetition.
func MergeHeaps(before, after []*pprof.Profile) (*pprof.Profile, error) {
	p, err := guarded(func() (*pprof.Profile, error) {
		var all []*pprof.Profile
		for i := range after {
			begin, end := before[i].Copy(), after[i].Copy()
			scale(begin, -1, 0)
			scale(end, 1, 1/float64(len(after)))
			all = append(all, end, begin)
		}
		return pprof.Merge(all)
	})
	if err != nil {
		return nil, err
	}
	for _, s := range p.Sample { // rounding
		for i := range s.Value {
			s.Value[i] = max(0, s.Value[i])
		}
	}
	return p, nil
}

// scale multiplies the values of allocations and of memory in use; other values become 0. The library's ScaleN would drop
// samples of which nothing is in use.
func scale(p *pprof.Profile, allocated, inUse float64) {
	ratios := make([]float64, len(p.SampleType))
	for kind, ratio := range map[Kind]float64{Allocated: allocated, InUse: inUse} {
		t := valueTypes[kind]
		for i, of := range p.SampleType {
			if of.Type == t.value || of.Type == t.count {
				ratios[i] = ratio
			}
		}
	}
	for _, s := range p.Sample {
		for i := range s.Value {
			s.Value[i] = int64(math.Round(float64(s.Value[i]) * ratios[i]))
		}
	}
}

// guarded calls f, and returns its panic as an error: the library panics on some profiles that are damaged but valid.
func guarded(f func() (*pprof.Profile, error)) (p *pprof.Profile, err error) {
	defer func() {
		if r := recover(); r != nil {
			p, err = nil, fmt.Errorf("found damaged profiles: %v", r)
		}
	}()
	return f()
}

// Encode returns a profile in the compressed format of pprof.
func Encode(p *pprof.Profile) ([]byte, error) {
	var b bytes.Buffer
	err := p.Write(&b)
	return b.Bytes(), err
}
