package main

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

var (
	qps     = regexp.MustCompile(`qps: ([0-9.e+]+)`)
	latency = regexp.MustCompile(`Latency: \(50/90/99 %ile\): ([^/]+)/[^/]+/(\S+)`)
)

// grpcBenchmark runs grpc-go's own benchmark: its server, and a client that keeps one message
// outstanding on each stream.
func (s shape) grpcBenchmark(ctx context.Context, b *bench, dir string) (*run, error) {
	// It writes profiles to "/tmp/" + its test name, so the name must lead to dir.
	name := func(end string) string { return ".." + filepath.Join(dir, end) }
	return onPeer(ctx, syscall.SIGINT, func(port string) []string {
		return []string{b.tools.path("grpc-server"), "-port", port, "-test_name", name("server")}
	}, func(port string) (*run, error) {
		const warmup = 1 // seconds; not part of its qps, but of its CPU time
		out, used, err := client(ctx, dir, b.tools.path("grpc-client"), "-port", port, "-test_name", name("client"),
			"-rpc_type", "streaming", "-c", strconv.Itoa(s.connections), "-r", strconv.Itoa(s.streams),
			"-req", strconv.Itoa(size), "-resp", strconv.Itoa(size),
			"-w", strconv.Itoa(warmup), "-d", strconv.Itoa(b.seconds))
		if err != nil {
			return nil, err
		}
		q, l := qps.FindStringSubmatch(out), latency.FindStringSubmatch(out)
		if q == nil || l == nil {
			return nil, fmt.Errorf("grpc-go's benchmark: no results in %q", out)
		}
		r := &run{Client: used}
		if r.Rate, err = strconv.ParseFloat(q[1], 64); err != nil {
			return nil, err
		}
		r.Messages = r.Rate * float64(warmup+b.seconds)
		if r.P50, err = time.ParseDuration(l[1]); err != nil {
			return nil, err
		}
		r.P99, err = time.ParseDuration(strings.TrimSpace(l[2]))
		return r, err
	})
}

// ghz opens each stream once for the whole run. Its count is the number of messages that the
// server sent, including the last ones, which ghz may not have received. Its
// --stream-call-count cannot be used for counting: after that many messages it cancels the call
// but reads on.
func (s shape) ghz(ctx context.Context, b *bench, dir string) (*run, error) {
	return b.onServer(ctx, lean, func(sv *server) (*run, error) {
		streams := strconv.Itoa(s.connections * s.streams)
		_, used, err := client(ctx, dir, b.tools.path("ghz"), "--insecure",
			"--proto", filepath.Join(b.root, "proto", "bench.proto"), "--call", "rtbench.bench.Bench/Push",
			"--data", "{}", "--metadata", fmt.Sprintf(`{"rtbench-call":"pattern=push&size=%d"}`, size),
			"--disable-template-functions", "--disable-template-data",
			"--concurrency", streams, "--total", streams, "--connections", strconv.Itoa(s.connections),
			"--stream-call-duration", strconv.Itoa(b.seconds)+"s", "--timeout", "0",
			sv.addresses["grpc"])
		return &run{Client: used}, err
	})
}
