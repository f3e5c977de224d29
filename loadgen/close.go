package loadgen

import (
	"sync"
)

func (r *repetition) closeStreams() {
	r.mu.Lock()
	r.closing = true
	r.mu.Unlock()
	var wg sync.WaitGroup
	for _, e := range r.exchanges {
		wg.Go(func() { _ = e.active.Load().close() })
	}
	wg.Wait()
}

// closeAll ends everything that the repetition started. It may be called again.
func (r *repetition) closeAll() {
	r.closeStreams()
	for _, m := range r.metronomes {
		m.Close()
	}
	for _, l := range r.loops {
		l.Close()
	}
	r.cancelReopen()
	if r.stopSending != nil {
		r.stopSending()
	}
	for _, d := range r.drivers {
		_ = d.Close()
	}
	r.drivers = nil
}

// closeOpened closes the streams and drivers that openAll opened.
func (r *repetition) closeOpened() {
	for _, e := range r.exchanges {
		if e != nil {
			_ = e.active.Load().close()
		}
	}
	for _, d := range r.drivers {
		_ = d.Close()
	}
	r.exchanges, r.drivers = nil, nil
}
