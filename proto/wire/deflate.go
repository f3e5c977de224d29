package wire

import (
	"fmt"
	"strconv"
	"strings"
)

// A Deflate is permessage-deflate (RFC 7692), as a client offers it, or as both ends have
// agreed on it. The zero value keeps windows of 32 KiB in both directions, for which one
// end of a connection holds 0.8 MB to write and 75 KB to read; with no window kept, nothing.
type Deflate struct {
	// ServerEach and ClientEach say that what the server, or the client, sends is compressed
	// message by message, with no window kept (no_context_takeover).
	ServerEach, ClientEach bool
	// ServerBits and ClientBits are the logarithms of the windows of what the server, or the
	// client, sends: 8 to 15; 0 means 15.
	ServerBits, ClientBits int
}

const (
	minWindowBits = 8
	maxWindowBits = 15

	deflateName = "permessage-deflate"
)

// What ends the data of a message: an empty block, of which the last four bytes are not
// sent (section 7.2.1). Behind them a reader is given a block that is marked as the last,
// so that it knows the end. A message of nothing is one byte (section 7.2.3.6).
var (
	syncTail    = []byte("\x00\x00\xff\xff")
	inflateTail = []byte("\x00\x00\xff\xff\x01\x00\x00\xff\xff")
	emptyBlock  = []byte("\x00")
)

func windowBits(n int) int {
	if n == 0 {
		return maxWindowBits
	}
	return n
}

// deflatedLimit is how long a message of limit bytes may be that compression has made
// longer: a quarter is more than any compressor adds.
func deflatedLimit(limit int) int { return limit + limit/4 + 64 }

// Offer is the client's Sec-WebSocket-Extensions (section 7.1). It lets the server choose
// the client's window.
func (d *Deflate) Offer() string {
	offer := *d
	offer.ClientBits = 0
	return offer.String() + "; client_max_window_bits"
}

// String is d as a server agrees to it.
func (d *Deflate) String() string {
	var b strings.Builder
	b.WriteString(deflateName)
	if d.ServerEach {
		b.WriteString("; server_no_context_takeover")
	}
	if d.ClientEach {
		b.WriteString("; client_no_context_takeover")
	}
	if d.ServerBits != 0 {
		fmt.Fprintf(&b, "; server_max_window_bits=%d", d.ServerBits)
	}
	if d.ClientBits != 0 {
		fmt.Fprintf(&b, "; client_max_window_bits=%d", d.ClientBits)
	}
	return b.String()
}

// ParseDeflate reads what a server has agreed to: its Sec-WebSocket-Extensions, where offer
// was offered; nil means nothing was. It is nil where the server agreed to nothing. The
// error says what it may not answer.
func ParseDeflate(header string, offer *Deflate) (*Deflate, error) {
	if strings.TrimSpace(header) == "" {
		return nil, nil
	}
	if offer == nil {
		return nil, fmt.Errorf("the server chose extension %q, and none was offered", shown(header))
	}
	name, rest, _ := strings.Cut(header, ";")
	if !strings.EqualFold(strings.TrimSpace(name), deflateName) || strings.ContainsRune(header, ',') {
		return nil, fmt.Errorf("the server chose extensions %q, expected %s alone", shown(header), deflateName)
	}
	// What the client may always do it goes on doing, whether the server says it or not.
	d := &Deflate{ClientEach: offer.ClientEach}
	seen := map[string]bool{}
	for rest != "" {
		var param string
		param, rest, _ = strings.Cut(rest, ";")
		key, value, _ := strings.Cut(param, "=")
		key, value = strings.ToLower(strings.TrimSpace(key)), strings.Trim(strings.TrimSpace(value), `"`)
		if seen[key] || !d.set(key, value) {
			return nil, fmt.Errorf("the server agreed to %s with parameter %q, which RFC 7692 does not have so", deflateName, shown(strings.TrimSpace(param)))
		}
		seen[key] = true
	}
	return d, nil
}

// set takes one parameter of a server's; false where it is none.
func (d *Deflate) set(key, value string) bool {
	switch key {
	case "server_no_context_takeover":
		d.ServerEach = true
		return value == ""
	case "client_no_context_takeover":
		d.ClientEach = true
		return value == ""
	case "server_max_window_bits":
		return parseWindowBits(value, &d.ServerBits)
	case "client_max_window_bits":
		return parseWindowBits(value, &d.ClientBits)
	}
	return false
}

func parseWindowBits(value string, bits *int) bool {
	n, err := strconv.Atoi(value)
	*bits = n
	return err == nil && n >= minWindowBits && n <= maxWindowBits && strconv.Itoa(n) == value
}

// shown is the beginning of what a peer said, on one line.
func shown(s string) string { return printable(s[:min(len(s), 200)]) }
