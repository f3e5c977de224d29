package framing

import "bytes"

// HeadLength returns the length of the head of an HTTP/1.1 message at the start of b, with
// the empty line; 0 if it is incomplete. The head does not end before from. Lines may end
// with LF alone (RFC 9112, section 2.2).
func HeadLength(b []byte, from int) int {
	for {
		i := bytes.IndexByte(b[from:], '\n')
		if i < 0 {
			return 0
		}
		from += i + 1
		rest := b[from:]
		switch {
		case len(rest) > 0 && rest[0] == '\n':
			return from + 1
		case len(rest) > 1 && rest[0] == '\r' && rest[1] == '\n':
			return from + 2
		}
	}
}
