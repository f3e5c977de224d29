package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

var push = fmt.Sprintf("pattern=push&size=%d", size)

// bytesOfEvent measures the size of an event once, on a separate server.
func (b *bench) bytesOfEvent(ctx context.Context, protocol string) (float64, error) {
	if n := b.eventBytes[protocol]; n > 0 {
		return n, nil
	}
	sv, err := b.serve(ctx, loop)
	if err != nil {
		return 0, err
	}
	defer sv.end()
	read := readSSE
	if protocol == "sse-h2" {
		read = readSSEH2
	}
	taken := make([]byte, 64<<10)
	if err := read(sv.addresses[protocol], taken); err != nil {
		return 0, fmt.Errorf("reading events: %w", err)
	}
	// From one event to the next, including framing.
	mark := []byte("data: ")
	events := bytes.Count(taken, mark) - 1
	if events < 1 {
		return 0, errors.New("reading events: none received")
	}
	n := float64(bytes.LastIndex(taken, mark)-bytes.Index(taken, mark)) / float64(events)
	b.eventBytes[protocol] = n
	return n, nil
}

// readSSE reads raw bytes from the connection, which wrk counts.
func readSSE(addr string, taken []byte) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := fmt.Fprintf(c, "GET /bench?%s HTTP/1.1\r\nHost: peers\r\n\r\n", push); err != nil {
		return err
	}
	_, err = io.ReadFull(c, taken)
	return err
}

// readSSEH2 reads the payload of DATA frames, which h2load counts.
func readSSEH2(addr string, taken []byte) error {
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	c := http.Client{Transport: &http.Transport{Protocols: &protocols}, Timeout: 5 * time.Second}
	defer c.CloseIdleConnections()
	answer, err := c.Get("http://" + addr + "/bench?" + push)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.ReadFull(answer.Body, taken)
	return err
}

func (s shape) wrk(ctx context.Context, b *bench, dir string) (*run, error) {
	each, err := b.bytesOfEvent(ctx, "sse")
	if err != nil {
		return nil, err
	}
	script, err := filepath.Abs("wrk-bytes.lua")
	if err != nil {
		return nil, err
	}
	return b.onServer(ctx, loop, func(sv *server) (*run, error) {
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
		messages := report.Bytes / each
		return &run{Rate: messages / report.Microseconds * 1e6, Messages: messages, exact: true, Client: used}, nil
	})
}

var h2Data = regexp.MustCompile(`\((\d+)\) data`)

// h2load runs without its warm-up, whose data it would count.
func (s shape) h2load(ctx context.Context, b *bench, dir string) (*run, error) {
	each, err := b.bytesOfEvent(ctx, "sse-h2")
	if err != nil {
		return nil, err
	}
	return b.onServer(ctx, loop, func(sv *server) (*run, error) {
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
		messages := data / each
		return &run{Rate: messages / float64(b.seconds), Messages: messages, exact: true, Client: used}, err
	})
}
