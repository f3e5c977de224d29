package server

import (
	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
)

// serveSSEH3 serves SSE over HTTP/3 with quic-go, with many streams per connection, by the handler of net/http.
func serveSSEH3(s *Server, t *quic.Transport) (stop func(), err error) {
	l, err := s.listenHTTP3(t, &quic.Config{})
	if err != nil {
		return nil, err
	}
	sv := &netHTTPService{server: s, protocol: "sse-h3", streams: streamCount{limit: int64(s.cfg.MaxStreams)}}
	h := &http3.Server{Handler: sv, MaxHeaderBytes: s.cfg.MaxHeader}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = h.ServeListener(l)
	}()
	return func() {
		_ = h.Close()
		_ = l.Close()
		<-ended
	}, nil
}
