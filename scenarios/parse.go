package scenarios

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"time"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"rtbench/proto"
)

// maxFile bounds a scenario before it is parsed: yaml.v3 takes 20 s for 200,000
// keys.
const maxFile = 256 << 10

// Parse reads a scenario. file names it in problems. When the content is at
// fault the error is Problems, all of them.
func Parse(file string, data []byte) (*Scenario, error) {
	root, err := document(file, data)
	if err != nil {
		return nil, err
	}
	s := &Scenario{
		File: file, Source: data, Protocols: proto.ProtocolNames(), Repetitions: 1, TLS: []bool{false},
		Load:    Load{Model: []string{"open"}, Arrivals: []string{"constant"}, Connections: []int{1}, Streams: []int{1}, Seed: 1},
		Payload: Payload{Size: []int{128}, Encoding: []string{"binary"}},
		Phases:  Phases{Warmup: time.Second, Steady: 5 * time.Second, Drain: 2 * time.Second},
	}
	r := &reader{file: file, places: map[string]*yaml.Node{}}
	r.mapping("", root, s.schema())
	s.check(r)
	if len(r.problems) > 0 {
		return nil, r.problems.sorted()
	}
	return s, nil
}

// document returns the one mapping that a scenario file holds.
func document(file string, data []byte) (*yaml.Node, error) {
	whole := func(format string, args ...any) error {
		return Problems{{File: file, Message: fmt.Sprintf(format, args...)}}
	}
	switch {
	case len(data) > maxFile:
		return nil, whole("the file has %d bytes, a scenario at most %d", len(data), maxFile)
	case !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0:
		return nil, whole("this is not UTF-8 text; expected a YAML file")
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, second yaml.Node
	err := dec.Decode(&doc)
	if errors.Is(err, io.EOF) || (err == nil && len(doc.Content) == 1 && doc.Content[0].Tag == "!!null") {
		return nil, whole("the file is empty; expected a scenario (see `rtbench scenario show echo`)")
	}
	if err != nil {
		return nil, syntaxProblem(file, err)
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, Problems{{file, root.Line, root.Column, fmt.Sprintf("expected keys and values such as `name: echo`, found %s", describe(root))}}
	}
	if err := dec.Decode(&second); err == nil {
		return nil, Problems{{file, second.Line, second.Column, "a second document; expected one scenario a file"}}
	} else if !errors.Is(err, io.EOF) {
		return nil, syntaxProblem(file, err)
	}
	return root, nil
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// syntaxProblem gives yaml.v3's message, which has a line at best, a place.
func syntaxProblem(file string, err error) error {
	p := Problem{File: file, Message: "not YAML: " + err.Error()}
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		p.Message = "not YAML: " + m[2]
		if n, err := strconv.Atoi(m[1]); err == nil {
			p.Line, p.Column = n, 1
		}
	}
	return Problems{p}
}

// schema is the language: every key, where its value goes and what it may be.
func (s *Scenario) schema() []field {
	return []field{
		{"name", text(&s.Name)},
		{"about", text(&s.About)},
		{"target", text(&s.Target)},
		{"protocols", list(&s.Protocols, word(proto.ProtocolNames()))},
		{"pattern", list(&s.Pattern, word(patternNames()))},
		{"load", section(
			field{"model", list(&s.Load.Model, word([]string{"open", "closed"}))},
			field{"arrivals", list(&s.Load.Arrivals, word([]string{"constant", "poisson"}))},
			field{"rate", list(&s.Load.Rate, rate)},
			field{"connections", list(&s.Load.Connections, whole(1, 100_000))},
			field{"streams", list(&s.Load.Streams, whole(1, 100_000))},
			field{"think", list(&s.Load.Think, duration(0))},
			field{"stages", stages(&s.Load.Stages)},
			field{"seed", one(&s.Load.Seed, seed)},
		)},
		{"payload", section(
			field{"size", list(&s.Payload.Size, size)},
			field{"encoding", list(&s.Payload.Encoding, word([]string{"binary", "text"}))},
		)},
		{"phases", section(
			field{"connect", one(&s.Phases.Connect, duration(0))},
			field{"warmup", one(&s.Phases.Warmup, duration(0))},
			field{"steady", one(&s.Phases.Steady, duration(time.Millisecond))},
			field{"drain", one(&s.Phases.Drain, duration(0))},
		)},
		{"repetitions", one(&s.Repetitions, whole(1, 1000))},
		{"tls", list(&s.TLS, boolean)},
		{"thresholds", list(&s.Thresholds, threshold)},
	}
}

func patternNames() []string {
	names := make([]string, len(proto.Patterns))
	for i, p := range proto.Patterns {
		names[i] = string(p)
	}
	return names
}

func stages(into *[]Stage) func(*reader, string, *yaml.Node) {
	return func(r *reader, path string, n *yaml.Node) {
		if n.Kind != yaml.SequenceNode {
			r.problem(n, "%s: expected a list such as [{over: 10s, to: 50k/s}], found %s", path, describe(n))
			return
		}
		for i, item := range n.Content {
			st := Stage{To: -1}
			r.mapping(fmt.Sprintf("%s[%d]", path, i), item, []field{
				{"over", one(&st.Over, duration(time.Millisecond))},
				{"to", one(&st.To, rate)},
			})
			if item.Kind == yaml.MappingNode && (st.Over == 0 || st.To < 0) {
				r.problem(item, "%s[%d]: expected both `over` (how long) and `to` (which rate)", path, i)
			}
			*into = append(*into, st)
		}
	}
}
