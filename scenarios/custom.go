package scenarios

import (
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"rtbench/proto"
)

// server is the load model with a pace set by the server.
const server = "server"

// inferAPI determines the API and the load model, before other checks.
func (s *Scenario) inferAPI(r *reader) {
	if n := r.values["target"]; n != nil && n.Kind == yaml.MappingNode {
		if r.valid("api") && s.API != custom {
			r.problemAt("api", "api: %s with a target of keys and values; expected `api: custom`, or a target that is an address", s.API)
		}
		s.API = custom
	} else if !r.has("api") {
		s.API = s.apiOf(r.root)
	}
	if s.API == custom && slices.Equal(s.Pattern, []string{string(proto.Push)}) {
		s.Load.Model, s.Load.Arrivals = []string{server}, nil
	}
}

// target reads a target that is a single URL; its scheme selects the protocol.
func (o *Target) target(r *reader, path string, n *yaml.Node) {
	a, _ := cutURL(n.Value)
	names := []string{protocolOf(a.scheme)}
	if names[0] == "" {
		names[0] = "websocket"
		if _, fromVariable := r.written[n]; fromVariable || isNull(n) || n.Kind != yaml.ScalarNode {
			r.problem(n, "%s: found %s; expected a URL of ws, wss, http, https, grpc, grpcs or tcp, or keys such as {websocket: wss://host/path}", path, r.kindOf(n))
			return
		}
	}
	if both := child(r.root, "protocols"); names[0] == "sse" && both != nil { // http means sse, sse-h2 or both
		items := append([]*yaml.Node{both}, both.Content...)
		has := func(name string) bool {
			return slices.ContainsFunc(items, func(n *yaml.Node) bool { return n.Value == name })
		}
		if names = slices.DeleteFunc([]string{"sse", "sse-h2"}, func(name string) bool { return !has(name) }); len(names) == 0 {
			names = []string{"sse"}
		}
	}
	for i, name := range names {
		before := len(r.problems)
		o.endpoint(urlSpecOf(name)).read(r, path, n)
		if i > 0 {
			r.problems = r.problems[:before] // reported for the first
		}
	}
}

// checkCustom reports conflicts between the keys of a custom target and fills in defaults.
func (s *Scenario) checkCustom(r *reader) {
	if s.API != custom {
		for _, f := range s.Custom.keys() {
			if r.has(f.name) {
				r.problemAt(f.name, "%s with api: %s; expected `api: custom` with it, and the server's URL under target", f.name, s.API)
			}
		}
		return
	}
	if !r.has("target") {
		r.problemAt(s.customKey(r), "%s without a target; expected the server's URL, such as `target: wss://host/path`", s.customKey(r))
	}
	s.checkCustomProtocols(r)
	s.checkCustomKeys(r)
	s.checkConnection(r)
	s.checkMessages(r)
	if len(s.Pattern) > 1 {
		r.problemAt("pattern", "pattern: found %s with api: custom; expected one: write two scenarios", strings.Join(s.Pattern, ", "))
	} else {
		s.checkCustomPattern(r)
	}
	s.complete(r)
}

// customKey returns the first key in the file that only a custom API has.
func (s *Scenario) customKey(r *reader) string {
	for _, f := range s.Custom.keys() {
		if !r.has("api") && r.has(f.name) {
			return f.name
		}
	}
	return "api"
}

// checkCustomProtocols reports protocols without an endpoint.
func (s *Scenario) checkCustomProtocols(r *reader) {
	there := s.Custom.protocols()
	if len(there) == 0 {
		if r.valid("target") {
			r.problemAt("target", "target: no protocol in it; expected one of %s with its URL, such as {websocket: wss://host/path}", strings.Join(customProtocols(), ", "))
		}
		return
	}
	if !r.has("protocols") {
		s.Protocols = there
		return
	}
	for _, name := range s.Protocols {
		switch {
		case name == "grpc-lean":
			r.problemAt("protocols", "protocols: grpc-lean with api: custom; expected api: reference; did you mean \"grpc\"?")
		case s.Custom.Endpoints[name] == nil:
			r.problemAt("protocols", "protocols: target has no URL for %s; expected %s", name, strings.Join(there, ", "))
		}
	}
}

