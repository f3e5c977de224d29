package target

import (
	"strings"
	"sync"
)

// tailLength is the number of bytes that a Tail keeps.
const tailLength = 2000

// A Tail keeps the last 2,000 bytes written to it, such as the errors of another program. The zero value
// is empty. It is safe for concurrent use.
type Tail struct {
	mu sync.Mutex
	b  []byte
}

// Write implements io.Writer. It never fails.
func (t *Tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p...)
	t.b = t.b[max(0, len(t.b)-tailLength):]
	return len(p), nil
}

// String returns the bytes without surrounding white space.
func (t *Tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.b))
}
