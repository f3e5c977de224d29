package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// A builtinProfile is another size of any scenario, where it defines none of that name.
type builtinProfile struct {
	name  string
	about string
	apply func(*Scenario)
}

var builtinProfiles = []builtinProfile{
	{"quick", "one repetition of half a second of each cell, or as long as thresholds need: to see that all works, not to measure", (*Scenario).Shorten},
	{"ci", "at most 3 repetitions, 250ms of warm-up, 1s of steady phase (or as long as thresholds need) and 1s of drain: to notice what broke", (*Scenario).forCI},
	{"release", "at least 7 repetitions and 10s of steady phase: figures to publish", (*Scenario).forRelease},
}

// ProfilesAbout says what each profile is that every scenario has, a line for each.
func ProfilesAbout() string {
	var b strings.Builder
	for _, p := range builtinProfiles {
		fmt.Fprintf(&b, "  %-8s %s\n", p.name, p.about)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// ProfileNames are the profiles that every scenario has.
func ProfileNames() []string {
	names := make([]string, len(builtinProfiles))
	for i, p := range builtinProfiles {
		names[i] = p.name
	}
	return names
}

// Shorten makes a scenario fit to show that all works: one repetition of half a
// second of each cell, or long enough for an event of each stream where the server
// sets the pace; stages keep their length. Figures from it mean little.
func (s *Scenario) Shorten() {
	s.atMost(1, 100*time.Millisecond, 500*time.Millisecond)
}

func (s *Scenario) forCI() {
	s.atMost(3, 250*time.Millisecond, time.Second)
	s.Phases.Drain = min(s.Phases.Drain, time.Second)
}

func (s *Scenario) atMost(repetitions int, warmup, steady time.Duration) {
	s.Repetitions = min(s.Repetitions, repetitions)
	s.Phases.Warmup = min(s.Phases.Warmup, warmup)
	s.ShortenSteady(max(steady, s.eventInterval()))
}

// ShortenSteady makes the steady phase at most that long, but never shorter than its
// thresholds need, as one that cannot be evaluated does not hold. Stages keep their length.
func (s *Scenario) ShortenSteady(most time.Duration) {
	if len(s.Load.Stages) > 0 || s.Phases.Steady <= most {
		return
	}
	need, t := s.thresholdsNeed()
	if need <= most {
		s.Phases.Steady = most
		return
	}
	s.Phases.Steady = min(s.Phases.Steady, need)
	s.Kept = fmt.Sprintf("the steady phase takes %v, not %v, as the threshold `%v` needs that much", s.Phases.Steady, most, t)
}

// thresholdsNeed is the shortest steady phase in which all thresholds can be evaluated, and
// the one that needs it.
func (s *Scenario) thresholdsNeed() (need time.Duration, by Threshold) {
	for _, t := range s.Thresholds {
		if n := t.needsSteady(); n > need {
			need, by = n, t
		}
	}
	return need, by
}

// forRelease: six repetitions are the fewest that give an interval of 95 %, and one may
// turn out invalid.
func (s *Scenario) forRelease() {
	s.Repetitions = max(s.Repetitions, 7)
	if len(s.Load.Stages) == 0 {
		s.Phases.Steady = max(s.Phases.Steady, 10*time.Second)
	}
}

// profileKeys are the keys that a profile may have.
var profileKeys = []string{"protocols", "load", "payload", "phases", "repetitions", "thresholds"}

// profiles reads the profiles into scenarios of their own, so that one that is not chosen
// is checked too, each value by itself.
func profiles(names *[]string) value {
	fields := slices.DeleteFunc(defaults().keys(), func(f field) bool { return !slices.Contains(profileKeys, f.name) })
	name := nameText
	return value{shape: shape{named: true, fields: fields}, read: func(r *reader, path string, n *yaml.Node) {
		if n.Kind != yaml.MappingNode {
			r.problem(n, "%s: found %s; expected profiles by name, such as {ci: {repetitions: 2}}", path, r.describe(n))
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, of := n.Content[i], n.Content[i+1]
			if _, ok := name.scalar(r, path, key); !ok {
				continue
			}
			if slices.Contains(*names, key.Value) {
				r.problem(key, "profile %q is given twice; expected it once", key.Value)
				continue
			}
			*names = append(*names, key.Value)
			r.mapping(path+"."+key.Value, of, fields)
		}
	}}
}

// profile lays the profile chosen over the keys of the scenario. It returns what is to be
// done to the scenario that comes of it; both may be nothing.
func (b *builder) profile(root *yaml.Node) (*yaml.Node, func(*Scenario)) {
	name := b.options.Profile
	if name == "" {
		return root, nil
	}
	all := child(root, "profiles")
	if over := child(all, name); over != nil {
		return b.r.merge(root, over), nil
	}
	names := ProfileNames()
	for _, p := range builtinProfiles {
		if p.name == name {
			return root, p.apply
		}
	}
	if all != nil && all.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(all.Content); i += 2 {
			names = append(names, all.Content[i].Value)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	defer b.r.withSource(b.r.source("--profile "+shorten(oneLine(name)), true))()
	b.r.place(0, 0, "%s has no such profile; expected one of %s%s", b.r.sources[0].name, oneLine(strings.Join(names, ", ")), nearest(name, names))
	return root, nil
}
