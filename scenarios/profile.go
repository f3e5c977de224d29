package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"rtbench/scenarios/spec"
)

// A builtinProfile is a profile that every scenario has unless it defines one of that name.
type builtinProfile struct {
	name  string
	about string
	apply func(*Scenario)
}

var builtinProfiles = []builtinProfile{
	{"quick", "one repetition of half a second per cell, or as long as thresholds need: to check that everything works, not to measure", (*Scenario).Shorten},
	{"ci", "at most 3 repetitions with 250ms warm-up, 1s steady phase (or as long as thresholds need) and 1s drain: to detect breakage", (*Scenario).forCI},
	{"release", "at least 7 repetitions and 10s of steady phase: for results to publish", (*Scenario).forRelease},
}

// ProfilesAbout describes the built-in profiles, one per line.
func ProfilesAbout() string {
	var b strings.Builder
	for _, p := range builtinProfiles {
		fmt.Fprintf(&b, "  %-8s %s\n", p.name, p.about)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// ProfileNames returns the names of the built-in profiles.
func ProfileNames() []string {
	names := make([]string, len(builtinProfiles))
	for i, p := range builtinProfiles {
		names[i] = p.name
	}
	return names
}

// Shorten reduces a scenario to a check that everything works: one repetition of half a second per
// cell, or as long as each stream needs for an event. Stages keep their length. The metrics mean
// little.
func (s *Scenario) Shorten() {
	s.bundle.Short = true
	s.atMost(1, 100*time.Millisecond, 500*time.Millisecond)
	s.Profile.Duration = time.Second
}

func (s *Scenario) forCI() {
	s.atMost(3, 250*time.Millisecond, time.Second)
	s.Drain = min(s.Drain, time.Second)
}

func (s *Scenario) atMost(repetitions int, warmup, steady time.Duration) {
	s.Repetitions = min(s.Repetitions, repetitions)
	s.Warmup = min(s.Warmup, warmup)
	s.ShortenSteady(max(steady, s.EventInterval()))
}

// ShortenSteady limits the steady phase to most, but not below the needs of the thresholds. Stages
// keep their length, and so does a phase with events.
func (s *Scenario) ShortenSteady(most time.Duration) {
	if len(s.Stages)+len(s.Events) > 0 || s.Steady <= most {
		return
	}
	need, t := s.thresholdsNeed()
	if need <= most {
		s.Steady = min(s.Steady, s.wholePeriods(most))
		return
	}
	s.Steady = min(s.Steady, s.wholePeriods(need))
	s.Kept = fmt.Sprintf("the steady phase takes %v, not %v, because threshold `%v` needs it", s.Steady, most, t)
}

// thresholdsNeed returns the shortest steady phase in which all thresholds can be evaluated, and
// the threshold that needs it.
func (s *Scenario) thresholdsNeed() (need time.Duration, by Threshold) {
	for _, g := range append(slices.Clip(s.Groups), s) {
		for _, t := range g.Thresholds {
			if n := t.needsSteady(); n > need {
				need, by = n, t
			}
		}
	}
	return need, by
}

// forRelease runs one repetition more than the six that a 95 % interval needs.
func (s *Scenario) forRelease() {
	s.Repetitions = max(s.Repetitions, 7)
	if len(s.Stages) == 0 && s.Trace.Times == nil {
		s.Steady = max(s.Steady, s.wholePeriods(10*time.Second))
	}
}

// profileKeys are the keys of a profile.
var profileKeys = []string{"protocols", "load", "payload", "phases", "repetitions", "stack", "thresholds"}

// profiles reads all profiles, so that unused ones are checked too.
func profiles(into *[]string) spec.Value {
	keys := slices.DeleteFunc((&Scenario{Custom: new(Target)}).keys(), func(k spec.Key) bool { return !slices.Contains(profileKeys, k.Name) })
	sh := spec.Shape{Named: true, Keys: keys}
	return spec.Value{Shape: sh, Read: func(r *spec.Reader, path string, n *yaml.Node) {
		if n.Kind != yaml.MappingNode {
			r.Problem(n, path, ": found %s; expected profiles by name, such as {ci: {repetitions: 2}}", r.Describe(n))
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, of := n.Content[i], n.Content[i+1]
			if _, ok := nameText.Scalar(r, path, key); !ok {
				continue
			}
			if slices.Contains(*into, key.Value) {
				r.Problem(key, "", "profile %q is given twice; expected it once", key.Value)
				continue
			}
			*into = append(*into, key.Value)
			r.Mapping(path+"."+key.Value, of, sh)
		}
	}}
}

// profile merges the chosen profile over the scenario and returns a function to apply to the
// parsed scenario; both may be nil.
func (b *builder) profile(root *yaml.Node) (*yaml.Node, func(*Scenario)) {
	name := b.options.Profile
	if name == "" {
		return root, nil
	}
	all := spec.Child(root, "profiles")
	if over := spec.Child(all, name); over != nil {
		return b.r.Merge(root, over), nil
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
	defer b.r.WithSource(b.r.AddSet("--profile " + spec.Shorten(name)))()
	b.r.Fail("%s: no such profile; expected one of %s%s", b.file, spec.OneLine(strings.Join(names, ", ")), spec.Nearest(name, names...))
	return root, nil
}
