package scenarios

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"rtbench/proto"
)

const open, closed = "open", "closed" // the values of load.model

// Text keys and their regular expressions.
var (
	nameText   = withNameHint(textPattern("1 to 64 lower-case letters, digits and dashes", `^[a-z0-9][a-z0-9-]{0,63}$`))
	targetText = withPort(textPattern("an address such as 127.0.0.1:9000 or http://host:9000, or with api: guide wss://host or grpc://host:50051", `^((http|https|ws|wss|grpc|grpcs)://)?([^\s\x00-\x1f\x7f/:@\[\]]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?/?$`))
	pathText   = textPattern("a path such as /stream/user", `^/[!-~]{0,256}$`)
	customURLs = []limits{{Type: "string", Pattern: `^(ws|wss|http|https|grpc|grpcs|tcp)://[^\s@#]+$`}} // of custom targets
)

// schema returns all keys with their destinations and allowed values.
func (s *Scenario) schema() []field {
	return append(s.keys(), field{"include", list(&s.Include, includeName)}, field{"profiles", profiles(&s.Profiles)})
}

// keys returns the keys except include and profiles.
func (s *Scenario) keys() []field {
	return append([]field{
		{"name", one(&s.Name, nameText)},
		{"about", one(&s.About, text)},
		{"api", one(&s.API, oneOf(reference, guide, custom))},
		{"target", s.target()},
		{"path", one(&s.Path, pathText)},
		{"protocols", list(&s.Protocols, oneOf(proto.ProtocolNames()...))},
		{"pattern", list(&s.Pattern, oneOf(proto.PatternNames()...))},
		{"load", section(
			field{"model", list(&s.Load.Model, oneOf(open, closed))},
			field{"arrivals", list(&s.Load.Arrivals, oneOf("constant", "poisson"))},
			field{"rate", list(&s.Load.Rate, rampRate)},
			field{"connections", list(&s.Load.Connections, integer(1, 100_000))},
			field{"streams", list(&s.Load.Streams, integer(1, 100_000))},
			field{"think", list(&s.Load.Think, duration(0))},
			field{"stages", stages(&s.Load.Stages)},
			field{"seed", one(&s.Load.Seed, seed)},
		)},
		{"payload", section(
			field{"size", list(&s.Payload.Size, size)},
			field{"encoding", list(&s.Payload.Encoding, oneOf("binary", "text", "native"))},
		)},
		{"phases", section(
			field{"connect", one(&s.Phases.Connect, duration(0))},
			field{"warmup", one(&s.Phases.Warmup, duration(0))},
			field{"steady", one(&s.Phases.Steady, duration(time.Millisecond))},
			field{"drain", one(&s.Phases.Drain, duration(0))},
		)},
		{"repetitions", one(&s.Repetitions, integer(1, 1000))},
		{"tls", list(&s.TLS, boolean)},
		{"engine", list(&s.Engine, oneOf("goroutine", "loop"))},
		{"thresholds", thresholds(&s.Thresholds)},
	}, s.Custom.keys()...)
}

// target reads a control address, a URL of the guide's API, or a custom target.
func (s *Scenario) target() value {
	fields := s.Custom.targetKeys()
	sh := shape{scalar: append(targetText.allowed, customURLs...), fields: fields}
	return value{shape: sh, read: func(r *reader, path string, n *yaml.Node) {
		switch {
		case n.Kind == yaml.MappingNode:
			r.mapping(path, n, fields)
		case s.apiOf(r.root) == custom && n.Kind == yaml.ScalarNode && !isNull(n):
			s.Custom.target(r, path, n)
		case n.Kind == yaml.ScalarNode && !r.broken[n] && r.written[n] == "" && AddressFault(n.Value) != "":
			r.problem(n, "%s: %s", path, AddressFault(n.Value))
		default:
			one(&s.Address, targetText).read(r, path, n)
		}
	}}
}

func stageFields(st *Stage) []field {
	return []field{{"over", one(&st.Over, duration(time.Millisecond))}, {"to", one(&st.To, stageRate)}}
}

