package scenarios

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"rtbench/proto"
	"rtbench/proto/pace"
	"rtbench/scenarios/cell"
	"rtbench/scenarios/spec"
)

// maxTraceBytes bounds the file of a trace.
const maxTraceBytes = 64 << 20

// checkTrace reads the trace, which determines rate and steady phase.
func (s *Scenario) checkTrace(r *spec.Reader) {
	if !r.Valid("load.trace") || s.Trace.File == "" {
		return
	}
	for _, key := range []string{"load.rate", "load.arrivals", "load.wave", "load.stages", "load.steps"} {
		if r.Has(key) {
			r.At(key, " with load.trace; expected one of them, because the trace has the times")
		}
	}
	for _, pattern := range s.patterns() {
		if p := proto.Pattern(pattern); s.API != cell.Custom && !p.Traffic().ClientSends && !p.Traffic().Asked {
			r.At("load.trace", ": pattern %s, whose server sends by its plan and does not have the file; expected pattern echo or upload, or `load.wave` with it", pattern)
			return
		}
	}
	err := error(nil)
	if s.trace == nil {
		s.trace, err = readTrace(s.Resolve(s.Trace.File), s.Trace.File)
	}
	var times pace.Trace
	if err == nil {
		times, err = pace.ParseTrace(filepath.ToSlash(s.Trace.File), s.trace)
	}
	if err != nil {
		r.At("load.trace", ": %s", spec.OneLine(err.Error()))
		return
	}
	if s.Trace.Speed == 0 { // only the file is given
		s.Trace.Speed = 1
	}
	times = times.Faster(s.Trace.Speed)
	length := times.Length()
	switch {
	case length > spec.MaxDuration:
		r.At("load.trace", ": the trace takes %v; expected at most 24h, or a higher speed", length)
		return
	case !r.Has("phases.steady"):
		s.Steady = length
	case r.Valid("phases.steady") && s.Steady > length:
		r.At("phases.steady", ": found %v, and the trace takes %v; expected at most as long, or no steady", s.Steady, length)
	}
	s.Trace.Times, s.Arrivals = times, string(pace.Replayed)
	s.Rate = math.Round(float64(len(times))/length.Seconds()*1e3) / 1e3 // of the warm-up
}

// readTrace reads the text of a trace; messages call the file name.
func readTrace(path, name string) ([]byte, error) {
	name = filepath.ToSlash(name)
	info, err := os.Stat(path) // before opening: a named pipe would block
	if err != nil {
		return nil, fmt.Errorf("%s: no such file; expected CSV with the times of messages", name)
	}
	if !info.Mode().IsRegular() || info.Size() > maxTraceBytes {
		return nil, fmt.Errorf("%s: expected a regular file of at most %d MiB", name, maxTraceBytes>>20)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", name, strings.TrimPrefix(err.Error(), "open "+path+": "))
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxTraceBytes))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return text, nil
}
