package server

import (
	"errors"
	"io"
	"net"
	"time"

	"rtbench/proto/framing"
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
		end := framing.HeadLength(buf, max(0, before-3))
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
