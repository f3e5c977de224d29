package scenarios

import (
	"cmp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"rtbench/proto"
	"rtbench/scenarios/cell"
	"rtbench/scenarios/spec"
)

// inferAPI determines the API and the load model, before other checks.
func (s *Scenario) inferAPI(r *spec.Reader) {
	if n := r.Value("target"); n != nil && n.Kind == yaml.MappingNode {
		if r.Valid("api") && s.API != cell.Custom {
			r.At("api", ": %s with a target of keys and values; expected `api: custom`, or a target that is an address", s.API)
		}
		s.API = cell.Custom
	} else if !r.Has("api") {
		s.API = s.apiOf(r)
	}
	if s.API == cell.Custom && slices.Equal(s.patterns(), []string{string(proto.Push)}) {
		s.clear("load.model")
		s.Model = cell.ServerPaced
	}
}

// apiOf returns the API of a scenario: the value of key api, else the one that other keys imply.
// Only a custom target has messages, a URL with a path, or keys; only the guide has path.
func (s *Scenario) apiOf(r *spec.Reader) string {
	root := r.Root
	if api := cmp.Or(spec.Child(root, "api"), r.Value("api")); api != nil && api.Kind == yaml.ScalarNode {
		return api.Value
	}
	target := spec.Child(root, "target")
	if target != nil && (target.Kind == yaml.MappingNode || OnlyCustom(target.Value)) {
		return cell.Custom
	}
	implies := func(k spec.Key) bool { return spec.Child(root, k.Name) != nil }
	if s.groupIsCustom || slices.ContainsFunc(s.Custom.keys(s), implies) {
		return cell.Custom
	}
	if spec.Child(root, "path") != nil {
		return cell.Guide
	}
	return cell.Reference
}

// target reads a target that is a single URL; its scheme selects the protocol.
func (t *Target) target(r *spec.Reader, path string, n *yaml.Node) {
	a, _ := cutURL(n.Value)
	names := []string{protocolOf(a.scheme)}
	if names[0] == "" {
		names[0] = "websocket"
		if r.FromVariable(n) {
			r.Problem(n, path, ": found a text; expected a URL of ws, wss, http, https, grpc, grpcs, mqtt, mqtts or tcp, or keys such as {websocket: wss://host/path}")
			return
		}
	}
	if named := spec.Child(r.Root, "protocols"); named != nil { // http may mean sse, sse-h2 or both
		var both []string
		for _, n := range spec.Elements(named) {
			if p := customProtocol(n.Value); slices.Contains(proto.SchemeNames(p), a.scheme) {
				both = append(both, n.Value)
			}
		}
		if len(both) > 0 {
			names = both
		}
	}
	for i, name := range names {
		before := r.Problems
		t.endpoint(customProtocol(name)).Read(r, path, n)
		if i > 0 {
			r.Problems = before // reported for the first
		}
	}
}

// checkCustom reports conflicts between the keys of a custom target and fills in defaults.
func (s *Scenario) checkCustom(r *spec.Reader) {
	if !r.Has("target") {
		key := "api"
		if i := slices.IndexFunc(s.Custom.keys(s), func(k spec.Key) bool { return r.Has(k.Name) }); i >= 0 && !r.Has("api") {
			key = s.Custom.keys(s)[i].Name
		}
		r.At(key, " without a target; expected the server's URL, such as `target: wss://host/path`")
	}
	s.Custom.Opening = slices.Concat(s.Custom.Handshake, s.Custom.Opening)
	s.expandValues(r)
	s.checkCustomProtocols(r)
	s.checkEndpoints(r)
	s.checkResolve(r)
	s.checkMessages(r)
	s.checkBackground(r)
	s.checkTexts(r)
	if len(s.patterns()) > 1 {
		r.At("pattern", ": found %s with api: custom; expected one: write two scenarios", strings.Join(s.patterns(), ", "))
	} else {
		s.checkCustomPattern(r)
		s.checkTopics(r)
	}
	s.complete(r)
}

// checkCustomProtocols reports protocols without an endpoint.
func (s *Scenario) checkCustomProtocols(r *spec.Reader) {
	there := s.Custom.protocols()
	if len(there) == 0 {
		if r.Valid("target") {
			r.At("target", ": no protocol in it; expected one of %s with its URL, such as {websocket: wss://host/path}", spec.Names(s.Custom.targetKeys()[:len(customProtocols)]))
		}
		return
	}
	if !r.Has("protocols") {
		s.Protocols = there
		return
	}
	for _, name := range s.Protocols {
		if s.Custom.Endpoints[name] == nil {
			r.At("protocols", ": target has no URL for %s; expected %s", name, strings.Join(there, ", "))
		}
	}
}

// checkEndpoints reports endpoints that do not fit the other keys.
func (s *Scenario) checkEndpoints(r *spec.Reader) {
	for _, name := range s.Custom.protocols() {
		e, at := s.Custom.Endpoints[name], "target."+name
		if size := slices.Max(values(s, "payload.size", s.Size)); len(s.Custom.Messages) == 0 && s.Model != cell.ServerPaced && s.Custom.Match.By != "none" && size > e.Limit {
			r.At(at+".limit", ": found %d bytes, less than replies of %d (payload.size); expected at least that", e.Limit, size)
		}
		if name == "grpc" {
			for _, p := range s.Custom.Headers {
				if lower := strings.ToLower(p.Name); strings.HasPrefix(lower, "grpc-") || lower == "content-type" {
					r.At("target.headers."+lower, ": reserved by gRPC; expected another name")
				}
			}
		}
	}
}

// complete fills in defaults that depend on other keys.
func (s *Scenario) complete(r *spec.Reader) {
	if !r.Has("payload.encoding") {
		s.Encoding = "text"
	}
	s.clear("tls")
	s.TLS = false
	s.openBound = !r.Has("stamp.bound")
	s.boundStamp()
}

// boundStamp sets the default bound of the server's clock: 0 if all addresses are loopback.
func (s *Scenario) boundStamp() {
	if !s.openBound || s.Custom.Stamp.Field == "" {
		return
	}
	s.Custom.Stamp.Bound = 0
	for _, e := range s.Custom.Endpoints {
		if a, _ := cutURL(e.URL); !a.loopback() {
			s.Custom.Stamp.Bound = -1
		}
	}
}
