package scenarios

import (
	"fmt"
	"slices"
	"sync"

	"gopkg.in/yaml.v3"

	"rtbench/scenarios/cell"
	"rtbench/scenarios/spec"
)

// A Problem is an error in a scenario with its position.
type Problem = spec.Problem

// Problems are all errors in a scenario, sorted by position.
type Problems = spec.Problems

// Options are the inputs of a scenario besides its text. The zero value has none.
type Options struct {
	// Profile is the name of the profile to apply; empty: none.
	Profile string
	// Set lists overrides as KEY=YAML, such as load.rate=50k/s. They win over the profile and the
	// file.
	Set []string
	// Lookup returns environment variables, as os.LookupEnv does; nil: none is set.
	Lookup func(name string) (value string, found bool)
	// Read reads an included file; it may stop after 256 KiB plus one byte. nil: only built-in
	// scenarios can be included.
	Read func(path string) ([]byte, error)
	// Trace is the text of the file of load.trace, if another machine has read it; nil: the file is read.
	Trace []byte
}

// Parse parses a scenario; file is its name in problems. The error is Problems. Parse keeps data
// and does not change it.
func Parse(file string, data []byte) (*Scenario, error) { return ParseWith(file, data, Options{}) }

// ParseWith is Parse with options. Included files are relative to file.
func ParseWith(file string, data []byte, o Options) (*Scenario, error) {
	b := newBuilder(file, o)
	var apply func(*Scenario)
	if root := b.document(0, data); root != nil {
		place := root
		b.r.Root = root // for problems of the profile and of flags
		known := len(b.r.Problems)
		root = b.included(root, file, nil)
		if len(b.r.Problems) > known { // without all files, keys seem to be missing or unused
			return nil, b.r.Problems.Sorted()
		}
		root, apply = b.profile(root)
		b.r.Root = spec.Placed(b.set(root), place)
	}
	s, err := b.scenario()
	if err != nil {
		return nil, err
	}
	if apply != nil {
		apply(s)
	}
	s.Source = b.echo(data)
	s.bundle = Bundle{File: file, Text: data, Included: b.read, Profile: o.Profile, Set: o.Set}
	return s, nil
}

// A builder assembles the nodes of a scenario from its file, included files, a profile and flags.
type builder struct {
	r         *spec.Reader
	file      string
	options   Options
	variables spec.Variables
	files     []includedFile // in the order they were read
	read      map[string][]byte
}

func newBuilder(file string, o Options) *builder {
	return &builder{r: spec.NewReader(file), file: file, options: o, variables: spec.Variables{Lookup: o.Lookup}}
}

// document parses one file; nil after a problem that prevents further checks.
func (b *builder) document(source int, data []byte) *yaml.Node {
	root := b.r.Document(source, data, &b.variables)
	if root != nil {
		refuseSecrets(b.r, root)
	}
	return root
}

// scenario reads the nodes below the reader's root, if there is one.
func (b *builder) scenario() (*Scenario, error) {
	s, keys := empty()
	s.File, s.Variables, s.trace = b.file, b.variables.Names, b.options.Trace
	if b.r.Root != nil {
		b.r.Keys = keys
		b.r.Mapping("", b.r.Root, spec.Shape{Keys: requiredOf(b.r)})
		switch {
		case !b.r.Has("groups"):
			s.check(b.r)
		case len(b.r.Problems) == 0:
			b.readGroups(s)
		}
	}
	if len(b.r.Problems) > 0 {
		return nil, b.r.Problems.Sorted()
	}
	s.reader = b.r
	for _, g := range append(slices.Clip(s.Groups), s) {
		if g.API != cell.Custom {
			g.Custom = nil
		}
	}
	return s, nil
}

// requiredOf returns the keys of a reader's root. With groups, each group has the pattern.
func requiredOf(r *spec.Reader) []spec.Key {
	keys := slices.Clone(r.Keys)
	if spec.Child(r.Root, "groups") != nil {
		keys[slices.IndexFunc(keys, func(k spec.Key) bool { return k.Name == "pattern" })].Required = ""
	}
	return keys
}

// empty returns a scenario with all defaults, and its schema, which sets its fields.
func empty() (*Scenario, []spec.Key) {
	s := &Scenario{Custom: new(Target)}
	keys := s.schema()
	spec.SetDefaults(keys)
	return s, keys
}

// schema describes all keys. It is built once and shared, so its values must not be read into.
var schema = sync.OnceValue(func() []spec.Key {
	_, keys := empty()
	return keys
})

// Problem returns a problem at the position of a key of a valid scenario.
func (s *Scenario) Problem(path, format string, args ...any) Problem {
	p := s.reader.Place(path)
	p.Message += ": " + fmt.Sprintf(format, args...)
	return p
}

// KeyName returns how the user gave a key: by its path, or by its flag.
func (s *Scenario) KeyName(path string) string {
	if s.reader == nil {
		return path
	}
	return s.reader.Name(path)
}

// KeyAt returns how errors name a key: FILE: KEY, or its flag.
func (s *Scenario) KeyAt(path string) string {
	p := s.reader.Place(path)
	p.Line = 0
	return p.String()
}
