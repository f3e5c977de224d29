// Package profile reads, merges and compares CPU and heap profiles of servers in the format of pprof. It names
// the functions whose cost per message changed by more than the noise of sampling and of the machine. It is
// pure: bytes in, functions out.
package profile

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"

	pprof "github.com/google/pprof/profile"
)

// maxPlain bounds the size of a profile after decompression.
const maxPlain = 256 << 20

// A Kind is a quantity that a profile attributes to functions.
type Kind string

// The kinds. Allocated and InUse are those of a heap profile.
const (
	CPU       Kind = "cpu"
	Allocated Kind = "allocated"
	InUse     Kind = "in_use"
)

// valueTypes are the names of a kind's values and of their counts in a profile.
var valueTypes = map[Kind]struct{ value, unit, count string }{
	CPU:       {"cpu", "nanoseconds", "samples"},
	Allocated: {"alloc_space", "bytes", "alloc_objects"},
	InUse:     {"inuse_space", "bytes", "inuse_objects"},
}

// parse decodes a profile, compressed or not, that has values of all the given kinds and names of functions.
func parse(b []byte, kinds ...Kind) (*pprof.Profile, error) {
	plain, err := decompress(b)
	if err != nil {
		return nil, err
	}
	p, err := pprof.ParseUncompressed(plain)
	if err == nil {
		err = p.CheckValid()
	}
	if err != nil || len(p.SampleType) == 0 {
		return nil, fmt.Errorf("found %s; expected a profile in the format of pprof", describe(plain))
	}
	for _, k := range kinds {
		if index(p, valueTypes[k].value, valueTypes[k].unit) < 0 {
			return nil, fmt.Errorf("found a profile of %s; expected one of %s in %s", types(p), valueTypes[k].value, valueTypes[k].unit)
		}
	}
	return p, check(p)
}

func decompress(b []byte) ([]byte, error) {
	if len(b) < 2 || b[0] != 0x1f || b[1] != 0x8b {
		return b, nil
	}
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err == nil {
		b, err = io.ReadAll(io.LimitReader(r, maxPlain+1))
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("found damaged gzip data (%w); expected a profile in the format of pprof", err)
	case len(b) > maxPlain:
		return nil, fmt.Errorf("found a profile of more than %d MiB; expected less", maxPlain>>20)
	}
	return b, nil
}

// check returns an error if the samples cannot be attributed to functions.
func check(p *pprof.Profile) error {
	named := len(p.Sample) == 0
	for _, s := range p.Sample {
		for _, v := range s.Value {
			if v < 0 {
				return errors.New("found negative values; expected a profile, not a difference of two")
			}
		}
		named = named || len(functionsOf(s)) > 0
	}
	if !named {
		return errors.New("found addresses without the names of functions; expected a profile that the server has symbolized, as Go's net/http/pprof does")
	}
	return nil
}

// index returns the position of a type of value in samples; -1 if there is none.
func index(p *pprof.Profile, name, unit string) int {
	for i, t := range p.SampleType {
		if t.Type == name && t.Unit == unit {
			return i
		}
	}
	return -1
}

// types lists the types of values in a profile.
func types(p *pprof.Profile) string {
	const most = 6
	var all []string
	for _, t := range p.SampleType[:min(most, len(p.SampleType))] {
		all = append(all, fmt.Sprintf("%.40q", t.Type+" in "+t.Unit))
	}
	return strings.Join(all, ", ")
}

// describe describes data that is no profile, for errors.
func describe(b []byte) string {
	const most = 24
	switch {
	case len(b) == 0:
		return "nothing"
	case len(b) > most:
		return fmt.Sprintf("%q… (%d bytes)", b[:most], len(b))
	}
	return fmt.Sprintf("%q", b)
}

// functionsOf returns the functions on the stack of a sample, the outermost first, each once.
func functionsOf(s *pprof.Sample) (names []string) {
	seen := map[string]bool{}
	for i := len(s.Location) - 1; i >= 0; i-- {
		lines := s.Location[i].Line
		for k := len(lines) - 1; k >= 0; k-- { // the first is inlined into the others
			if f := lines[k].Function; f != nil && f.Name != "" && !seen[f.Name] {
				seen[f.Name] = true
				names = append(names, f.Name)
			}
		}
	}
	return names
}
