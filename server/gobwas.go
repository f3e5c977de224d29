package server

import (
	"errors"
	"io"
	"net"
	"net/http"
	"sync"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"rtbench/proto"
)

// serveGobwas serves WebSockets with gobwas/ws and its helpers in wsutil.
func serveGobwas(s *Server, l net.Listener) (stop func()) {
	wsutil.SetMaxMessageSize(proto.MaxSize)
	return (&socketService{server: s, accept: acceptGobwas, detaches: true}).serve(l)
}

func acceptGobwas(w http.ResponseWriter, r *http.Request, text bool) (socket, error) {
	nc, buffered, _, err := ws.UpgradeHTTP(r, w)
	if err != nil {
		if nc != nil {
			_ = nc.Close()
		}
		return nil, err
	}
	st := &gobwasSocket{nc: nc, in: nc, text: text, op: ws.OpBinary}
	if buffered.Reader.Buffered() > 0 { // frames that came with the request
		st.in = buffered.Reader
	}
	if text {
		st.op = ws.OpText
	}
	return st, nil
}

// A gobwasSocket is the io.ReadWriter of wsutil's readers, which also answer pings and close frames.
type gobwasSocket struct {
	undriven
	nc      net.Conn
	in      io.Reader
	text    bool
	op      ws.OpCode
	sending sync.Mutex // a message is two writes
	ended   bool
}

// Read implements io.Reader.
func (st *gobwasSocket) Read(p []byte) (int, error) { return st.in.Read(p) }

// Write writes a whole frame.
func (st *gobwasSocket) Write(p []byte) (int, error) {
	st.sending.Lock()
	defer st.sending.Unlock()
	return st.nc.Write(p)
}

// Recv implements proto.Conn.
func (st *gobwasSocket) Recv() ([]byte, error) {
	p, op, err := wsutil.ReadClientData(st)
	var closed wsutil.ClosedError
	switch {
	case errors.As(err, &closed) && (closed.Code == ws.StatusNormalClosure || closed.Code == ws.StatusNoStatusRcvd):
		return nil, io.EOF
	case errors.Is(err, io.EOF):
		return nil, io.ErrUnexpectedEOF // without a close frame
	case err == nil && isEnd(p, op == ws.OpText, st.text):
		return nil, io.EOF
	}
	return p, err
}

func (st *gobwasSocket) Send(p []byte) error {
	st.sending.Lock()
	defer st.sending.Unlock()
	if st.ended {
		return io.ErrClosedPipe
	}
	return wsutil.WriteServerMessage(st.nc, st.op, p)
}

func (st *gobwasSocket) CloseSend() error {
	st.sending.Lock()
	defer st.sending.Unlock()
	if st.ended {
		return nil
	}
	st.ended = true
	return wsutil.WriteServerMessage(st.nc, ws.OpClose, ws.NewCloseFrameBody(ws.StatusNormalClosure, ""))
}

func (st *gobwasSocket) CloseSent() error { return st.Close() }

func (st *gobwasSocket) Close() error { return st.nc.Close() }

func (st *gobwasSocket) kind() string { return socketKind(st.text) }

func (st *gobwasSocket) encodeShared(into *sharedMessage, p []byte) (err error) {
	into.bytes, err = ws.CompileFrame(ws.NewFrame(st.op, true, p))
	return err
}

func (st *gobwasSocket) sendShared(p *sharedMessage) error {
	st.sending.Lock()
	defer st.sending.Unlock()
	if st.ended {
		return io.ErrClosedPipe
	}
	_, err := st.nc.Write(p.bytes)
	return err
}
