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
	if target != nil && (target.Kind == yaml.MappingNode || onlyCustom(target.Value)) {
		return cell.Custom
	}
	for _, f := range s.Custom.keys(s) {
		if spec.Child(root, f.Name) != nil {
			return cell.Custom
		}
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
			r.Problem(n, path, ": found a text; expected a URL of ws, wss, http, https, grpc, grpcs or tcp, or keys such as {websocket: wss://host/path}")
			return
		}
	}
	if both := spec.Child(r.Root, "protocols"); names[0] == "sse" && both != nil { // http means sse, sse-h2 or both
		has := func(name string) bool {
			return slices.ContainsFunc(spec.Elements(both), func(n *yaml.Node) bool { return n.Value == name })
		}
		if names = slices.DeleteFunc([]string{"sse", "sse-h2"}, func(name string) bool { return !has(name) }); len(names) == 0 {
			names = []string{"sse"}
		}
	}
	for i, name := range names {
		before := r.Problems
		t.endpoint(urlSpecOf(name)).Read(r, path, n)
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
	s.checkCustomProtocols(r)
	s.checkConnection(r)
	s.checkMessages(r)
	if len(s.patterns()) > 1 {
		r.At("pattern", ": found %s with api: custom; expected one: write two scenarios", strings.Join(s.patterns(), ", "))
	} else {
		s.checkCustomPattern(r)
	}
	s.complete(r)
}

// checkCustomProtocols reports protocols without an endpoint.
func (s *Scenario) checkCustomProtocols(r *spec.Reader) {
	there := s.Custom.protocols()
	if len(there) == 0 {
		if r.Valid("target") {
			r.At("target", ": no protocol in it; expected one of %s with its URL, such as {websocket: wss://host/path}", strings.Join(customProtocols(), ", "))
		}
		return
	}
	if !r.Has("protocols") {
		s.Protocols = there
		return
	}
	for _, name := range s.Protocols {
		switch {
		case name == "grpc-lean":
			r.At("protocols", ": grpc-lean with api: custom; expected api: reference; did you mean \"grpc\"?")
		case s.Custom.Endpoints[name] == nil:
			r.At("protocols", ": target has no URL for %s; expected %s", name, strings.Join(there, ", "))
		}
	}
}

// checkConnection reports connection options that no endpoint supports.
func (s *Scenario) checkConnection(r *spec.Reader) {
	has := func(yes func(string, address) bool) bool {
		for _, name := range s.Custom.protocols() {
			e := s.Custom.Endpoints[name]
			if a, ok := cutURL(e.URL); !ok || yes(name, a) { // an invalid URL is reported elsewhere
				return true
			}
		}
		return len(s.Custom.Endpoints) == 0
	}
	if !has(func(_ string, a address) bool { return a.secure() }) && r.Has("target.tls") {
		r.At("target.tls", ": no URL has TLS; expected wss, https or grpcs with it")
	}
	byHTTP := func(name string, _ address) bool { return name != "tcp" && name != "grpc" }
	if !has(byHTTP) && r.Has("target.query") {
		r.At("target.query", " over grpc or tcp; expected websocket, sse or sse-h2")
	}
	for _, key := range []string{"headers", "cookies", "bearer"} {
		if !has(func(name string, _ address) bool { return name != "tcp" }) && r.Has("target."+key) {
			r.At("target."+key, " over tcp; expected a step such as {authenticate: \"${NAME}\"}")
		}
	}
	if r.Has("target.bearer") && r.Has("target.headers.authorization") {
		r.At("target.bearer", " with header Authorization; expected one of them")
	}
	if (s.Custom.TLS.Cert == "") != (s.Custom.TLS.Key == "") {
		r.At("target.tls", ": found one of cert and key; expected both")
	}
	if s.Custom.TLS.Insecure && s.Custom.TLS.CA != "" {
		r.At("target.tls.insecure", " with ca; expected one of them")
	}
	s.checkEndpoints(r)
}

// checkEndpoints reports conflicts between the keys of an endpoint.
func (s *Scenario) checkEndpoints(r *spec.Reader) {
	for _, name := range s.Custom.protocols() {
		e, at := s.Custom.Endpoints[name], "target."+name
		if len(e.Import) > 0 && len(e.Proto) == 0 {
			r.At(at+".import", " without proto; expected both")
		}
		if size := slices.Max(values(s, "payload.size", s.Size)); len(s.Custom.Messages) == 0 && s.Model != cell.ServerPaced && s.Custom.Match.By != "none" && size > e.Limit {
			r.At(at+".limit", ": found %d bytes, less than replies of %d (payload.size); expected at least that", e.Limit, size)
		}
		if e.Body != "" && e.Method == defaultMethod {
			r.At(at+".body", " with method GET; expected `method: POST`")
		}
		if uses(e.Body, "RequestNumber", "Seq", "Header") {
			r.At(at+".body", ": found a message counter; expected none, because the body is sent once per stream")
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
