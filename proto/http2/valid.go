package http2

import (
	"slices"
	"strconv"

	"golang.org/x/net/http/httpguts"
	"golang.org/x/net/http2/hpack"
)

// checkRequest reports whether h is the header of a request (section 8.3.1), and returns
// its content-length, or -1 if it has none. connects means that it may be an extended CONNECT
// (RFC 8441, section 4).
func (h Header) checkRequest(connects bool) (length int64, ok bool) {
	length = -1
	var seen [len(pseudoFields)]bool
	regular := false
	for _, f := range h {
		if !f.IsPseudo() {
			regular = true
			if !validField(f) || f.Name == "content-length" && !setLength(&length, f.Value) {
				return length, false
			}
			continue
		}
		i := slices.Index(pseudoFields[:], f.Name)
		if regular || i < 0 || seen[i] || f.Value == "" && i < required || !httpguts.ValidHeaderFieldValue(f.Value) {
			return length, false
		}
		seen[i] = true
	}
	if seen[protocolField] && (!connects || h.Get(":method") != "CONNECT") {
		return length, false
	}
	return length, !slices.Contains(seen[:required], false)
}

// required is the number of pseudo-header fields that a request must have.
const required = 3

// pseudoFields are the pseudo-header fields of requests, the required ones first.
var pseudoFields = [...]string{":method", ":scheme", ":path", ":authority", ":protocol"}

// protocolField is the index of the field of an extended CONNECT.
const protocolField = 4

// validTrailer reports whether h may follow a body.
func (h Header) validTrailer() bool {
	for _, f := range h {
		if f.IsPseudo() || !validField(f) {
			return false
		}
	}
	return true
}

// validField reports whether f is a valid field that HTTP/2 permits (section 8.2).
func validField(f hpack.HeaderField) bool {
	switch f.Name {
	case "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade":
		return false
	case "te":
		return f.Value == "trailers"
	}
	return httpguts.ValidHeaderFieldValue(f.Value) && validName(f.Name)
}

// validName reports whether a field name is a token without capitals.
func validName(name string) bool {
	for i := range len(name) {
		if b := name[i]; 'A' <= b && b <= 'Z' || !httpguts.IsTokenRune(rune(b)) {
			return false
		}
	}
	return name != ""
}

// setLength sets length to the value of content-length. It returns false if that is invalid
// or another value was set.
func setLength(length *int64, value string) bool {
	n, err := strconv.ParseUint(value, 10, 63)
	if err != nil || *length >= 0 && *length != int64(n) {
		return false
	}
	*length = int64(n)
	return true
}