// checkCustomKeys reports keys of the other APIs.
func (s *Scenario) checkCustomKeys(r *reader) {
	if r.has("tls") {
		r.problemAt("tls", "tls with api: custom; expected wss, https or grpcs in the URLs, and certificates under target.tls")
	}
	if r.has("engine") {
		r.problemAt("engine", "engine with api: custom; expected api: reference")
	}
	if r.has("path") {
		r.problemAt("path", "path with api: custom; expected it in the URL, such as wss://host/path")
	}
}

// checkConnection reports connection options that no endpoint supports.
func (s *Scenario) checkConnection(r *reader) {
	has := func(yes func(string, address) bool) bool {
		for _, name := range s.Custom.protocols() {
			e := s.Custom.Endpoints[name]
			if a, ok := cutURL(e.URL); !ok || yes(name, a) { // an invalid URL is reported elsewhere
				return true
			}
		}
		return len(s.Custom.Endpoints) == 0
	}
	if !has(func(_ string, a address) bool { return a.secure() }) && r.has("target.tls") {
		r.problemAt("target.tls", "target.tls: no URL has TLS; expected wss, https or grpcs with it")
	}
	byHTTP := func(name string, _ address) bool { return name != "tcp" && name != "grpc" }
	if !has(byHTTP) && r.has("target.query") {
		r.problemAt("target.query", "target.query over grpc or tcp; expected websocket, sse or sse-h2")
	}
	for _, key := range []string{"headers", "cookies", "bearer"} {
		if !has(func(name string, _ address) bool { return name != "tcp" }) && r.has("target."+key) {
			r.problemAt("target."+key, "target.%s over tcp; expected a step such as {authenticate: \"${NAME}\"}", key)
		}
	}
	if r.has("target.bearer") && r.has("target.headers.authorization") {
		r.problemAt("target.bearer", "target.bearer with header Authorization; expected one of them")
	}
	if (s.Custom.TLS.Cert == "") != (s.Custom.TLS.Key == "") {
		r.problemAt("target.tls", "target.tls: found one of cert and key; expected both")
	}
	if s.Custom.TLS.Insecure && s.Custom.TLS.CA != "" {
		r.problemAt("target.tls.insecure", "target.tls.insecure with ca; expected one of them")
	}
	if n := r.values["target.stats"]; n != nil && n.Kind == yaml.MappingNode && len(n.Content) != 2 && r.valid("target.stats") {
		r.problemAt("target.stats", "target.stats: found %d keys; expected one of pid, prometheus and rtbench", len(n.Content)/2)
	}
	s.checkEndpoints(r)
}

// checkEndpoints reports conflicts between the keys of an endpoint.
func (s *Scenario) checkEndpoints(r *reader) {
	for _, name := range s.Custom.protocols() {
		e, at := s.Custom.Endpoints[name], "target."+name
		if len(e.Import) > 0 && len(e.Proto) == 0 {
			r.problemAt(at+".import", "%s.import without proto; expected both", at)
		}
		if n := s.Payload.Size; len(s.Custom.Messages) == 0 && !slices.Contains(s.Load.Model, server) && s.Custom.Match.By != "none" && len(n) > 0 && slices.Max(n) > e.Limit {
			r.problemAt(at+".limit", "%s.limit: found %d bytes, less than replies of %d (payload.size); expected at least that", at, e.Limit, slices.Max(n))
		}
		if e.Body != "" && e.Method == endpointDefaults(name).Method {
			r.problemAt(at+".body", "%s.body with method GET; expected `method: POST`", at)
		}
		if uses(e.Body, "RequestNumber", "Seq", "Header") {
			r.problemAt(at+".body", "%s.body: found a message counter; expected none, because the body is sent once per stream", at)
		}
		if name == "grpc" {
			for _, p := range s.Custom.Headers {
				if lower := strings.ToLower(p.Name); strings.HasPrefix(lower, "grpc-") || lower == "content-type" {
					r.problemAt("target.headers."+lower, "target.headers.%s: reserved by gRPC; expected another name", p.Name)
				}
			}
		}
	}
}

// complete fills in defaults that depend on other keys.
func (s *Scenario) complete(r *reader) {
	if !r.has("stall") {
		s.Custom.Stall = time.Second
	}
	if !r.has("reconnect") {
		s.Custom.Reconnect = true
	}
	if !r.has("payload.encoding") {
		s.Payload.Encoding = []string{"text"}
	}
	s.TLS = nil
	s.openBound = !r.has("stamp.bound")
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
