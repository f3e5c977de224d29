package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"rtbench/scenarios/cell"
	"rtbench/scenarios/spec"
)

// groupKeys are the keys of a group. The others belong to all groups.
var groupKeys = []string{
	"pattern", "load", "payload", "read", "join", "tokens", "messages", "end", "token_count", "rows", "match", "stamp", "records", "ignore", "expect", "values", "handshake", "steps", "answers", "heartbeat", "stall", "reconnect", "thresholds",
}

// maxGroups bounds the groups of a scenario.
const maxGroups = 16

// groups reads all groups, each by itself. What it inherits is added later.
func (s *Scenario) groups() spec.Value {
	sh := spec.Shape{Named: true, Keys: newGroup().groupSchema()}
	for i := range sh.Keys {
		sh.Keys[i].Required = "" // it may be inherited
	}
	return spec.Value{Shape: sh, Read: func(r *spec.Reader, path string, n *yaml.Node) {
		if n.Kind != yaml.MappingNode || len(n.Content) == 0 || len(n.Content) > 2*maxGroups {
			r.Problem(n, path, ": found %s; expected 1 to %d groups by name, such as {readers: {pattern: push, load: {connections: 100, rate: 1k/s}}}", r.Describe(n), maxGroups)
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, of := n.Content[i], n.Content[i+1]
			if _, ok := nameText.Scalar(r, path, key); !ok {
				continue
			}
			if slices.Contains(s.groupNames, key.Value) {
				r.Problem(key, "", "group %q is given twice; expected it once", key.Value)
				continue
			}
			s.groupNames = append(s.groupNames, key.Value)
			at := path + "." + key.Value
			r.Note(at, key, of)
			for _, p := range spec.Pairs(of) {
				if spec.IsNull(p.Value) && spec.Child(r.Root, p.Key.Value) != nil {
					of = r.Without(of, p.Key.Value) // it is not inherited
				}
			}
			r.Mapping(at, of, sh)
		}
	}}
}

func newGroup() *Scenario { return &Scenario{Custom: new(Target)} }

// groupSchema returns the keys of a group.
func (s *Scenario) groupSchema() []spec.Key {
	keys := slices.DeleteFunc(s.keys(), func(k spec.Key) bool { return !slices.Contains(groupKeys, k.Name) })
	return append(keys, s.Deliver.key())
}

// readGroups reads each group with the keys that it inherits, and checks it.
func (b *builder) readGroups(s *Scenario) {
	base := b.r.Without(b.r.Root, "groups")
	parts := make([]*spec.Reader, len(s.groupNames))
	isCustom := false
	for i, name := range s.groupNames {
		parts[i] = b.r.Part("groups."+name, base, func(key string) bool {
			return key != "values" && (key != "load" && key != "payload" || spec.Child(b.r.Value("groups."+name), "deliver") != nil)
		})
		inferFanout(parts[i])
		isCustom = isCustom || newGroup().apiOf(parts[i]) == cell.Custom
	}
	for i, name := range s.groupNames {
		g, keys := empty()
		r := parts[i]
		g.File, g.Variables, g.reader = s.File, s.Variables, r
		g.groupIsCustom = isCustom
		r.Keys = append(g.keys(), g.Deliver.key())
		r.Mapping("", r.Root, spec.Shape{Keys: append(keys, g.Deliver.key())})
		g.Group, g.From = name, g.Deliver.From
		g.checkGroup(r)
		g.check(r)
		s.Groups = append(s.Groups, g)
	}
	for i, g := range s.Groups {
		if g.From != "" {
			s.checkDelivery(parts[i], g)
		}
		b.r.Problems = append(b.r.Problems, parts[i].Problems...)
	}
	s.checkRooms(b.r)
	s.checkStays(b.r)
	s.checkEventGroups(b.r, s.Groups[0].Events)
	s.checkWithout(b.r)
	if len(b.r.Problems) == 0 {
		s.shareGroups()
	}
	slices.SortStableFunc(b.r.Problems, func(a, b Problem) int { return strings.Compare(a.String(), b.String()) })
	b.r.Problems = slices.Compact(b.r.Problems) // an inherited key is read by each group
}

// commonAxes are the axes that a scenario with groups may have, besides protocols.
var commonAxes = []string{"stack", "tls", "reconnect.policy", "join.stay"}

