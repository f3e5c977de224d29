package faulty

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// mostMessage is the longest message that a server takes, in bytes.
const mostMessage = 1 << 20

var errLong = errors.New("the message is too long")

// A tcpCarrier has messages that are lines, or follow their length.
type tcpCarrier struct {
	c       *conn
	r       *bufio.Reader
	lengths bool
	n       int
}

// serveTCP serves a connection that is one stream.
func (s *Server) serveTCP(c *conn) {
	s.talk(&stream{c: c, carrier: &tcpCarrier{c: c, r: bufio.NewReader(c), lengths: s.Fault.Lengths, n: -1}}, "")
	part(c)
}

func (t *tcpCarrier) next() (int, []byte, error) {
	t.n++
	if t.lengths {
		p, err := readLength(t.r, binary.BigEndian.Uint32)
		return t.n, p, err
	}
	var line []byte
	for {
		part, err := t.r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return t.n, bytes.TrimSuffix(line[:len(line)-1], []byte("\r")), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return t.n, nil, err
		case len(line) > mostMessage:
			return t.n, nil, errLong
		}
	}
}

// readLength reads four bytes and as many more as they say.
func readLength(r io.Reader, length func([]byte) uint32) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := length(head[:])
	if n > mostMessage {
		return nil, errLong
	}
	p := make([]byte, n)
	_, err := io.ReadFull(r, p)
	return p, err
}

func (t *tcpCarrier) message(_ int, p []byte) error {
	if t.lengths {
		return t.raw(append(binary.BigEndian.AppendUint32(nil, uint32(len(p))), p...))
	}
	return t.raw(append(append([]byte(nil), p...), '\n'))
}

func (t *tcpCarrier) raw(b []byte) error {
	_, err := t.c.Write(b)
	return err
}

func (t *tcpCarrier) close(ending) error { return t.c.CloseWrite() }
