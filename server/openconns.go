package server

import (
	"io"
	"sync"
)

// openConns are the open connections of a service. The zero value is ready to use.
type openConns struct {
	mu     sync.Mutex
	conns  map[io.Closer]struct{}
	closed bool
	wg     sync.WaitGroup
}

// add adds c, until remove. If the connections are closed, it closes c and returns false.
func (o *openConns) add(c io.Closer) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		_ = c.Close()
		return false
	}
	if o.conns == nil {
		o.conns = map[io.Closer]struct{}{}
	}
	o.conns[c] = struct{}{}
	o.wg.Add(1)
	return true
}

// remove closes c.
func (o *openConns) remove(c io.Closer) {
	defer o.wg.Done()
	_ = c.Close()
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.conns, c)
}

// close closes the connections and waits until all are removed.
func (o *openConns) close() {
	o.mu.Lock()
	o.closed = true
	for c := range o.conns {
		_ = c.Close()
	}
	o.mu.Unlock()
	o.wg.Wait()
}
