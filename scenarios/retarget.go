package scenarios

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"rtbench/proto"
	"rtbench/scenarios/cell"
)

// protocols returns the protocols with an endpoint, tcp first.
func (o *Target) protocols() []string {
	return slices.DeleteFunc(proto.ProtocolNames(), func(name string) bool { return o.Endpoints[name] == nil })
}

// Resolve returns the path of a file in a scenario, relative to the scenario file unless absolute or
// placed elsewhere (see Place). It reads nothing.
func (s *Scenario) Resolve(file string) string {
	if path, ok := s.placed[file]; ok {
		return path
	}
	if filepath.IsAbs(file) {
		return filepath.Clean(file)
	}
	return filepath.Join(filepath.Dir(s.File), file)
}

// hasServerScheme reports whether a target is the URL of a server, not a control address.
func hasServerScheme(target string) bool {
	scheme, _, found := strings.Cut(target, "://")
	return found && scheme != "http"
}

// Addresses returns the URLs or addresses that connections are made to; none if rtbench starts the
// servers.
func (s *Scenario) Addresses() []string {
	if s.API != cell.Custom {
		return []string{s.Target}
	}
	var all []string
	for _, name := range s.Protocols {
		if e := s.Custom.Endpoints[name]; e != nil {
			all = append(all, e.URL)
			if e.Post != "" {
				all = append(all, e.Post)
			}
		}
	}
	return all
}

// Retarget replaces the target. For a custom target, the URL replaces all with the same kind of
// scheme, such as ws or wss. It returns an error if the target does not fit.
func (s *Scenario) Retarget(target string) error {
	s.bundle.Target = target
	fault := AddressFault(target, false)
	switch {
	case s.API == cell.Custom && (fault == "" || fault == userFault): // retargetCustom explains it better
		return s.retargetCustom(target)
	case fault != "":
		return errors.New(fault)
	}
	if _, ok := targetText.Parse(target); !ok { // not quoted: it may contain a password
		return fmt.Errorf("expected %s", targetText.Expected)
	}
	if hasServerScheme(target) && s.API != cell.Guide {
		return fmt.Errorf("found URL %s for scenario %s of api: reference; expected the control address of an `rtbench serve`, such as 127.0.0.1:9000, or a scenario with `api: guide`", target, s.Name)
	}
	if s.Restarts() {
		return fmt.Errorf("scenario %s restarts the server: rtbench restarts only reference servers that it starts itself; expected no target, or an event with run, such as {run: [docker, restart, chat]}", s.Name)
	}
	s.Target = target
	return nil
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
		w := customProtocol(name)
		if slices.Contains(proto.SchemeNames(w), a.scheme) {
			fitting = append(fitting, name)
		}
		schemes = append(schemes, proto.SchemeNames(w)...)
	}
	slices.Sort(schemes)
	if len(fitting) == 0 {
		return fmt.Errorf("no endpoint of scenario %s uses this scheme; expected a URL with one of %s://", s.Name, strings.Join(slices.Compact(schemes), "://, "))
	}
	if a.hasFragment {
		return errors.New(urlFault(customProtocol(fitting[0]), target))
	}
	for pair := range strings.SplitSeq(a.query, "&") {
		if name, value, _ := strings.Cut(pair, "="); Secretive(name) && value != "" {
			return fmt.Errorf("found a secret in the query (%s); expected it under target.query of the scenario, from ${NAME}", name)
		}
	}
	t := *s.Custom // it may be shared with a copy of the scenario
	t.Endpoints = maps.Clone(t.Endpoints)
	for _, name := range fitting {
		e := t.Endpoints[name].at(target)
		if fault := urlFault(customProtocol(name), e.URL); fault != "" {
			return errors.New(fault)
		}
		t.Endpoints[name] = e
	}
	s.Custom = &t
	s.boundStamp()
	s.Groups = slices.Clone(s.Groups)
	for i, g := range s.Groups {
		other, custom := *g, *g.Custom
		custom.Endpoints, other.Custom = t.Endpoints, &custom
		other.boundStamp()
		s.Groups[i] = &other
	}
	return nil
}

// at returns the endpoint at another URL.
func (e Endpoint) at(target string) *Endpoint {
	a, _ := cutURL(target)
	old, _ := cutURL(e.URL)
	origin := len(old.origin())
	if post, _ := cutURL(e.Post); post.origin() == old.origin() {
		e.Post = a.origin() + e.Post[origin:]
	}
	if a.path != "" || a.hasQuery {
		e.URL, e.public = target, publicURL(target, "")
		return &e
	}
	e.URL, e.public = a.origin()+e.URL[origin:], a.origin()+e.public[min(origin, len(e.public)):]
	return &e
}
