package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/textproto"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

var push = fmt.Sprintf("pattern=push&size=%d", size)

// measureEvent measures the size of an event once, on a separate server: alone, as in a DATA frame of
// HTTP/2, and in its chunk of HTTP/1.1.
func (b *bench) measureEvent(ctx context.Context) error {
	if b.eventBytes > 0 {
		return nil
	}
	sv, err := b.serve(ctx, lean)
	if err != nil {
		return err
	}
	defer sv.end()
	c, err := net.Dial("tcp", sv.addresses["sse"])
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := fmt.Fprintf(c, "GET /bench?%s HTTP/1.1\r\nHost: peers\r\n\r\n", push); err != nil {
		return err
	}
	in := textproto.NewReader(bufio.NewReader(c))
	line := "head"
	for line != "" && err == nil {
		line, err = in.ReadLine()
	}
	size, err := in.ReadLine() // of the first chunk
	if err != nil {
		return fmt.Errorf("reading events: %w", err)
	}
	n, err := strconv.ParseUint(size, 16, 32)
	b.eventBytes, b.chunkBytes = float64(n), float64(len(size)+len("\r\n\r\n"))+float64(n)
	return err
}

func (s shape) wrk(ctx context.Context, b *bench, dir string) (*run, error) {
	if err := b.measureEvent(ctx); err != nil {
		return nil, err
	}
	script, err := filepath.Abs("wrk-bytes.lua")
	if err != nil {
		return nil, err
	}
	return b.onServer(ctx, lean, func(sv *server) (*run, error) {
		out, used, err := client(ctx, dir, b.tools.path("wrk"), "-t", threads(), "-c", strconv.Itoa(s.connections),
			"-d", strconv.Itoa(b.seconds)+"s", "-s", script, "http://"+sv.addresses["sse"], "--", push)
		if err != nil {
			return nil, err
		}
		var report struct {
			Bytes        float64 `json:"bytes"`
			Microseconds float64 `json:"microseconds"`
			Errors       int     `json:"errors"`
		}
		line := regexp.MustCompile(`(?m)^\{.*\}$`).FindString(out)
		if err := json.Unmarshal([]byte(line), &report); err != nil {
			return nil, fmt.Errorf("wrk: no results in %q", out)
		}
		if report.Errors > 0 {
			return nil, fmt.Errorf("wrk: %d errors", report.Errors)
		}
		messages := report.Bytes / b.chunkBytes
		return &run{Rate: messages / report.Microseconds * 1e6, Messages: messages, exact: true, Client: used}, nil
	})
}

var h2Data = regexp.MustCompile(`\((\d+)\) data`)

// h2load runs without its warm-up, whose data it would count.
func (s shape) h2load(ctx context.Context, b *bench, dir string) (*run, error) {
	if err := b.measureEvent(ctx); err != nil {
		return nil, err
	}
	return b.onServer(ctx, lean, func(sv *server) (*run, error) {
		out, used, err := client(ctx, dir, b.tools.path("h2load"), "-t", threads(), "-c", strconv.Itoa(s.connections),
			"-m", strconv.Itoa(s.streams), "-D", strconv.Itoa(b.seconds),
			"http://"+sv.addresses["sse-h2"]+"/bench?"+push)
		if err != nil {
			return nil, err
		}
		found := h2Data.FindStringSubmatch(out)
		if found == nil {
			return nil, fmt.Errorf("h2load: no results in %q", out)
		}
		data, err := strconv.ParseFloat(found[1], 64)
		messages := data / b.eventBytes
		return &run{Rate: messages / float64(b.seconds), Messages: messages, exact: true, Client: used}, err
	})
}
