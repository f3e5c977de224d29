//go:build linux

package loadgen

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"rtbench/internal/testserver/faulty"
)

// Data that a server sends without end is not kept. Server and client share the process, and
// garbage counts until collected, so the bound is far above their needs and far below the data
// sent.
func TestMemoryIsBounded(t *testing.T) {
	const bound = 256 << 20
	for _, c := range []struct{ protocol, fault string }{
		{"websocket", "compression bomb"},
		{"websocket", "endless fragments"},
		{"websocket", "endless header"},
		{"sse", "endless comments"},
		{"sse", "endless line"},
		{"tcp", "endless line"},
	} {
		t.Run(c.protocol+": "+c.fault, func(t *testing.T) {
			highest := watchHeap()
			r := runFault(t, faulty.Find(t, c.protocol, c.fault), 500*time.Millisecond)
			if r.ledger.FaultsDone == 0 && !r.fault.Terminal && r.rep.Counters.AllReceived > 0 {
				t.Log("the fault was not done: the machine is busy")
			}
			used := highest()
			t.Logf("%d MB at most, %d times", used>>20, r.ledger.FaultsDone)
			if used > bound {
				t.Errorf("the heap grew to %d MB", used>>20)
			}
		})
	}
}

// watchHeap returns a function that stops watching and returns the largest growth of the heap.
func watchHeap() (highest func() uint64) {
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	stop := make(chan struct{})
	var most uint64
	var watching sync.WaitGroup
	watching.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapAlloc)
			select {
			case <-tick.C:
			case <-stop:
				return
			}
		}
	})
	return func() uint64 {
		close(stop)
		watching.Wait()
		return most - min(most, before.HeapAlloc)
	}
}
