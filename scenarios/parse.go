package scenarios

import (
	"time"

	"gopkg.in/yaml.v3"

	"rtbench/proto"
)

// Options are what goes into a scenario besides its text. With the zero value nothing
// does.
type Options struct {
	// Profile is the one to lay over the file; empty: none.
	Profile string
	// Set are keys with values, KEY=YAML such as load.rate=50k/s. They win over the profile
	// and the file.
	Set []string
	// Lookup is where variables are found, as by os.LookupEnv; nil: none is set.
	Lookup func(name string) (value string, found bool)
	// Read reads a file that is included, of which 256 KiB and a byte are enough; nil: there are
	// none but the built-in scenarios.
	Read func(path string) ([]byte, error)
}

// Parse reads a scenario; file is its name in problems. The error is Problems,
// all that is wrong with the text and never none. data is kept, not changed.
func Parse(file string, data []byte) (*Scenario, error) { return ParseWith(file, data, Options{}) }

// ParseWith is Parse with more than the text. A file that is included is looked for from
// where file is.
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

// A builder puts the nodes of a scenario together from its file, what that includes, a
// profile and flags.
type builder struct {
	r         *reader
	options   Options
	variables []string
	named     map[string]bool // the same
	files     []includedFile  // that were included, in the order of reading
}

// document reads one file: its first document without anything that is not part of the
// language, the variables put in. It is nil when there is none to read on with.
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

// defaults is a scenario in which nothing is given.
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
	}
}
