// Package scenarios defines the scenario language: its keys, a strict parser that reports every
// problem with its position, and the built-in scenarios. It runs nothing. Only Open touches the
// disk; the rest is pure.
//
// A key has one place: the row of a table, beside the field that it fills. The parser, the schema,
// the manual, --set and the flags of the command line come from these tables.
package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"rtbench/internal/lazyregexp"
	"rtbench/proto"
	"rtbench/scenarios/cell"
	"rtbench/scenarios/spec"
)

// A Scenario describes a benchmark: its cells are all combinations of the keys that have a list
// (axes), or of each group of connections one. Each cell runs the given number of repetitions, each on
// fresh servers. The zero value has
// no cells; Parse and Open return valid scenarios.
type Scenario struct {
	Name, About string
	// Config holds the keys that a cell has, with the first value of each axis. Target is an
	// address; it is empty if the API is custom.
	cell.Config
	Protocols   []string
	Repetitions int
	Thresholds  []Threshold
	// Custom describes the server under test; nil unless the API is custom.
	Custom            *Target
	Profile           Profiling
	Deliver           Deliver // of a group
	Include, Profiles []string
	// Groups are the groups of connections that run together, each a scenario with its traffic; empty
	// if all connections have the same. Config is then that of the first.
	Groups []*Scenario
	// Without names groups to be left out, or none: an axis. It is empty without that axis.
	Without []string

	File      string   // path as given
	Source    []byte   // text of the file, followed by included files as comments
	Variables []string // names of environment variables used, in order of appearance

	// Kept explains a phase that a profile could not shorten because of a threshold; empty if
	// none.
	Kept string

	axes       map[string][]any // values of the axes by key
	varied     string           // the axis of At; empty if none
	reader     *spec.Reader     // knows the places of the keys
	openBound  bool             // stamp.bound is not given
	keep       func(Cell) bool  // nil for all cells
	groupNames []string         // as read
	// groupIsCustom reports that a group of the scenario implies api: custom.
	groupIsCustom bool
	bundle        Bundle
	trace         []byte            // text of load.trace
	placed        map[string]string // paths of files by their names, if another machine has them elsewhere
}

var (
	nameText = func() spec.Kind[string] {
		k := spec.Pattern("1 to 64 lower-case letters, digits and dashes", `^[a-z0-9][a-z0-9-]{0,63}$`)
		k.Hint = func(s string) string {
			if name := NameFrom(s); name != "" {
				return fmt.Sprintf("; did you mean %q?", name)
			}
			return ""
		}
		return k
	}()
	notInNames  = lazyregexp.New(`[^a-z0-9-]+`)
	includeName = spec.Pattern("a file such as common.yaml, a preset or a built-in scenario", `^[^\x00-\x1f]{1,1000}$`)
	targetText  = withPort(spec.Pattern("an address such as 127.0.0.1:9000 or http://host:9000, or with api: guide wss://host or grpc://host:50051", `^((http|https|ws|wss|grpc|grpcs)://)?([^\s\x00-\x1f\x7f/:@\[\]]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?/?$`))
	customURLs  = []spec.Limits{{Type: "string", Pattern: `^(ws|wss|http|https|grpc|grpcs|tcp)://[^\s@#]+$`}} // of custom targets
)

// NameFrom turns text into the name of a scenario; empty if it has no letters and digits.
func NameFrom(text string) string {
	name := strings.Trim(notInNames.ReplaceAllString(strings.ToLower(text), "-"), "-")
	return name[:min(len(name), 64)]
}

// onRequest returns the protocols that are compared only if they are named.
func onRequest() []string {
	return slices.DeleteFunc(proto.ProtocolNames(), func(name string) bool { return slices.Contains(proto.ComparedProtocols(), name) })
}

func protocolKind() spec.Kind[string] {
	words := proto.ProtocolNames()
	for i, p := range proto.Protocols {
		words[i] += " " + p.Synonyms
	}
	return spec.OneOf(words...)
}

// schema returns all keys.
func (s *Scenario) schema() []spec.Key {
	keys := s.keys()
	return append(keys,
		spec.Key{
			Name: "groups", Also: "group users populations executors", Value: s.groups(), Secret: true, Example: "# {speakers: {pattern: echo, load: {connections: 4, rate: 100/s}}, listeners: {pattern: push, load: {connections: 40, rate: 1k/s}}}",
			Doc: "Groups of connections with different traffic, which run together on one server. A group has a name and its keys of " + strings.Join(groupKeys, ", ") + "; those outside of groups hold for all that do not have them. Each group has its results; CPU, memory and bytes are those of all groups together. deliver: {from: GROUP, field: PATH}: " + new(Deliver).key().Doc,
		},
		spec.Key{
			Name: "without", Also: "leave_out exclude omit", Value: spec.List(&s.Without, nameText), Example: "# [none, slow]",
			Conflicts: []spec.Conflict{spec.When(func() bool { return len(s.groupNames) == 0 && s.Group == "" }, " without groups; expected groups")},
			Doc:       "An axis: a group to leave out, or none. [none, slow] measures all groups, and again without the group slow, in alternating order, for its effect on the others.",
		},
		spec.Key{
			Name: "rooms", Also: "room channels topics", Value: spec.One(&s.Rooms, spec.Integer(1, 100_000)), Example: "# 4",
			Conflicts: []spec.Conflict{spec.When(func() bool { return len(s.groupNames) == 0 && s.Group == "" }, " without groups; expected a group with deliver")},
			Doc:       "Rooms over which the streams of each group are spread in turn: the first stream is in room 0, the next in room 1. deliver counts on the messages of a stream's room only; {{.Room}} in templates is its number, from 0. Default: one room.",
		},
		spec.Key{
			Name: "include", Also: "includes import extends base from", Value: spec.List(&s.Include, includeName), Example: "# common.yaml",
			Doc: "Scenarios to extend: files, relative to this one, presets (" + strings.Join(Presets(), ", ") + ") or built-in scenarios. Keys of this file override included keys, and a key without a value (`match: ~`) removes one; later files override earlier ones.",
		},
		spec.Key{
			Name: "profiles", Also: "variants environments", Value: profiles(&s.Profiles), Example: "{short: {repetitions: 1, load: {rate: 500/s}}}",
			Doc: "Variants of this scenario by name: --profile NAME overrides keys with those of the profile. quick, ci and release are built in.",
		},
	)
}

