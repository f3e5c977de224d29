package main

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// threads is the number of threads for each end of peers that need a setting.
func threads() string { return strconv.Itoa(max(1, runtime.NumCPU()/2)) }

// onFloor runs load against the floor's server.
func (b *bench) onFloor(ctx context.Context, load func(port string) (*run, error)) (*run, error) {
	return onPeer(ctx, syscall.SIGKILL, func(port string) []string {
		life := strconv.Itoa(2*b.seconds + 60) // it ends by itself if this process is killed
		return []string{b.tools.path("floor"), "serve", port, threads(), life}
	}, load)
}

func (s shape) floor(ctx context.Context, b *bench, dir string) (*run, error) {
	return b.onFloor(ctx, func(port string) (*run, error) {
		out, used, err := client(ctx, dir, b.tools.path("floor"), "load", port, threads(),
			strconv.Itoa(s.connections), strconv.Itoa(size), strconv.Itoa(b.seconds))
		if err != nil {
			return nil, err
		}
		var report struct {
			Messages float64       `json:"messages"`
			Seconds  float64       `json:"seconds"`
			P50      time.Duration `json:"p50_ns"`
			P99      time.Duration `json:"p99_ns"`
		}
		if err := json.Unmarshal([]byte(out), &report); err != nil {
			return nil, err
		}
		return &run{
			Rate: report.Messages / report.Seconds, Messages: report.Messages,
			P50: report.P50, P99: report.P99, Client: used,
		}, nil
	})
}

// fortio does not speak WebSocket, but raw TCP, which the floor's server echoes.
func (s shape) fortio(ctx context.Context, b *bench, dir string) (*run, error) {
	return b.onFloor(ctx, func(port string) (*run, error) {
		out := filepath.Join(dir, "fortio.json")
		_, used, err := client(ctx, dir, b.tools.path("fortio"), "load", "-qps", "0",
			"-c", strconv.Itoa(s.connections), "-t", strconv.Itoa(b.seconds)+"s",
			"-payload-size", strconv.Itoa(size), "-r", "0.00001", "-json", out, "-loglevel", "Warning",
			"tcp://127.0.0.1:"+port)
		if err != nil {
			return nil, err
		}
		var report struct {
			ActualQPS         float64
			DurationHistogram struct {
				Count       float64
				Percentiles []struct{ Percentile, Value float64 }
			}
		}
		if err := readJSON(out, &report); err != nil {
			return nil, err
		}
		if report.ActualQPS == 0 {
			return nil, errors.New("fortio counted no messages")
		}
		r := &run{Rate: report.ActualQPS, Messages: report.DurationHistogram.Count, Client: used}
		for _, p := range report.DurationHistogram.Percentiles {
			at := time.Duration(p.Value * float64(time.Second))
			switch p.Percentile {
			case 50:
				r.P50 = at
			case 99:
				r.P99 = at
			}
		}
		return r, nil
	})
}
