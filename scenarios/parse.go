package scenarios

import (
	"time"

	"gopkg.in/yaml.v3"

	"rtbench/proto"
)

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
}

// Parse parses a scenario; file is its name in problems. The error is Problems. Parse keeps data
// and does not change it.
func Parse(file string, data []byte) (*Scenario, error) { return ParseWith(file, data, Options{}) }

// ParseWith is Parse with options. Included files are relative to file.
func ParseWith(file string, data []byte, o Options) (*Scenario, error) {
	b := &builder{r: newReader(file), options: o, named: map[string]bool{}}
	s := defaults()
	s.File, s.Source = file, data
	var apply func(*Scenario)
	if b.r.root = b.document(0, data); b.r.root != nil {
		root := b.included(b.r.root, file, nil)
		root, apply = b.profile(root)
		b.r.root = b.r.placed(b.set(root), b.r.root)
		b.r.renamed(b.r.root)
		b.r.mapping("", b.r.root, s.schema())
		s.check(b.r)
		s.Variables = b.variables
		if s.API != custom {
			s.Custom = nil
		}
	}
	if len(b.r.problems) > 0 {
		return nil, b.r.problems.sorted()
	}
	s.places = b.r.places()
	if apply != nil {
		apply(s)
	}
	s.Source = b.echo(data)
	return s, nil
}

// A builder assembles the nodes of a scenario from its file, included files, a profile and flags.
type builder struct {
	r         *reader
	options   Options
	variables []string
	named     map[string]bool // set of variables
	files     []includedFile  // in the order they were read
}

// document parses one file: its first document, with variables expanded; nil after a problem that
// prevents further checks.
func (b *builder) document(source int, data []byte) *yaml.Node {
	defer b.r.withSource(source)()
	root := document(b.r, data)
	if root == nil {
		return nil
	}
	b.r.adopt(root, source)
	b.r.refuse(root)
	b.expand(root)
	b.r.refuseSecrets(root)
	return root
}

// defaults returns a scenario without any keys.
func defaults() *Scenario {
	return &Scenario{
		API:       reference,
		Protocols: proto.DefaultProtocols(),
		Load: Load{
			Model: []string{open}, Arrivals: []string{"constant"}, Connections: []int{1}, Streams: []int{1}, Seed: 1,
		},
		Payload:     Payload{Size: []int{128}, Encoding: []string{"binary"}},
		Phases:      Phases{Warmup: time.Second, Steady: 5 * time.Second, Drain: 2 * time.Second},
		Repetitions: 1,
		TLS:         []bool{false},
		Custom:      new(Target),
	}
}
