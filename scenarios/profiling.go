package scenarios

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"rtbench/scenarios/cell"
	"rtbench/scenarios/spec"
)

// Profiling configures profiles of the server.
type Profiling struct {
	// Wanted reports that the scenario asks for profiles.
	Wanted bool
	// Pprof is the URL of the server's profiles; empty for the control address of a reference server.
	Pprof    string
	Duration time.Duration // of each CPU profile, in whole seconds; 0: DefaultProfile
	Headers  []Pair
	Bearer   Secret
}

// ProfiledRuns is the number of repetitions in which the server of a cell is profiled.
const ProfiledRuns = 2

// aroundProfile is by how much the steady phase is longer than the CPU profile, for the heap profiles before and after it.
const aroundProfile = 1500 * time.Millisecond

// DefaultProfile is the default of Profiling.Duration.
const DefaultProfile = 10 * time.Second

var (
	pprofText       = withPort(hidden(spec.Pattern("a URL such as http://127.0.0.1:6060, without user information and query, with a port from 1 to 65535 if any", `^https?://[^\s@#?]+$`)))
	profileDuration = func() spec.Kind[time.Duration] {
		k := spec.Duration(time.Second).Expecting("whole seconds from 1s to 10m")
		parse := k.Parse
		k.Parse = func(s string) (time.Duration, bool) {
			d, ok := parse(s)
			return d, ok && d <= 10*time.Minute && d%time.Second == 0
		}
		return k
	}()
)

// IsPprof reports whether text is the URL of a server's profiles.
func IsPprof(text string) bool {
	_, ok := pprofText.Parse(text)
	return ok
}

// key returns the key of profiles.
func (p *Profiling) key(s *Scenario) spec.Key {
	at := spec.Key{
		Name: "pprof", Also: "url address host endpoint", Value: spec.One(&p.Pprof, pprofText), Example: "http://127.0.0.1:6060",
		Flag: spec.Flag{Name: "pprof", Usage: "take CPU and heap profiles of the server at `URL`, such as http://127.0.0.1:6060, in two more repetitions"},
		Doc:  "URL of the server's profiles, as Go's net/http/pprof serves them: with the path of its index, or without one for /debug/pprof. Default for reference servers: their control address.",
	}
	v := spec.Either("pprof", at.Value, spec.Section(
		at,
		spec.Key{Name: "duration", Also: "seconds time for length", Value: spec.One(&p.Duration, profileDuration), Default: DefaultProfile.String(), Doc: "Length of each CPU profile; 1s with --quick. Default 10s: with two repetitions up to 2,000 samples of a server that uses a core, and fewer if its threads run only briefly."},
		spec.Key{Name: "headers", Also: "header", Value: pairs(&p.Headers, headerPair), Literal: refusePairs(Secretive), Example: `{X-Debug: "1"}`, Doc: "Headers of the requests for profiles. Those of the target are not sent."},
		spec.Key{Name: "bearer", Also: "authorization auth token", Value: p.Bearer.value("pprof-", " of --pprof"), Doc: "Token of the requests for profiles. That of the target is not sent."},
	))
	return spec.Key{
		Name: "profile", Also: "pprof profiling", Value: spec.If(v, func(*spec.Reader, string, *yaml.Node) { p.Wanted = true }), Secret: true, Literal: refuseURL,
		Conflicts: []spec.Conflict{spec.When(func() bool { return p.Wanted && s.API != cell.Reference && p.Pprof == "" }, " without pprof; expected the URL of the server's profiles, such as {pprof: http://127.0.0.1:6060}")},
		Doc:       "CPU and heap profiles of the server under test, in two more repetitions of each cell, which are not measured. Results name the files; gate and compare name the functions that changed most.",
	}
}

// Base returns the URL below which the profiles are, without a slash at the end; empty if there is none.
func (p *Profiling) Base() string {
	base := strings.TrimSuffix(p.Pprof, "/")
	if _, rest, _ := strings.Cut(base, "://"); base != "" && !strings.Contains(rest, "/") {
		base += PprofPath
	}
	return base
}

// PprofPath is the path of profiles in Go programs.
const PprofPath = "/debug/pprof"

// ProfiledPhases returns the lengths of the steady phase of a repetition with profiles, and of its CPU profile; 0 and the
// reason if the steady phase is too short and cannot be longer.
func (s *Scenario) ProfiledPhases(c Cell) (steady, profile time.Duration, why string) {
	profile = cmp.Or(s.Profile.Duration, DefaultProfile)
	if len(c.Stages)+len(c.Events) == 0 && c.Trace.File == "" && c.Overload.For == 0 {
		return s.wholePeriods(profile + aroundProfile), profile, ""
	}
	profile = min(profile, (c.Steady - aroundProfile).Truncate(time.Second))
	if profile < time.Second {
		return 0, 0, fmt.Sprintf("the steady phase of %v is too short for a CPU profile; expected at least %v", c.Steady, time.Second+aroundProfile)
	}
	return c.Steady, profile, ""
}
