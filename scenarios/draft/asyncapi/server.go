package asyncapi

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"rtbench/internal/lazyregexp"
	"rtbench/scenarios/draft"
	"rtbench/scenarios/suggest"
)

// A server is the address of the application.
type server struct {
	node  *yaml.Node
	url   string // scheme, host and path, without a slash at the end
	whole bool   // the URL is that of the channel
}

// schemes are the protocols of servers that scenarios can speak to, as URL schemes.
var schemes = map[string]string{"ws": "ws", "wss": "wss", "http": "http", "https": "https", "sse": "http"}

// server returns the first server that speaks WebSocket, or else HTTP. target replaces its address.
func (doc *document) server(d *draft.Draft, target string) (server, error) {
	list := pairs(child(doc.root, "servers"))
	var best server
	var other, skipped []string
	for _, p := range list {
		n, err := doc.resolve(p.value)
		if err != nil {
			return best, err
		}
		protocol := strings.ToLower(text(child(n, "protocol")))
		scheme := schemes[protocol]
		if scheme == "" {
			other = append(other, cmp.Or(protocol, "none"))
			continue
		}
		if best.node != nil && (strings.HasPrefix(best.url, "ws") || !strings.HasPrefix(scheme, "ws")) {
			skipped = append(skipped, p.key.Value)
			continue
		}
		best = server{node: n, url: scheme + "://"}
	}
	if target == "" && best.node != nil {
		scheme, _, _ := strings.Cut(best.url, "://")
		var err error
		if best.url, err = doc.address(d, best.node, scheme); err != nil {
			return best, err
		}
	}
	if len(skipped) > 0 && target == "" {
		d.Note("not used: servers " + strings.Join(skipped, ", ") + "; choose one with --target URL")
	}
	switch {
	case target != "":
		u, err := url.Parse(target)
		best.url, best.whole = strings.TrimSuffix(target, "/"), err == nil && strings.Trim(u.Path, "/") != ""
		return best, nil
	case best.node != nil:
		return best, nil
	case len(other) > 0:
		slices.Sort(other)
		return best, doc.errorf(child(doc.root, "servers"), "servers: found protocols %s; expected ws, wss, http or https, or the server's URL as --target", strings.Join(slices.Compact(other), ", "))
	}
	return best, doc.errorf(doc.root, "found no servers; expected the server's URL as --target, such as --target wss://host")
}

// address returns the URL of a server without a slash at the end.
func (doc *document) address(d *draft.Draft, n *yaml.Node, scheme string) (string, error) {
	where := cmp.Or(child(n, "url"), child(n, "host"), n)
	address := text(child(n, "url"))
	if doc.three {
		address = text(child(n, "host")) + text(child(n, "pathname"))
	}
	address, err := doc.filled(d, address, child(n, "variables"), "SERVER")
	if err != nil {
		return "", err
	}
	if _, rest, ok := strings.Cut(address, "://"); ok {
		address = rest
	}
	address = strings.TrimRight(address, "/")
	if u, err := url.Parse(scheme + "://" + variables.ReplaceAllString(address, "x")); err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return "", doc.errorf(where, "found the address %q; expected a host such as api.example.org:443", text(where))
	}
	return scheme + "://" + address, nil
}

var (
	braces    = lazyregexp.New(`\{([^{}]*)\}`)
	variables = lazyregexp.New(`\$\{[A-Z0-9_]+\}`)
)

// filled replaces {name} in an address: by the default of the variable or parameter, by the first of
// its values, or by an environment variable.
func (doc *document) filled(d *draft.Draft, address string, parameters *yaml.Node, kind string) (string, error) {
	var fault error
	out := braces.ReplaceAllStringFunc(address, func(text string) string {
		name := text[1 : len(text)-1]
		n, err := doc.resolve(child(parameters, name))
		if err != nil {
			fault = err
			return ""
		}
		if value := firstValue(n); value != "" {
			d.Note("{" + name + "} in the address is " + value)
			return url.PathEscape(value)
		}
		return d.Secrets.Hide(kind, name, kind+"{"+name+"}")
	})
	return out, fault
}

// firstValue returns a constant that a schema, a variable or a parameter names.
func firstValue(n *yaml.Node) string {
	for _, from := range []*yaml.Node{n, child(n, "schema")} {
		for _, key := range []string{"default", "const", "example"} {
			if v := text(child(from, key)); v != "" {
				return v
			}
		}
		for _, key := range []string{"enum", "examples"} {
			if list := items(child(from, key)); len(list) > 0 && text(list[0]) != "" {
				return text(list[0])
			}
		}
	}
	return ""
}

// addSecurity adds credentials as variables.
func (doc *document) addSecurity(d *draft.Draft, s server) error {
	for _, name := range doc.schemesOf(s) {
		n, err := doc.resolve(name)
		if err != nil {
			return err
		}
		key, in := text(child(n, "name")), text(child(n, "in"))
		switch kind := strings.ToLower(text(child(n, "type"))); {
		case kind == "http" && strings.EqualFold(text(child(n, "scheme")), "basic"), kind == "userpassword":
			d.AddTarget("headers", "", draft.Key{Name: "Authorization", Value: draft.Text("Basic " + d.Secrets.Hide("BASIC", "credentials", "security:basic"))})
		case kind == "http", kind == "oauth2", kind == "openidconnect":
			d.Secrets.Hide("BEARER", "token", "security:bearer")
			d.AddTarget("bearer", "", draft.Key{Name: "env", Value: draft.Text("BEARER_TOKEN")})
		case kind == "httpapikey" && in == "query", kind == "httpapikey" && in == "cookie", kind == "httpapikey" && in == "header":
			place := map[string]string{"query": "query", "cookie": "cookies", "header": "headers"}[in]
			if key == "" {
				return doc.errorf(n, "found httpApiKey without a name; expected `name`")
			}
			variable := d.Secrets.Hide(strings.ToUpper(in), key, "security:"+in+":"+key)
			d.AddTarget(place, "", draft.Key{Name: key, Value: draft.Text(variable)})
		default:
			d.Note("left out: security of type " + cmp.Or(kind, "unknown") + "; add what the server needs under target")
			continue
		}
		return nil // schemes are alternatives
	}
	return nil
}

// schemesOf returns the security schemes of a server: of version 2 by name, of version 3 in place.
func (doc *document) schemesOf(s server) (out []*yaml.Node) {
	for _, item := range items(child(s.node, "security")) {
		if doc.three {
			out = append(out, item)
			continue
		}
		for _, name := range names(item) {
			if n := child(child(child(doc.root, "components"), "securitySchemes"), name); n != nil {
				out = append(out, n)
			}
		}
	}
	return out
}

// nearestKey suggests a key of a mapping.
func nearestKey(n *yaml.Node, typed string) string {
	if near := suggest.Nearest(typed, names(n)); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}
