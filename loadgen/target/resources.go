package target

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"rtbench/loadgen/scrape"
	"rtbench/proto"
	"rtbench/proto/usage"
)

// errNoStats is the error of a server known only by the address of its API, or read by another process.
var errNoStats = errors.New("the server has no control address")

// Stats returns the resources that the server has used so far, in all of its processes.
func (s *Server) Stats(ctx context.Context) (proto.Stats, error) {
	if s.source != nil {
		return s.source.read(ctx)
	}
	if s.Info.Control == "" || s.remote {
		return proto.Stats{}, errNoStats
	}
	pid, ended, restarts := s.counted()
	stats, err := s.readStats(ctx, pid)
	if _, _, now := s.counted(); err == nil && now != restarts { // of another process than pid
		return s.Stats(ctx)
	}
	stats = ended.and(stats)
	stats.CPU = s.growing(stats.CPU)
	return stats, err
}

// counted returns the server's process and what those before it counted.
func (s *Server) counted() (pid int, ended total, restarts int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pid, s.ended, s.restarts
}

// readStats reads the stats of the server's process.
func (s *Server) readStats(ctx context.Context, pid int) (stats proto.Stats, err error) {
	before := usage.CPUOf(pid)
	if err := getJSON(ctx, s.client, s.Info.Control, "/stats", &stats); err != nil {
		return stats, err
	}
	// A busy server takes long to answer, and its CPU time grows meanwhile. Unless the PID is one of
	// another machine or container, the server reads a value between two of its clock.
	if before > 0 && stats.CPU >= before-cpuStep && stats.CPU <= usage.CPUOf(pid)+cpuStep {
		stats.CPU = before
		s.here.Store(true)
	}
	return stats, nil
}

// CPU returns the CPU time of a reference server on this machine at once, after a call of Stats; 0 if it
// is elsewhere or unknown.
func (s *Server) CPU() time.Duration {
	if !s.here.Load() {
		return 0
	}
	pid, ended, _ := s.counted()
	if now := usage.CPUOf(pid); now > 0 {
		return s.growing(ended.CPU + now)
	}
	return 0
}

// growing returns the highest CPU time of a reference server so far: clocks that are read at about the same time differ.
func (s *Server) growing(cpu time.Duration) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seenCPU = max(s.seenCPU, cpu)
	return s.seenCPU
}

// cpuStep is by how much readings of a process's CPU time may differ that were taken at the same time in
// two ways.
const cpuStep = 10 * time.Millisecond

// StatsTimeout returns how long to wait for Stats.
func (s *Server) StatsTimeout() time.Duration {
	if s.source == nil {
		return 300 * time.Millisecond
	}
	return scrape.Timeout
}

// StatsSource names the source of a custom target's metrics; it is empty for other servers.
func (s *Server) StatsSource() string {
	if s.source == nil {
		return ""
	}
	return s.source.name
}

// newStatsClient returns a client that opens a connection for each request.
func newStatsClient() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
}

// getJSON decodes the reply of a control address.
func getJSON(ctx context.Context, client *http.Client, control, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+control+path, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("HTTP status %s", resp.Status)
	}
	return json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(into)
}

// hostPort returns a control address without its scheme and trailing slash.
func hostPort(control string) string {
	return strings.TrimSuffix(strings.TrimPrefix(control, "http://"), "/")
}
