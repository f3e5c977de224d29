package server

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
	"github.com/quic-go/webtransport-go"

	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
	"rtbench/proto/quicnet"
)

// transportService serves CONNECT /bench as sessions of WebTransport with webtransport-go. A stream of a session is
// one of the benchmark, and is served as a connection of raw TCP: its first message is the call.
type transportService struct {
	server  *Server
	library *webtransport.Server
	streams streamCount
	serving sync.WaitGroup // connections, and streams
}

func serveWebTransport(s *Server, t *quic.Transport) (stop func(), err error) {
	l, err := s.listenHTTP3(t, &quic.Config{EnableDatagrams: true, EnableStreamResetPartialDelivery: true})
	if err != nil {
		return nil, err
	}
	sv := &transportService{server: s, streams: streamCount{limit: int64(s.cfg.MaxStreams)}}
	sv.library = &webtransport.Server{
		H3:          &http3.Server{Handler: sv, MaxHeaderBytes: s.cfg.MaxHeader},
		CheckOrigin: func(*http.Request) bool { return true }, // a page of any site may measure
	}
	sv.serving.Go(func() { sv.accept(l) })
	return func() {
		_ = sv.library.Close()
		_ = l.Close()
		sv.serving.Wait()
	}, nil
}

// accept serves the connections of l until it is closed.
func (sv *transportService) accept(l *quic.EarlyListener) {
	for {
		conn, err := l.Accept(context.Background())
		if err != nil {
			return
		}
		sv.serving.Go(func() { _ = sv.library.ServeQUICConn(conn) })
	}
}

// ServeHTTP implements http.Handler. It returns when the session ends.
func (sv *transportService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path != proto.BenchPath:
		http.Error(w, noSuchPath, http.StatusNotFound)
		return
	case r.Method != http.MethodConnect:
		w.Header().Set("Allow", http.MethodConnect)
		http.Error(w, "expected CONNECT with :protocol webtransport", http.StatusMethodNotAllowed)
		return
	}
	session, err := sv.library.Upgrade(w, r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for {
		st, err := session.AcceptStream(session.Context())
		if err != nil {
			return
		}
		sv.serving.Go(func() { sv.serve(quicnet.NewStream(st, session)) })
	}
}

// serve serves a stream of a session. It counts the stream before the call: the peer may reset it at any time.
func (sv *transportService) serve(nc *quicnet.Stream) {
	admit := sv.server.parseRequest
	if sv.streams.add() {
		defer sv.streams.done()
	} else {
		admit = func(string) (request, error) { return request{}, errors.New(sv.streams.limitReason()) }
	}
	st := &framedStream{Conn: eventloop.NewConn(nc, framing.TCP{}, nil), framing: framing.TCP{}, name: "webtransport", nc: nc}
	if call, ok := sv.server.acceptTCP(nc, st, admit); ok {
		sv.server.serveFramed(call, st)()
	}
	_ = st.Close()
}
