// Package deflate implements permessage-deflate, the compression extension of WebSocket
// (RFC 7692): its negotiation, and the compression of whole messages.
package deflate

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Params are the parameters of permessage-deflate, as offered by a client or as agreed
// by both ends. The zero value keeps windows of 32 KiB in both directions. Each end of
// a connection then holds 0.8 MB to write and 75 KB to read; without windows it holds
// nothing.
type Params struct {
	// ServerNoContext and ClientNoContext mean that the server, or the client, compresses
	// each message independently and keeps no window (no_context_takeover).
	ServerNoContext, ClientNoContext bool
	// ServerBits and ClientBits are the binary logarithms of the window sizes of the
	// server's and the client's messages: 8 to 15; 0 means 15.
	ServerBits, ClientBits int
}

const (
	minWindowBits = 8
	maxWindowBits = 15

	extension = "permessage-deflate"
)

// window returns the logarithm of the window size for the client's or the server's messages, and
// whether they are compressed independently.
func (p *Params) window(client bool) (bits int, noContext bool) {
	bits, noContext = p.ServerBits, p.ServerNoContext
	if client {
		bits, noContext = p.ClientBits, p.ClientNoContext
	}
	return cmp.Or(bits, maxWindowBits), noContext
}

// MaxCompressed returns the size limit of a compressed message whose original may have
// limit bytes. No compressor adds more than a quarter.
func MaxCompressed(limit int) int { return limit + limit/4 + 64 }

// Offer returns p as a client's Sec-WebSocket-Extensions (section 7.1). It lets the
// server choose the client's window.
func (p *Params) Offer() string {
	offer := *p
	offer.ClientBits = 0
	return offer.String() + "; client_max_window_bits"
}

// String returns p as a server's Sec-WebSocket-Extensions.
func (p *Params) String() string {
	var b strings.Builder
	b.WriteString(extension)
	if p.ServerNoContext {
		b.WriteString("; server_no_context_takeover")
	}
	if p.ClientNoContext {
		b.WriteString("; client_no_context_takeover")
	}
	if p.ServerBits != 0 {
		fmt.Fprintf(&b, "; server_max_window_bits=%d", p.ServerBits)
	}
	if p.ClientBits != 0 {
		fmt.Fprintf(&b, "; client_max_window_bits=%d", p.ClientBits)
	}
	return b.String()
}

// Parse returns the parameters of header, a server's Sec-WebSocket-Extensions in answer
// to offer. A nil offer means no offer; nil Params mean no compression. The error
// describes an answer that RFC 7692 does not allow.
func Parse(header string, offer *Params) (*Params, error) {
	if strings.TrimSpace(header) == "" {
		return nil, nil
	}
	if offer == nil {
		return nil, fmt.Errorf("the server chose extension %q; none was offered", prefix(header))
	}
	name, rest, _ := strings.Cut(header, ";")
	if !strings.EqualFold(strings.TrimSpace(name), extension) || strings.ContainsRune(header, ',') {
		return nil, fmt.Errorf("the server chose extensions %q; expected only %s", prefix(header), extension)
	}
	// A client may compress messages independently even if the server does not confirm
	// it.
	p := &Params{ClientNoContext: offer.ClientNoContext}
	seen := map[string]bool{}
	for rest != "" {
		var param string
		param, rest, _ = strings.Cut(rest, ";")
		key, value, _ := strings.Cut(param, "=")
		key, value = strings.ToLower(strings.TrimSpace(key)), strings.Trim(strings.TrimSpace(value), `"`)
		if seen[key] || !p.set(key, value) {
			return nil, fmt.Errorf("the server chose %s with invalid parameter %q (RFC 7692)", extension, prefix(strings.TrimSpace(param)))
		}
		seen[key] = true
	}
	return p, nil
}

// set sets one parameter and reports whether it is valid.
func (p *Params) set(key, value string) bool {
	switch key {
	case "server_no_context_takeover":
		p.ServerNoContext = true
		return value == ""
	case "client_no_context_takeover":
		p.ClientNoContext = true
		return value == ""
	case "server_max_window_bits":
		return parseWindowBits(value, &p.ServerBits)
	case "client_max_window_bits":
		return parseWindowBits(value, &p.ClientBits)
	}
	return false
}

func parseWindowBits(value string, bits *int) bool {
	n, err := strconv.Atoi(value)
	*bits = n
	return err == nil && n >= minWindowBits && n <= maxWindowBits && strconv.Itoa(n) == value
}

// prefix limits the length of a peer's header in an error.
func prefix(s string) string { return s[:min(len(s), 200)] }
