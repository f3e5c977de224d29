// Package eventsource is a minimal client of Server-Sent Events over net/http, for the examples. It does
// what EventSource does in a browser, without reconnecting.
package eventsource

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// A Stream reads the events of a response.
type Stream struct {
	body  io.ReadCloser
	lines *bufio.Scanner
}

// Open opens the event stream at url.
func Open(ctx context.Context, url string) (*Stream, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "text/event-stream")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		_ = resp.Body.Close()
		return nil, fmt.Errorf("GET %s: status %s", url, resp.Status)
	}
	return &Stream{resp.Body, bufio.NewScanner(resp.Body)}, nil
}

// Next returns the data of the next event; io.EOF at the end.
func (s *Stream) Next() ([]byte, error) {
	var data []string
	for s.lines.Scan() {
		field, value, _ := strings.Cut(s.lines.Text(), ":")
		switch {
		case field == "data":
			data = append(data, strings.TrimPrefix(value, " "))
		case s.lines.Text() == "" && data != nil:
			return []byte(strings.Join(data, "\n")), nil
		}
	}
	if err := s.lines.Err(); err != nil {
		return nil, err
	}
	return nil, io.EOF
}

// Close ends the stream.
func (s *Stream) Close() error { return s.body.Close() }
