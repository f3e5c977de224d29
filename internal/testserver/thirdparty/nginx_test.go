//go:build linux

package thirdparty

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A proxy that buffers holds events back until its buffer is full. How much was accepted
// before the first came is counted, not how long it took: less than a page cannot come.
func TestBufferingHoldsBack(t *testing.T) {
	t.Parallel()
	s := Start(t, "nginx")
	agent := client(t, s, true)
	ctx, cancel := context.WithCancel(bounded(t))
	defer cancel()
	url := s.URL("http", "/buffered/events?session=one")
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	first, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		response, err := agent.Do(request)
		if err != nil {
			return
		}
		defer response.Body.Close()
		lines := bufio.NewReader(response.Body)
		_, _ = next(lines) // comes with the headers
		if e, err := next(lines); err == nil && e.kind == "message" {
			close(first)
		}
		_, _ = io.Copy(io.Discard, response.Body)
	}()
	accepted := 0
	for deadline := time.Now().Add(patience); ; {
		select {
		case <-first:
			if accepted < 1000 {
				t.Errorf("the first event came after %d bytes, expected it to be held back", accepted)
			}
			cancel()
			<-ended
			s.Ledger(t)
			return
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("nothing came for %d bytes", accepted)
		}
		const body = `{"text":"a small message"}`
		response, err := agent.Post(s.URL("http", "/messages?session=one"), "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode == http.StatusAccepted {
			accepted += len(body)
		}
	}
}
