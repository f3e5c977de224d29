package server

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"rtbench/proto"
	"rtbench/proto/clock"
)

// serveHTTP serves h until stop.
func serveHTTP(h *http.Server, l net.Listener) (stop func()) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = h.Serve(l)
	}()
	return func() {
		_ = h.Close()
		<-ended
	}
}

var (
	// expired is a deadline in the past.
	expired = time.Unix(1, 0)
	// discardLog discards net/http's messages about failed clients.
	discardLog = log.New(io.Discard, "", 0)
)

// serveControl answers GET / with Info, GET /stats with Stats and GET /clock with the time, and profiles the process.
func serveControl(s *Server, l net.Listener) (stop func()) {
	mux := http.NewServeMux()
	answer := func(v func() any) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(v())
		}
	}
	mux.Handle("GET /{$}", answer(func() any { return s.info }))
	mux.Handle("GET /stats", answer(func() any { return s.Stats() }))
	mux.HandleFunc("GET "+proto.ClockPath, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, clock.Now(), time.Now().UnixNano())
	})
	serveProfiles(mux)
	return serveHTTP(&http.Server{Handler: mux, ReadHeaderTimeout: s.cfg.HandshakeTimeout}, l)
}
