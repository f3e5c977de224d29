package scenarios

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"rtbench/proto"
)

// protocols returns the protocols with an endpoint, tcp first.
func (o *Target) protocols() []string {
	return slices.DeleteFunc(proto.ProtocolNames(), func(name string) bool { return o.Endpoints[name] == nil })
}

// Public returns the URL for results: without query values, and with the names of variables in its
// path.
func (e *Endpoint) Public() string { return e.public }

// Resolve returns the path of a file in a scenario, relative to the scenario file unless absolute.
// It reads nothing.
func (s *Scenario) Resolve(file string) string {
	if filepath.IsAbs(file) {
		return filepath.Clean(file)
	}
	return filepath.Join(filepath.Dir(s.File), file)
}

// retargetCustom replaces the URL of the endpoints with a fitting scheme. A target without path
// and query keeps theirs. A post URL to the same server moves too.
func (s *Scenario) retargetCustom(target string) error {
	a, _ := cutURL(target)
	if a.hasUser {
		return errors.New(userFault)
	}
	var fitting, schemes []string
	for _, name := range s.Custom.protocols() {
		w := urlSpecOf(name)
		if slices.Contains(w.schemes, a.scheme) {
			fitting = append(fitting, name)
		}
		schemes = append(schemes, w.schemes...)
	}
	slices.Sort(schemes)
	if len(fitting) == 0 {
		return fmt.Errorf("no endpoint of scenario %s uses this scheme; expected a URL with one of %s://", s.Name, strings.Join(slices.Compact(schemes), "://, "))
	}
	if a.hasFragment {
		return fmt.Errorf("%s", urlFault(urlSpecOf(fitting[0]), target))
	}
	for pair := range strings.SplitSeq(a.query, "&") {
		if name, value, _ := strings.Cut(pair, "="); sensitive(name) && value != "" {
			return fmt.Errorf("found a secret in the query (%s); expected it under target.query of the scenario, from ${NAME}", name)
		}
	}
	for _, name := range fitting {
		to := target
		old, _ := cutURL(s.Custom.Endpoints[name].URL)
		if a.path == "" && !a.hasQuery {
			to = a.origin() + s.Custom.Endpoints[name].URL[len(old.origin()):]
		}
		if fault := urlFault(urlSpecOf(name), to); fault != "" {
			return fmt.Errorf("%s", fault)
		}
	}
	s.Custom.Endpoints = maps.Clone(s.Custom.Endpoints) // may be shared with a copy of the scenario
	for _, name := range fitting {
		e := *s.Custom.Endpoints[name]
		e.retarget(target)
		s.Custom.Endpoints[name] = &e
	}
	s.boundStamp()
	return nil
}

// retarget sets the URL, which must be valid.
func (e *Endpoint) retarget(target string) {
	a, _ := cutURL(target)
	old, _ := cutURL(e.URL)
	if post, _ := cutURL(e.Post); post.origin() == old.origin() {
		e.Post = a.origin() + e.Post[len(old.origin()):]
	}
	if a.path == "" && !a.hasQuery {
		shown := ""
		if len(e.public) > len(old.origin()) {
			shown = e.public[len(old.origin()):]
		}
		e.URL, e.public = a.origin()+e.URL[len(old.origin()):], a.origin()+shown
		return
	}
	e.URL, e.public = target, publicURL(target, "")
}
