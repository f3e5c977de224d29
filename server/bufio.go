package server

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"sync"

	"rtbench/proto"
	"rtbench/proto/framing"
)

// serveBufio serves tcp, as serveTCP does, with net and bufio.
func serveBufio(s *Server, l net.Listener) (stop func()) {
	return s.serveConns(s.secure(l), s.serveBufioConn)
}

func (s *Server) serveBufioConn(nc net.Conn) (serve func()) {
	st := &bufioStream{nc: nc, in: bufio.NewReader(nc), out: bufio.NewWriter(nc)}
	call, ok := s.acceptTCP(nc, st, s.parseRequest)
	if !ok {
		return nil
	}
	return func() {
		v := s.serve(call, st)
		proto.Receive(st, v)
		v.wait()
	}
}

// A bufioStream precedes each message with its length.
type bufioStream struct {
	undriven
	nc      net.Conn
	in      *bufio.Reader
	message []byte
	sending sync.Mutex
	out     *bufio.Writer
	ended   bool
}

// Recv implements proto.Conn.
func (st *bufioStream) Recv() ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(st.in, length[:]); err != nil {
		return nil, err
	}
	if binary.BigEndian.Uint32(length[:]) > proto.MaxSize {
		return nil, framing.ErrTooLong
	}
	n := int(binary.BigEndian.Uint32(length[:]))
	if n > cap(st.message) {
		st.message = make([]byte, n)
	}
	st.message = st.message[:n]
	_, err := io.ReadFull(st.in, st.message)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return st.message, err
}

func (st *bufioStream) Send(p []byte) error {
	st.sending.Lock()
	defer st.sending.Unlock()
	if st.ended {
		return io.ErrClosedPipe
	}
	var length [4]byte
	binary.BigEndian.PutUint32(length[:], uint32(len(p)))
	if _, err := st.out.Write(length[:]); err != nil {
		return err
	}
	if _, err := st.out.Write(p); err != nil {
		return err
	}
	return st.out.Flush()
}

func (st *bufioStream) CloseSend() error {
	st.sending.Lock()
	defer st.sending.Unlock()
	if half, ok := st.nc.(interface{ CloseWrite() error }); ok && !st.ended {
		st.ended = true
		return half.CloseWrite()
	}
	return nil
}

func (st *bufioStream) CloseSent() error { return st.nc.Close() }

func (st *bufioStream) Close() error { return st.nc.Close() }

func (st *bufioStream) kind() string { return "tcp" }

func (st *bufioStream) encodeShared(into *sharedMessage, p []byte) error {
	into.bytes = append(into.bytes[:0], p...)
	return nil
}

func (st *bufioStream) sendShared(p *sharedMessage) error { return st.Send(p.bytes) }
