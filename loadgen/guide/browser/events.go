package browser

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
)

// withoutIDs removes the id lines of an event stream. A browser that has seen no id sends no
// Last-Event-ID when it reconnects.
func withoutIDs(stream io.ReadCloser) io.ReadCloser {
	return &idRemover{ReadCloser: stream, lines: bufio.NewReader(stream)}
}

type idRemover struct {
	io.ReadCloser
	lines *bufio.Reader
	line  []byte // read but not yet returned
	err   error  // returned after line
}

func (r *idRemover) Read(p []byte) (int, error) {
	for len(r.line) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		r.line, r.err = r.lines.ReadBytes('\n')
		if bytes.HasPrefix(r.line, []byte("id:")) {
			r.line = nil
		}
	}
	n := copy(p, r.line)
	r.line = r.line[n:]
	return n, nil
}

// serveRaw serves an event stream of unencoded bytes: all 256 in the data line of one event,
// then each in an event of its own whose id is the byte value.
func serveRaw(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	b := fmt.Appendf(nil, "event: all\ndata: %s\n\n", all)
	for i := range all {
		b = fmt.Appendf(b, "event: one\nid: %d\ndata: %s\n\n", i, all[i:i+1])
	}
	b = append(b, "event: end\ndata:\n\n"...)
	_, _ = w.Write(b)
}
