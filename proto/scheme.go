package proto

import "slices"

// A Scheme is a URL scheme of the protocols.
type Scheme struct {
	Name     string
	Port     string // default; empty: URLs need one
	TLS      bool
	Protocol string // the first that uses it; set by SchemeByName
}

// withTLS returns a scheme and the one with TLS, with the ports of HTTP.
func withTLS(name string) []Scheme {
	return []Scheme{{Name: name, Port: "80"}, {Name: name + "s", Port: "443", TLS: true}}
}

// onlyTLS returns a scheme with TLS, with the port of HTTPS.
func onlyTLS(name string) []Scheme { return []Scheme{{Name: name, Port: "443", TLS: true}} }

// SchemeByName returns the scheme of that name in lower case; the zero Scheme if unknown.
func SchemeByName(name string) Scheme {
	for _, p := range Protocols {
		for _, s := range p.Schemes {
			if s.Name == name {
				s.Protocol = p.Name
				return s
			}
		}
	}
	return Scheme{}
}

// SchemeNames lists the schemes of some protocols, each once.
func SchemeNames(protocols ...Protocol) (names []string) {
	for _, p := range protocols {
		for _, s := range p.Schemes {
			if !slices.Contains(names, s.Name) {
				names = append(names, s.Name)
			}
		}
	}
	return names
}
