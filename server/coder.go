package server

import (
	"context"
	"io"
	"net"
	"net/http"

	"github.com/coder/websocket"

	"rtbench/proto"
)

// serveCoder serves WebSockets with coder/websocket.
func serveCoder(s *Server, l net.Listener) (stop func()) {
	return (&socketService{server: s, accept: acceptCoder}).serve(l)
}

func acceptCoder(w http.ResponseWriter, r *http.Request, text bool) (socket, error) {
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return nil, err
	}
	c.SetReadLimit(proto.MaxSize)
	st := &coderSocket{c: c, nc: connOfRequest(r), text: text, messageType: websocket.MessageBinary}
	if text {
		st.messageType = websocket.MessageText
	}
	return st, nil
}

type coderSocket struct {
	undriven
	c           *websocket.Conn
	nc          net.Conn
	text        bool
	messageType websocket.MessageType
}

// Recv implements proto.Conn.
func (st *coderSocket) Recv() ([]byte, error) {
	t, p, err := st.c.Read(context.Background())
	switch status := websocket.CloseStatus(err); {
	case status == websocket.StatusNormalClosure, status == websocket.StatusNoStatusRcvd:
		return nil, io.EOF
	case err == nil && isEnd(p, t == websocket.MessageText, st.text):
		return nil, io.EOF
	}
	return p, err
}

func (st *coderSocket) Send(p []byte) error {
	return st.c.Write(context.Background(), st.messageType, p)
}

func (st *coderSocket) CloseSend() error {
	return st.c.Close(websocket.StatusNormalClosure, "")
}

func (st *coderSocket) CloseSent() error { return st.Close() }

// Close implements stream. CloseNow alone would wait for a close handshake.
func (st *coderSocket) Close() error {
	_ = st.nc.Close()
	return st.c.CloseNow()
}

func (st *coderSocket) kind() string { return socketKind(st.text) }

func (st *coderSocket) encodeShared(into *sharedMessage, p []byte) error {
	into.bytes = append(into.bytes[:0], p...)
	return nil
}

func (st *coderSocket) sendShared(p *sharedMessage) error { return st.Send(p.bytes) }
