package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"path/filepath"
	"time"
)

// k6 runs a script that writes its counts to a file.
func (b *bench) k6(ctx context.Context, dir, script string, env map[string]any) (*run, error) {
	out := filepath.Join(dir, "k6.json")
	env["OUT"], env["SIZE"], env["SECONDS"] = out, size, b.seconds
	script, err := filepath.Abs(script)
	if err != nil {
		return nil, err
	}
	// Neither a usage report nor a REST API: both would add work and network traffic.
	args := []string{"run", "--quiet", "--no-color", "--no-usage-report", "--address", ""}
	for name, value := range env {
		args = append(args, "-e", fmt.Sprintf("%s=%v", name, value))
	}
	_, used, err := client(ctx, dir, b.tools.path("k6"), append(args, script)...)
	if err != nil {
		return nil, err
	}
	var report struct {
		Counted float64 `json:"counted"`
		All     float64 `json:"all"`
		Seconds float64 `json:"seconds"`
		P50     float64 `json:"p50_ms"`
		P99     float64 `json:"p99_ms"`
	}
	if err := readJSON(out, &report); err != nil {
		return nil, err
	}
	if report.Counted == 0 || report.Seconds == 0 {
		return nil, fmt.Errorf("k6 counted no messages: %+v", report)
	}
	ms := float64(time.Millisecond)
	return &run{
		Rate: report.Counted / report.Seconds, Messages: report.All, exact: true, Client: used,
		P50: time.Duration(report.P50 * ms), P99: time.Duration(report.P99 * ms),
	}, nil
}

func (s shape) k6WebSocket(timed bool) func(context.Context, *bench, string) (*run, error) {
	return func(ctx context.Context, b *bench, dir string) (*run, error) {
		return b.onServer(ctx, lean, func(sv *server) (*run, error) {
			url := "ws://" + sv.addresses["websocket"] + "/bench?pattern=echo&text=1"
			env := map[string]any{"URL": url, "CONNECTIONS": s.connections}
			if timed {
				env["TIMED"] = 1
			}
			return b.k6(ctx, dir, "k6-echo.js", env)
		})
	}
}

// k6Open sends at the shape's rate, of which each connection has a period of whole milliseconds.
func (s shape) k6Open(ctx context.Context, b *bench, dir string) (*run, error) {
	return b.onServer(ctx, lean, func(sv *server) (*run, error) {
		url := "ws://" + sv.addresses["websocket"] + "/bench?pattern=echo&text=1"
		return b.k6(ctx, dir, "k6-open.js", map[string]any{"URL": url, "CONNECTIONS": s.connections, "PERIOD": 1000 * s.connections / s.rate})
	})
}

func (s shape) k6GRPC(ctx context.Context, b *bench, dir string) (*run, error) {
	return b.onServer(ctx, lean, func(sv *server) (*run, error) {
		env := map[string]any{
			"TARGET": sv.addresses["grpc"], "PROTO_DIR": filepath.Join(b.root, "proto"),
			"CONNECTIONS": s.connections, "STREAMS": s.streams, "TIMED": 1,
			"FLOOD":   float64(b.seconds) / 4,
			"PAYLOAD": base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("x"), size)),
		}
		return b.k6(ctx, dir, "k6-grpc-"+s.pattern+".js", env)
	})
}
