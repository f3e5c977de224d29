package nethttp

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
)

// clients holds the messages for each open stream.
type clients struct {
	mu       sync.Mutex
	messages map[string]chan []byte
}

// ServeEcho returns each message, a POST, to its sender as an event.
func ServeEcho(l net.Listener) error {
	c := &clients{messages: map[string]chan []byte{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", c.stream)
	mux.HandleFunc("POST /", c.receive)
	return http.Serve(l, mux)
}

func (c *clients) stream(w http.ResponseWriter, r *http.Request) {
	client, messages := r.URL.Query().Get("client"), make(chan []byte)
	c.mu.Lock()
	c.messages[client] = messages
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.messages, client)
	}()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	out := http.NewResponseController(w)
	for {
		if err := out.Flush(); err != nil {
			return
		}
		select {
		case message := <-messages:
			if _, err := fmt.Fprintf(w, "data: %s\n\n", message); err != nil {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}

func (c *clients) receive(w http.ResponseWriter, r *http.Request) {
	message, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	c.mu.Lock()
	messages, ok := c.messages[r.URL.Query().Get("client")]
	c.mu.Unlock()
	if !ok {
		http.Error(w, "no such client", http.StatusNotFound)
		return
	}
	select {
	case messages <- message:
		w.WriteHeader(http.StatusNoContent)
	case <-r.Context().Done():
	}
}
