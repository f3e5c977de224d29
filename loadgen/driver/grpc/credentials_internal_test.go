package grpc

import (
	"sync/atomic"
	"testing"
)

// The limit is read from a split frame too, and only from SETTINGS.
func TestStreamLimitInFirstFrame(t *testing.T) {
	settings := "\x00\x00\x0c\x04\x00\x00\x00\x00\x00" + "\x00\x05\x00\x00\x40\x00" + "\x00\x03\x00\x00\x00\x0a" + "\x00\x00\x00\x04\x01\x00\x00\x00\x00"
	for name, c := range map[string]struct {
		bytes string
		want  int64
	}{
		"with a limit": {settings, 10},
		"none":         {"\x00\x00\x00\x04\x00\x00\x00\x00\x00", 0},
		"none at all":  {"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x00", noStreams},
		"HTTP/1":       {"HTTP/1.1 400 Bad Request\r\n\r\n", 0},
		"a ping":       {"\x00\x00\x08\x06\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x0a\x00\x00", 0},
	} {
		for size := 1; size <= len(c.bytes); size++ {
			conn := &settingsReader{limit: new(atomic.Int64)}
			for b := []byte(c.bytes); len(b) > 0 && !conn.done; b = b[min(size, len(b)):] {
				conn.parse(b[:min(size, len(b))])
			}
			if got := conn.limit.Load(); got != c.want || !conn.done || conn.first != nil {
				t.Errorf("%s in pieces of %d: %d, want %d", name, size, got, c.want)
			}
		}
	}
}
