package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"rtbench/proto"
)

// Parse reads a scenario; file is its name in problems. The error is Problems,
// all that is wrong with the text and never none. data is kept, not changed.
func Parse(file string, data []byte) (*Scenario, error) {
	r := newReader(file)
	s := defaults()
	s.File, s.Source = file, data
	if r.root = document(r, data); r.root != nil {
		r.refuse(r.root)
		r.mapping("", r.root, s.schema())
		s.check(r)
	}
	if len(r.problems) > 0 {
		return nil, r.problems.sorted()
	}
	return s, nil
}

// defaults is a scenario in which nothing is given.
func defaults() *Scenario {
	return &Scenario{
		Contract:  bench,
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

const open, closed = "open", "closed" // the values of load.model

// schema is the language: every key, where its value goes and what it may be.
func (s *Scenario) schema() []field {
	return []field{
		{"name", one(&s.Name, form("small letters, digits and dashes, at most 64 of them", `^[a-z0-9][a-z0-9-]{0,63}$`))},
		{"about", one(&s.About, text)},
		{"contract", one(&s.Contract, word(bench, guide))},
		{"target", one(&s.Target, form("an address such as 127.0.0.1:9000 or http://host:9000, or with contract guide wss://host or grpc://host:50051", `^((http|https|ws|wss|grpc|grpcs)://)?([^\s/:\[\]]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?/?$`))},
		{"path", one(&s.Path, form("a path such as /stream/user", `^/[!-~]{0,256}$`))},
		{"protocols", list(&s.Protocols, word(proto.ProtocolNames()...))},
		{"pattern", list(&s.Pattern, word(patternNames()...))},
		{"load", section(
			field{"model", list(&s.Load.Model, word(open, closed))},
			field{"arrivals", list(&s.Load.Arrivals, word("constant", "poisson"))},
			field{"rate", list(&s.Load.Rate, rate)},
			field{"connections", list(&s.Load.Connections, whole(1, 100_000))},
			field{"streams", list(&s.Load.Streams, whole(1, 100_000))},
			field{"think", list(&s.Load.Think, duration(0))},
			field{"stages", stages(&s.Load.Stages)},
			field{"seed", one(&s.Load.Seed, seed)},
		)},
		{"payload", section(
			field{"size", list(&s.Payload.Size, size)},
			field{"encoding", list(&s.Payload.Encoding, word("binary", "text", "native"))},
		)},
		{"phases", section(
			field{"connect", one(&s.Phases.Connect, duration(0))},
			field{"warmup", one(&s.Phases.Warmup, duration(0))},
			field{"steady", one(&s.Phases.Steady, duration(time.Millisecond))},
			field{"drain", one(&s.Phases.Drain, duration(0))},
		)},
		{"repetitions", one(&s.Repetitions, whole(1, 1000))},
		{"tls", list(&s.TLS, boolean)},
		{"engine", list(&s.Engine, word("goroutine", "loop"))},
		{"thresholds", thresholds(&s.Thresholds)},
	}
}

func patternNames() []string {
	names := make([]string, len(proto.Patterns))
	for i, p := range proto.Patterns {
		names[i] = string(p)
	}
	return names
}

// stages reads the list of ramps.
func stages(into *[]Stage) read {
	return func(r *reader, path string, n *yaml.Node) {
		if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
			r.problem(n, "%s: found %s; expected ramps such as [{over: 10s, to: 50k/s}]", path, describe(n))
			return
		}
		for i, item := range n.Content {
			var st Stage
			p := fmt.Sprintf("%s[%d]", path, i)
			r.mapping(p, item, []field{
				{"over", one(&st.Over, duration(time.Millisecond))},
				{"to", one(&st.To, rate)},
			})
			if item.Kind == yaml.MappingNode && (!r.given(p+".over") || !r.given(p+".to")) {
				r.problem(item, "%s: over or to is missing; expected both, such as {over: 10s, to: 50k/s}", p)
			}
			*into = append(*into, st)
		}
	}
}

// thresholds reads a condition, or a list of conditions and of mappings that say
// more of one.
func thresholds(into *[]Threshold) read {
	return func(r *reader, path string, n *yaml.Node) {
		items := []*yaml.Node{n}
		if n.Kind == yaml.SequenceNode {
			items = n.Content
		}
		if len(items) == 0 {
			r.problem(n, "%s: the list is empty; expected a value, or the key left out for its default", path)
		}
		seen := map[string]bool{}
		for i, item := range items {
			t, ok := oneThreshold(r, path, fmt.Sprintf("%s[%d]", path, i), item)
			if ok && seen[t.String()] {
				r.problem(item, "%s: %s is in the list twice; expected each value once", path, quote(t.String()))
			}
			seen[t.String()] = true
			*into = append(*into, t)
		}
	}
}

func oneThreshold(r *reader, path, itemPath string, n *yaml.Node) (t Threshold, ok bool) {
	if n.Kind != yaml.MappingNode {
		return threshold.scalar(r, path, n)
	}
	var window, after time.Duration
	var abort bool
	before := len(r.problems)
	r.mapping(itemPath, n, []field{
		{"that", one(&t, threshold)},
		{"window", one(&window, duration(10*time.Millisecond))},
		{"after", one(&after, duration(0))},
		{"abort", one(&abort, boolean)},
	})
	if !r.given(itemPath + ".that") {
		r.problem(n, "%s: that is missing; expected a condition, such as {that: p(99) < 5ms, window: 1s}", itemPath)
	}
	t.Window, t.After, t.Abort = window, after, abort
	if t.needs != nil {
		for _, word := range t.needs.figures {
			if window > 0 && !slices.Contains(inWindows, word) {
				r.problem(n, "%s: %s is not known of a window; expected one of %s there", itemPath, word, strings.Join(inWindows, ", "))
			}
			if abort && !slices.Contains(inTime, word) {
				r.problem(n, "%s: %s is not known before the end; expected one of %s to abort by", itemPath, word, strings.Join(inTime, ", "))
			}
		}
	}
	return t, len(r.problems) == before
}
