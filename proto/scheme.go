package proto

// A Scheme is a URL scheme of the protocols.
type Scheme struct {
	Name     string
	Protocol string // the first that uses it
	Port     string // default; empty: URLs need one
	TLS      bool
}

var schemes = []Scheme{
	{"ws", "websocket", "80", false},
	{"wss", "websocket", "443", true},
	{"http", "sse", "80", false},
	{"https", "sse", "443", true},
	{"grpc", "grpc", "80", false},
	{"grpcs", "grpc", "443", true},
	{"tcp", "tcp", "", false},
}

// SchemeByName returns the scheme of that name in lower case; the zero Scheme if unknown.
func SchemeByName(name string) Scheme {
	for _, s := range schemes {
		if s.Name == name {
			return s
		}
	}
	return Scheme{}
}

// SchemeNames lists the names of the schemes.
func SchemeNames() []string {
	names := make([]string, len(schemes))
	for i, s := range schemes {
		names[i] = s.Name
	}
	return names
}