// stages reads the list of ramps.
func stages(into *[]Stage) value {
	sh := shape{fields: stageFields(new(Stage)), required: []string{"over", "to"}, onlyList: true}
	return value{shape: sh, read: func(r *reader, path string, n *yaml.Node) {
		if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
			r.problem(n, "%s: found %s; expected ramps such as [{over: 10s, to: 50k/s}]", path, r.describe(n))
			return
		}
		for i, item := range n.Content {
			var st Stage
			p := fmt.Sprintf("%s[%d]", path, i)
			r.mapping(p, item, stageFields(&st))
			if item.Kind == yaml.MappingNode && (!r.has(p+".over") || !r.has(p+".to")) {
				r.problem(item, "%s: missing over or to; expected both, such as {over: 10s, to: 50k/s}", p)
			}
			*into = append(*into, st)
		}
	}}
}

// thresholds reads a condition, or a list of conditions and mappings.
func thresholds(into *[]Threshold) value {
	sh := shape{scalar: threshold.allowed, fields: thresholdFields(new(Threshold)), required: []string{"condition"}, list: true}
	return value{shape: sh, read: func(r *reader, path string, n *yaml.Node) {
		items := []*yaml.Node{n}
		if n.Kind == yaml.SequenceNode {
			items = n.Content
		}
		if len(items) == 0 {
			r.problem(n, "%s: empty list; expected a value, or no key for the default", path)
		}
		seen := map[string]bool{}
		for i, item := range items {
			t, ok := oneThreshold(r, path, fmt.Sprintf("%s[%d]", path, i), item)
			if ok && seen[t.String()] {
				r.problem(item, "%s: found %s twice; expected each value once", path, quote(t.String()))
			}
			seen[t.String()] = true
			*into = append(*into, t)
		}
	}}
}

func thresholdFields(t *Threshold) []field {
	return []field{
		{"condition", condition(t)},
		{"window", one(&t.Window, duration(10*time.Millisecond))},
		{"after", one(&t.After, duration(0))},
		{"abort", one(&t.Abort, boolean)},
	}
}

// condition reads the condition of a threshold.
func condition(t *Threshold) value {
	return value{shape: shape{scalar: threshold.allowed}, read: func(r *reader, path string, n *yaml.Node) {
		if c, ok := threshold.scalar(r, path, n); ok {
			t.Condition, t.program, t.terms, t.worse = c.Condition, c.program, c.terms, c.worse
		}
	}}
}

func oneThreshold(r *reader, path, itemPath string, n *yaml.Node) (t Threshold, ok bool) {
	if n.Kind != yaml.MappingNode {
		return threshold.scalar(r, path, n)
	}
	before := len(r.problems)
	r.mapping(itemPath, n, thresholdFields(&t))
	if len(r.problems) == before && !r.has(itemPath+".condition") {
		r.problem(n, "%s: missing condition; expected one such as {condition: p(99) < 5ms, window: 1s}", itemPath)
	}
	for _, problem := range t.misplaced() {
		r.problem(n, "%s: %s", itemPath, problem)
	}
	return t, len(r.problems) == before
}

var percentileKey = regexp.MustCompile(`^(p|service|lag)_?\(?(\d+(?:\.\d+)?)\)?$`)

// asCondition joins a key and its value to a condition, such as `p99: 5ms`; empty if it is not
// one.
func asCondition(key, value *yaml.Node) string {
	if value.Kind != yaml.ScalarNode {
		return ""
	}
	left, right := key.Value, strings.TrimSpace(value.Value)
	if m := percentileKey.FindStringSubmatch(left); m != nil {
		left = fmt.Sprintf("%s(%s)", m[1], m[2])
	}
	if !strings.ContainsAny(right[:min(1, len(right))], "<>=!") {
		right = "< " + right
	}
	text := left + " " + right
	if _, err := compile(text); err != nil {
		return ""
	}
	return text
}
