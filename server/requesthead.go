package server

import (
	"bytes"
	"errors"
	"io"
	"net"
	"time"
)

// errHeadTooLong is readHead's error for a head above the limit.
var errHeadTooLong = errors.New("request head is too long")

// headTooLongResponse is sent here, since no library has seen the request.
const headTooLongResponse = "HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

// readFirstHead reads the head of a connection's first request. It sets the handshake
// deadline and leaves it set. After an error the connection must only be closed.
func (s *Server) readFirstHead(nc net.Conn) (head, rest []byte, err error) {
	_ = nc.SetDeadline(time.Now().Add(s.cfg.HandshakeTimeout))
	if head, rest, err = readHead(nc, s.cfg.MaxHeader); errors.Is(err, errHeadTooLong) {
		_, _ = io.WriteString(nc, headTooLongResponse)
	}
	return head, rest, err
}

// readHead reads an HTTP/1.1 request of at most limit bytes up to the empty line. rest
// holds the bytes read after it; it follows head in the same array.
func readHead(r io.Reader, limit int) (head, rest []byte, err error) {
	buf := make([]byte, 0, 1024)
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		before := len(buf)
		n, err := r.Read(buf[before:cap(buf)])
		buf = buf[:before+n]
		end := endOfHead(buf, max(0, before-3))
		switch {
		case end > limit, end == 0 && len(buf) >= limit:
			return nil, nil, errHeadTooLong
		case end > 0:
			return buf[:end], buf[end:], nil
		case err != nil:
			return nil, nil, err
		}
	}
}

// endOfHead returns the length of the head in b, whose end is not before from; 0 if it is
// incomplete. Lines may end with LF alone (RFC 9112, section 2.2).
func endOfHead(b []byte, from int) int {
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
