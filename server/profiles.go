package server

import (
	"net/http"
	"net/http/pprof" //nolint:gosec // only two of its handlers are served, at the control address
)

// serveProfiles serves CPU and heap profiles of this process, for rtbench's comparison of two servers.
func serveProfiles(mux *http.ServeMux) {
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.Handle("GET /debug/pprof/heap", pprof.Handler("heap"))
}
