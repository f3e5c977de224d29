package scenarios

import (
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"rtbench/proto"
)

// server is the model of a load whose pace the server sets.
const server = "server"

// inferAPI finds out the contract, before all else is checked.
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

// target reads a target of contract own that is a URL alone: its scheme says the
// protocol.
func (o *Target) target(r *reader, path string, n *yaml.Node) {
	a, _ := cutURL(n.Value)
	names := []string{protocolOf(a.scheme)}
	if names[0] == "" {
		names[0] = "websocket"
		if _, fromVariable := r.written[n]; fromVariable || isNull(n) || n.Kind != yaml.ScalarNode {
			r.problem(n, "%s: %s is no URL; expected one of ws, wss, http, https, grpc, grpcs and tcp, or keys such as {websocket: wss://host/path}", path, r.kindOf(n))
			return
		}
	}
	if both := child(r.root, "protocols"); names[0] == "sse" && both != nil { // http is of two
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
			r.problems = r.problems[:before] // the first has told them
		}
	}
}

// checkCustom finds what does not go together of a server of the user's own, and completes
// what is said of it.
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
		r.problemAt("pattern", "pattern: %s with api: custom; expected one, which the messages are of: write two scenarios", strings.Join(s.Pattern, ", "))
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

// checkCustomProtocols: those that target has a way to.
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
			r.problemAt("protocols", "protocols: grpc-lean with api: custom, which speaks to rtbench's own servers alone; did you mean \"grpc\"?")
		case s.Custom.Endpoints[name] == nil:
			r.problemAt("protocols", "protocols: %s, and target has no URL for it; expected of %s", name, strings.Join(there, ", "))
		}
	}
}

// checkCustomKeys: what the user's server does not have of rtbench's.
func (s *Scenario) checkCustomKeys(r *reader) {
	if r.has("tls") {
		r.problemAt("tls", "tls: an axis of rtbench's own servers; expected none with api: custom, whose URLs say it (wss, https, grpcs); certificates go under target.tls")
	}
	if r.has("engine") {
		r.problemAt("engine", "engine: of rtbench's own servers; expected none with api: custom")
	}
	if r.has("path") {
		r.problemAt("path", "path: of the guide's API; expected it in the URL, such as wss://host/path")
	}
}

// checkConnection: what is shown to the server must be of its protocols.
func (s *Scenario) checkConnection(r *reader) {
	has := func(yes func(string, address) bool) bool {
		for _, name := range s.Custom.protocols() {
			e := s.Custom.Endpoints[name]
			if a, ok := cutURL(e.URL); !ok || yes(name, a) { // a URL that is wrong has been told
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
		r.problemAt("target.query", "target.query: of HTTP; expected websocket, sse or sse-h2 with it")
	}
	for _, key := range []string{"headers", "cookies", "bearer"} {
		if !has(func(name string, _ address) bool { return name != "tcp" }) && r.has("target."+key) {
			r.problemAt("target."+key, "target.%s: of HTTP and gRPC, and tcp has neither; expected a step such as {authenticate: \"${NAME}\"}", key)
		}
	}
	if r.has("target.bearer") && r.has("target.headers.authorization") {
		r.problemAt("target.bearer", "target.bearer: with a header Authorization; expected one of them")
	}
	if (s.Custom.TLS.Cert == "") != (s.Custom.TLS.Key == "") {
		r.problemAt("target.tls", "target.tls: cert or key alone; expected both, PEM files")
	}
	if s.Custom.TLS.Insecure && s.Custom.TLS.CA != "" {
		r.problemAt("target.tls.insecure", "target.tls.insecure: with ca; expected one of them, as nothing is verified then")
	}
	if n := r.values["target.stats"]; n != nil && n.Kind == yaml.MappingNode && len(n.Content) != 2 && r.valid("target.stats") {
		r.problemAt("target.stats", "target.stats: found %d keys; expected one of pid, prometheus and rtbench", len(n.Content)/2)
	}
	s.checkEndpoints(r)
}

// checkEndpoints: keys of one protocol against each other.
func (s *Scenario) checkEndpoints(r *reader) {
	for _, name := range s.Custom.protocols() {
		e, at := s.Custom.Endpoints[name], "target."+name
		if len(e.Import) > 0 && len(e.Proto) == 0 {
			r.problemAt(at+".import", "%s.import: without proto; expected the .proto files too, as else the server is asked", at)
		}
		if n := s.Payload.Size; len(s.Custom.Messages) == 0 && !slices.Contains(s.Load.Model, server) && s.Custom.Match.By != "none" && len(n) > 0 && slices.Max(n) > e.Limit {
			r.problemAt(at+".limit", "%s.limit: %d bytes, and messages have %d (payload.size), which come back; expected a limit of that much", at, e.Limit, slices.Max(n))
		}
		if e.Body != "" && e.Method == endpointDefaults(name).Method {
			r.problemAt(at+".body", "%s.body: with method GET, which has none; expected `method: POST`", at)
		}
		if uses(e.Body, "RequestNumber", "Seq", "Header") {
			r.problemAt(at+".body", "%s.body: what counts messages in it; expected it without, as it is sent once, to open the stream", at)
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

// complete fills in what depends on the rest.
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

// boundStamp says how far the server's clock may be, where the scenario does not: it is
// this machine's clock where every address is.
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