// checkGroup reports keys that a scenario with groups cannot have.
func (s *Scenario) checkGroup(r *spec.Reader) {
	for path, all := range r.Axes {
		if len(all) > 1 && !slices.Contains(commonAxes, path) {
			r.At(path, ": found %d values; expected one, because only protocols, stack, tls, reconnect.policy and join.stay are axes of a scenario with groups", len(all))
		}
	}
	for _, key := range []string{"load.stages", "load.steps", "load.trace"} {
		if r.Has(key) {
			r.At(key, " with groups; expected one rate, because the groups have one steady phase")
		}
	}
	if s.Model == cell.Closed && (s.Pattern == "push" || s.Pattern == "upload") {
		r.At("load.model", ": closed with pattern %s in a group; expected open, because a flood leaves nothing to the other groups", s.Pattern)
	}
	if r.Has("load.topology") {
		r.At("load.topology", " with groups; expected connections and streams of each group")
	}
}

// shareGroups takes over the keys that all groups have in common, from the first.
func (s *Scenario) shareGroups() {
	first := s.Groups[0]
	s.Config = first.Config
	s.Group = ""
	for _, g := range s.Groups { // answers may need longer
		s.Drain = max(s.Drain, g.Drain)
	}
	s.API, s.Protocols, s.Custom, s.openBound = first.API, first.Protocols, first.Custom, first.openBound
	s.axes = map[string][]any{}
	for _, g := range slices.Backward(s.Groups) {
		for _, path := range commonAxes {
			if len(g.axes[path]) > 0 {
				s.axes[path] = g.axes[path]
			}
		}
	}
}

// Of returns the scenario of a cell's traffic: that of its group, or s.
func (s *Scenario) Of(c Cell) *Scenario {
	for _, g := range s.Groups {
		if g.Group == c.Group {
			return g
		}
	}
	return s
}

// Parts returns the groups, or s alone if it has none.
func (s *Scenario) Parts() []*Scenario {
	if len(s.Groups) == 0 {
		return []*Scenario{s}
	}
	return s.Groups
}

// groupCell returns the cell of a group at a point of the matrix of all.
func (s *Scenario) groupCell(point Cell) Cell {
	c := s.Config
	c.Scenario, c.Protocol, c.Stack, c.TLS, c.Target = point.Scenario, point.Protocol, point.Stack, point.TLS, point.Target
	c.Connect, c.Warmup, c.Steady, c.Drain = point.Connect, point.Warmup, point.Steady, point.Drain
	c.Without = point.Without
	if len(s.axes["reconnect.policy"]) > 1 {
		c.Reconnect.Policy = point.Reconnect.Policy
	}
	if len(s.axes["join.stay"]) > 1 {
		c.Join.Stay = point.Join.Stay
	}
	c.Axes = strings.TrimPrefix(fmt.Sprintf("%s/group=%s", point.Axes, s.Group), "/")
	return c
}

// none is the value of without that leaves out no group.
const none = "none"

// withAndWithout multiplies points by the groups that they leave out.
func (s *Scenario) withAndWithout(points []Cell) []Cell {
	if len(s.Without) == 0 {
		return points
	}
	a := axis{name: "without", set: func(c *Cell, value any) {
		if c.Without = value.(string); c.Without == none {
			c.Without = ""
		}
	}}
	for _, name := range s.Without {
		a.values = append(a.values, name)
	}
	return a.expand(points)
}

// checkWithout checks the groups to leave out.
func (s *Scenario) checkWithout(r *spec.Reader) {
	for _, name := range s.Without {
		others := func(g *Scenario) bool { return g.Group != name }
		delivers := func(g *Scenario) bool { return g.From == name }
		switch {
		case name == none:
		case !slices.Contains(s.groupNames, name):
			r.At("without", ": found %q; expected none or a group%s", name, spec.Nearest(name, s.groupNames...))
		case !slices.ContainsFunc(s.Groups, others):
			r.At("without", ": %s is the only group; expected another", name)
		case slices.ContainsFunc(s.Groups, delivers):
			r.At("without", ": group %s sends what another group receives; expected one that no deliver names", name)
		}
	}
}

// GroupPlan describes a group, for plans.
type GroupPlan struct {
	Name        string  `json:"name"`
	Pattern     string  `json:"pattern"`
	Connections int     `json:"connections"`
	Streams     int     `json:"streams"`        // on all connections
	Rate        float64 `json:"rate,omitempty"` // messages/s; 0 if the plan does not know it
	// Descriptions of the messages, the matching of replies and the steps, for a custom target.
	Sends   string `json:"sends,omitempty"`
	Matches string `json:"matches,omitempty"`
	Steps   string `json:"steps,omitempty"`
}

func (s *Scenario) groupPlan() GroupPlan {
	c, custom := s.Config, s.customSummary()
	return GroupPlan{
		Name: s.Group, Pattern: c.Pattern, Connections: c.Connections, Streams: c.Connections * c.Streams, Rate: c.Rate,
		Sends: custom.Sends, Matches: custom.Matches, Steps: custom.Steps,
	}
}
