package faulty

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// maxMessage is the size limit for incoming messages, in bytes.
const maxMessage = 1 << 20

var errTooLong = errors.New("the message is too long")

// A tcpTransport carries messages as lines or with a length prefix.
type tcpTransport struct {
	c              *conn
	r              *bufio.Reader
	lengthPrefixed bool
}

func (s *Server) serveTCP(c *conn) {
	s.serveStream(&stream{c: c, transport: &tcpTransport{c: c, r: bufio.NewReader(c), lengthPrefixed: s.Fault.LengthPrefixed}}, "")
	closeGracefully(c)
}

func (t *tcpTransport) next() ([]byte, error) {
	if t.lengthPrefixed {
		return readLength(t.r)
	}
	var line []byte
	for {
		part, err := t.r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return bytes.TrimSuffix(line[:len(line)-1], []byte("\r")), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		case len(line) > maxMessage:
			return nil, errTooLong
		}
	}
}

// readLength reads a 4-byte big-endian length and that many bytes.
func readLength(r io.Reader) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > maxMessage {
		return nil, errTooLong
	}
	p := make([]byte, n)
	_, err := io.ReadFull(r, p)
	return p, err
}

func (t *tcpTransport) message(_ int, p []byte) error {
	if t.lengthPrefixed {
		return t.raw(append(binary.BigEndian.AppendUint32(nil, uint32(len(p))), p...))
	}
	return t.raw(append(append([]byte(nil), p...), '\n'))
}

func (t *tcpTransport) raw(b []byte) error {
	_, err := t.c.Write(b)
	return err
}

func (t *tcpTransport) close(ending) error { return t.c.CloseWrite() }
