package server

import (
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"time"
)

// httpService is a service on net/http.
type httpService struct {
	server *http.Server
	ended  chan struct{}
}

func newHTTPService(h *http.Server, l net.Listener) *httpService {
	s := &httpService{server: h, ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		_ = h.Serve(l)
	}()
	return s
}

func (s *httpService) stop() {
	_ = s.server.Close()
	<-s.ended
}

var (
	// expired is a deadline in the past.
	expired = time.Unix(1, 0)
	// discardLog discards net/http's messages about failed clients.
	discardLog = log.New(io.Discard, "", 0)
)

// serveControl answers GET / with Info and GET /stats with Stats.
func serveControl(s *Server, l net.Listener) service {
	mux := http.NewServeMux()
	answer := func(v func() any) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(v())
		}
	}
	mux.Handle("GET /{$}", answer(func() any { return s.info }))
	mux.Handle("GET /stats", answer(func() any { return s.Stats() }))
	return newHTTPService(&http.Server{Handler: mux, ReadHeaderTimeout: s.limits.handshake}, l)
}
