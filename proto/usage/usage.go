// Package usage reads the resource usage of this process: the load generator's own, and
// the server's for its stats.
package usage

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Usage is a reading. Its JSON form is part of the server's stats.
type Usage struct {
	// CPU is user and system time since the process started; 0 if unknown on this system.
	CPU time.Duration `json:"cpu_ns"`
	// RSS is the resident memory in bytes; 0 if unknown on this system.
	RSS        int64         `json:"rss_bytes"`
	Goroutines int64         `json:"goroutines"`
	GCs        int64         `json:"gcs"`
	GCPause    time.Duration `json:"gc_pause_ns"`
	// GOGC is the garbage collector's setting in percent; negative means off.
	GOGC int64 `json:"gogc"`
}

// Read takes a reading in some tens of microseconds. It may be called from any goroutine.
func Read() Usage {
	var gc debug.GCStats
	debug.ReadGCStats(&gc)
	return Usage{
		CPU: CPU(), RSS: resident(),
		Goroutines: int64(runtime.NumGoroutine()), GCs: gc.NumGC, GCPause: gc.PauseTotal, GOGC: gogc(),
	}
}

func gogc() int64 {
	sample := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return int64(sample[0].Value.Uint64())
}
