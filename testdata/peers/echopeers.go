package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// threads is how many each end of a peer gets that must be told.
func threads() string { return strconv.Itoa(max(1, runtime.NumCPU()/2)) }

// onFloor has load done against the floor's server.
func (b *bench) onFloor(ctx context.Context, load func(port string) (*run, error)) (*run, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	life := strconv.Itoa(2*b.seconds + 60) // it ends by itself, should this process be killed
	end, err := listen(ctx, port, syscall.SIGKILL, b.tools.path("floor"), "serve", port, threads(), life)
	if err != nil {
		return nil, err
	}
	r, err := load(port)
	used := end()
	if err == nil {
		r.Server = used
	}
	return r, err
}

func (s shape) floor(ctx context.Context, b *bench, dir string) (*run, error) {
	return b.onFloor(ctx, func(port string) (*run, error) {
		out, used, err := client(ctx, dir, b.tools.path("floor"), "load", port, threads(),
			strconv.Itoa(s.connections), strconv.Itoa(size), strconv.Itoa(b.seconds))
		if err != nil {
			return nil, err
		}
		var told struct {
			Messages float64       `json:"messages"`
			Seconds  float64       `json:"seconds"`
			P50      time.Duration `json:"p50_ns"`
			P99      time.Duration `json:"p99_ns"`
		}
		if err := json.Unmarshal([]byte(out), &told); err != nil {
			return nil, err
		}
		return &run{
			Rate: told.Messages / told.Seconds, Messages: told.Messages,
			P50: told.P50, P99: told.P99, Client: used,
		}, nil
	})
}

// fortio speaks no WebSocket, but raw TCP, which the floor's server answers.
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
		var told struct {
			ActualQPS         float64
			DurationHistogram struct {
				Count       float64
				Percentiles []struct{ Percentile, Value float64 }
			}
		}
		data, err := os.ReadFile(out)
		if err == nil {
			err = json.Unmarshal(data, &told)
		}
		if err == nil && told.ActualQPS == 0 {
			err = errors.New("fortio counted nothing")
		}
		if err != nil {
			return nil, err
		}
		r := &run{Rate: told.ActualQPS, Messages: told.DurationHistogram.Count, Client: used}
		for _, p := range told.DurationHistogram.Percentiles {
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
