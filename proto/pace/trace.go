package pace

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"sort"
	"strings"
	"time"
)

// Replayed names the arrivals of a trace. Only the end that has the trace can plan them.
const Replayed Arrivals = "trace"

// A Trace holds the times of recorded messages since the first, in order.
type Trace []time.Duration

// MaxTrace is the highest number of times of a trace.
const MaxTrace = 1_000_000

// longestTrace is longer than any run, and short enough for calculations with it.
const longestTrace = 366 * 24 * time.Hour

// ParseTrace reads CSV whose first column is the time of a message: seconds such as 12.5, an RFC 3339
// time, or 2006-01-02 15:04:05.999. Times must not decrease. The first line may be a header; lines
// that begin with # and further columns are ignored. Errors begin with name and the line.
func ParseTrace(name string, text []byte) (Trace, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	r.FieldsPerRecord, r.ReuseRecord, r.Comment = -1, true, '#'
	var t Trace
	var first, last time.Time
	for lines := 0; ; lines++ {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			line := 0
			if broken := (*csv.ParseError)(nil); errors.As(err, &broken) {
				line, err = broken.Line, broken.Err
			}
			return nil, fmt.Errorf("%s:%d: %w; expected CSV with a time in the first column", name, line, err)
		}
		line, _ := r.FieldPos(0)
		at, ok := parseMoment(strings.TrimSpace(record[0]))
		switch {
		case !ok && lines == 0: // a header
			continue
		case !ok:
			return nil, fmt.Errorf("%s:%d: found %.40q; expected seconds such as 12.5, or a time such as 2026-01-31T12:00:00.5Z", name, line, record[0])
		case len(t) == 0:
			first = at
		case at.Before(last):
			return nil, fmt.Errorf("%s:%d: %.40q is before the time of the previous line; expected times in order", name, line, record[0])
		case at.Sub(first) > longestTrace:
			return nil, fmt.Errorf("%s:%d: %.40q is more than a year after the first time; expected times of one run", name, line, record[0])
		case len(t) == MaxTrace:
			return nil, fmt.Errorf("%s:%d: found more than %d times; expected at most as many", name, line, MaxTrace)
		}
		t, last = append(t, at.Sub(first)), at
	}
	if len(t) < 2 || t[len(t)-1] == 0 {
		return nil, fmt.Errorf("%s: found %d times that do not differ; expected at least two different ones", name, len(t))
	}
	return t, nil
}

// parseMoment parses a time, or a number of seconds exactly.
func parseMoment(text string) (time.Time, bool) {
	if text != "" && strings.Trim(text, "0123456789.") == "" {
		d, err := time.ParseDuration(text + "s")
		return time.Unix(0, 0).Add(d), err == nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// Faster returns the trace with all times divided by speed.
func (t Trace) Faster(speed float64) Trace {
	out := make(Trace, len(t))
	for i, at := range t {
		out[i] = time.Duration(math.Round(float64(at) / speed))
	}
	return out
}

// Length returns the shortest whole number of milliseconds that is longer than the last time.
func (t Trace) Length() time.Duration {
	if len(t) == 0 {
		return 0
	}
	return t[len(t)-1].Truncate(time.Millisecond) + time.Millisecond
}

// Count returns the number of messages before a time.
func (t Trace) Count(until time.Duration) int {
	return sort.Search(len(t), func(i int) bool { return t[i] >= until })
}

// Peak returns the highest rate over a tenth of a second, in messages per second.
func (t Trace) Peak() float64 {
	const window = time.Second / 10
	most, from := 0, 0
	for i, at := range t {
		for at-t[from] >= window {
			from++
		}
		most = max(most, i+1-from)
	}
	return float64(most) / window.Seconds()
}
