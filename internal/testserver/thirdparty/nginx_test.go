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

// A buffering proxy holds events back until its buffer, at least a page, is full. The test
// counts the bytes accepted before the first event arrives.
func TestNginxBuffersEvents(t *testing.T) {
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
		_, _ = next(lines) // the retry event comes with the headers
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
				t.Errorf("the first event arrived after only %d bytes", accepted)
			}
			cancel()
			<-ended
			s.Ledger(t)
			return
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("no event arrived after %d bytes", accepted)
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
