package scenarios

import (
	"fmt"
	"io/fs"
)

// A Bundle is what a scenario was parsed from, so that another machine can parse it again. Variables keep
// their names: each machine has their values in its own environment.
type Bundle struct {
	File     string            `json:"file"`
	Text     []byte            `json:"text"`
	Included map[string][]byte `json:"included,omitempty"` // by path
	Profile  string            `json:"profile,omitempty"`
	Set      []string          `json:"set,omitempty"`
	Target   string            `json:"target,omitempty"` // of Retarget
	Short    bool              `json:"short,omitempty"`  // Shorten was called
	Trace    []byte            `json:"trace,omitempty"`  // the file of load.trace
}

// Bundle returns the bundle of a scenario.
func (s *Scenario) Bundle() Bundle {
	b := s.bundle
	b.Trace = s.trace
	return b
}

// Parse parses the scenario with the variables of lookup.
func (b Bundle) Parse(lookup func(string) (string, bool)) (*Scenario, error) {
	s, err := ParseWith(b.File, b.Text, Options{
		Profile: b.Profile, Set: b.Set, Lookup: lookup, Trace: b.Trace,
		Read: func(path string) ([]byte, error) {
			if text, ok := b.Included[path]; ok {
				return text, nil
			}
			return nil, fmt.Errorf("%s: %w", path, fs.ErrNotExist)
		},
	})
	if err != nil {
		return nil, err
	}
	if b.Target != "" {
		if err := s.Retarget(b.Target); err != nil {
			return nil, err
		}
	}
	if b.Short {
		s.Shorten()
	}
	return s, nil
}

// A NamedFile is a file or a directory that a scenario names.
type NamedFile struct {
	Name   string // as written
	Secret bool   // a key, a certificate for it, or a token
	Protos bool   // a .proto file or a directory of them
}

// Files returns the files that a scenario names, besides those it includes.
func (s *Scenario) Files() (list []NamedFile) {
	if s.Custom == nil {
		return nil
	}
	t := s.Custom
	add := func(f NamedFile) {
		if f.Name != "" {
			list = append(list, f)
		}
	}
	add(NamedFile{Name: t.Rows.File})
	add(NamedFile{Name: t.TLS.CA})
	add(NamedFile{Name: t.TLS.Cert, Secret: true})
	add(NamedFile{Name: t.TLS.Key, Secret: true})
	add(NamedFile{Name: t.Bearer.File, Secret: true})
	for _, m := range t.Messages {
		add(NamedFile{Name: m.File})
	}
	for _, e := range t.Endpoints {
		for _, name := range append(append([]string(nil), e.Proto...), e.Import...) {
			add(NamedFile{Name: name, Protos: true})
		}
	}
	return list
}

// Place makes Resolve return other paths for files, by their names as written.
func (s *Scenario) Place(files map[string]string) { s.placed = files }
