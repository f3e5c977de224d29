package result

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// HLog returns the cell's timelines as a histogram log (format 1.3), with each interval tagged by
// its repetition, from 1. Timestamps are Unix seconds; maxima are milliseconds.
func (c *Cell) HLog() ([]byte, error) {
	var out strings.Builder
	w := hdrhistogram.NewHistogramLogWriter(&out)
	if err := errors.Join(w.OutputLogFormatVersion(), w.OutputLegend()); err != nil {
		return nil, err
	}
	for _, rep := range c.Repetitions {
		steady := rep.Started.Add(rep.Phases.Connect + rep.Phases.Warmup).UnixMilli()
		for _, in := range rep.Timeline {
			h := in.Response.HDR()
			if in.Response.h != nil {
				h = h.Clone() // the timestamps set below must not change the result
			}
			h.SetTag(fmt.Sprintf("repetition-%d", rep.Index+1))
			h.SetStartTimeMs(steady + in.Start.Milliseconds())
			h.SetEndTimeMs(steady + (in.Start + in.Length).Milliseconds())
			if err := w.OutputIntervalHistogram(h); err != nil {
				return nil, err
			}
		}
	}
	return []byte(out.String()), nil
}

// HGRM returns the percentile distribution of the merged response times in milliseconds.
func (c *Cell) HGRM() ([]byte, error) {
	response, _, _ := c.Merged()
	var out strings.Builder
	_, err := response.HDR().PercentilesPrint(&out, 5, float64(time.Millisecond))
	return []byte(out.String()), err
}