// keys returns the keys except include and profiles.
func (s *Scenario) keys() []spec.Key {
	keys := []spec.Key{
		{
			Name: "name", Also: "id", Value: spec.One(&s.Name, nameText), Required: "a line such as `name: echo`", Example: "reference",
			Flag: spec.Flag{Name: "name", Usage: "`NAME` of the scenario (default: from the file name)", Default: "mine"},
			Doc:  "Required: lower-case letters, digits and dashes. Results and tables show it.",
		},
		{Name: "about", Also: "description desc title comment", Value: spec.One(&s.About, spec.Text), Example: "every key with its meaning", Doc: "One line about the purpose."},
		{
			Name: "api", Was: "contract", Value: spec.One(&s.API, spec.OneOf("reference neutral default bench", "guide streaming", "custom own mine any user")), Default: cell.Reference, Example: "# guide",
			Flag: spec.Flag{Name: "api", Usage: "`API` of the server: reference, guide or custom (default: selected by the URL)"},
			Doc:  "The API under test. reference (default): rtbench's reference servers. guide: any server that implements the guide's API. custom: any server, with the messages of this scenario. Implied by the other keys: messages, steps and the like, a target with keys, or a target URL with a path mean custom; path means guide.",
		},
		{
			Name: "target", Also: "url host address server endpoint uri", Value: s.target(), Secret: true, Literal: refuseURL, Example: "# 127.0.0.1:9000",
			Flag: spec.Flag{Name: "target", Usage: "`ADDRESS` or URL of a running server (default: a fresh reference server per repetition)"},
			Doc:  "A running server. With reference, the control address of `rtbench serve`, such as 127.0.0.1:9000; by default each repetition starts fresh servers. With guide, a URL such as wss://host or grpc://host:50051. With custom, a URL or keys: the URL of each protocol, credentials, and the source of server metrics.",
		},
		{
			Name: "protocols", Also: "protocol transports transport", Value: spec.List(&s.Protocols, protocolKind()), Default: "[" + strings.Join(proto.ComparedProtocols(), ", ") + "]", Example: "[grpc, sse-h2]",
			Flag: spec.Flag{Name: "protocol", Usage: "`PROTOCOLS` to compare (default: " + strings.Join(proto.ComparedProtocols(), ", ") + ")"},
			Doc:  "Protocols to compare. Default: tcp (the floor), websocket, sse, sse-h2 and grpc; with stack, those that have it. On request: " + strings.Join(onRequest(), ", ") + ".",
		},
	}
	keys = append(keys, s.Keys()...)
	return append(append(keys,
		spec.Key{
			Name: "repetitions", Also: "iterations runs repeat repeats reps count", Value: spec.One(&s.Repetitions, spec.Integer(1, 1000)), Default: "1", Example: "2",
			Flag: spec.Flag{Name: "repetitions", Usage: "`NUMBER` of repetitions per cell; 6 or more give confidence intervals", Default: "3"},
			Doc:  "Repetitions of each cell, interleaved over the protocols. Default 1. With 6 or more, the median has a 95 % confidence interval.",
		},
		spec.Key{
			Name: "thresholds", Also: "assertions asserts checks slo slos limits", Value: thresholds(&s.Thresholds),
			Example: "['p(99) < 500ms', lost == 0 && errors == 0, {condition: p(90) < 1s, window: 1s, after: 1s, abort: true}]",
			Doc:     "Conditions such as `p(99) < 5ms` or `lost == 0`. If one fails in any repetition, the exit code is 99.",
		},
		s.Profile.key(s),
	), s.Custom.keys(s)...)
}

// target reads a control address, a URL of the guide's API, or a custom target.
func (s *Scenario) target() spec.Value {
	v := spec.Section(s.Custom.targetKeys()...)
	sh := v.Shape
	v.Scalar = append(targetText.Allowed, customURLs...)
	v.Read = func(r *spec.Reader, path string, n *yaml.Node) {
		switch {
		case n.Kind == yaml.MappingNode:
			r.Mapping(path, n, sh)
		case s.apiOf(r) == cell.Custom && n.Kind == yaml.ScalarNode && !spec.IsNull(n):
			s.Custom.target(r, path, n)
		case n.Kind == yaml.ScalarNode && !r.Broken(n) && !r.FromVariable(n) && AddressFault(n.Value, r.IsFlag(n)) != "":
			r.Problem(n, path, ": %s", AddressFault(n.Value, r.IsFlag(n)))
		default:
			spec.One(&s.Target, targetText).Read(r, path, n)
		}
	}
	return v
}
