package browser

import (
	"bufio"
	"bytes"
	"io"
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
