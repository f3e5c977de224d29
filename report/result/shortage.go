package result

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// A Shortage is a percentile of a cell that is not reported because of too few messages.
type Shortage struct {
	Percentile float64
	// Have and Need are independent messages over all usable repetitions.
	Have, Need int64
	// Steady is the length of a repetition's steady phase, and Enough one that would suffice at the
	// same rate; 0 if unknown.
	Steady, Enough time.Duration
}

// shownPercentiles are those in the table of every report.
var shownPercentiles = []float64{50, 90, 99, 99.9}

// Shortages returns the percentiles of the response times for which the usable repetitions together
// have too few messages.
func (c *Cell) Shortages() []Shortage {
	if messages(c.Usable()) == 0 { // other findings say why
		return nil
	}
	var out []Shortage
	for _, p := range shownPercentiles {
		_, known := c.known(p)
		_, bounded := c.boundedAbove(p)
		s := Shortage{Percentile: p, Need: SamplesFor(p)}
		for _, r := range c.Usable() {
			s.Have += r.Independent(p)
			s.Steady = max(s.Steady, r.Phases.Steady)
		}
		if known || bounded || s.Have >= s.Need {
			continue
		}
		s.Enough = enough(s.Steady, s.Have, s.Need)
		out = append(out, s)
	}
	return out
}

// enough returns a length of the steady phase for need independent messages, given that steady had
// some: rounded up to a tenth of a second, or to a second from ten on.
func enough(steady time.Duration, have, need int64) time.Duration {
	if have <= 0 {
		return 0
	}
	unit := 100 * time.Millisecond
	exact := time.Duration(math.Min(float64(steady)*float64(need)/float64(have), float64(math.MaxInt64/2)))
	if exact >= 10*time.Second {
		unit = time.Second
	}
	return (exact + unit - 1) / unit * unit
}

// Text says what is missing and for how long to measure instead.
func (s Shortage) Text() string {
	return fmt.Sprintf("%s needs %s independent messages and has %s%s", MetricName(s.Percentile), Grouped(s.Need), Grouped(s.Have), s.remedy())
}

func (s Shortage) remedy() string {
	if s.Enough == 0 {
		return ""
	}
	return fmt.Sprintf(": measure for %s instead of %s", formatLength(s.Enough), formatLength(s.Steady))
}

// formatLength formats the length of a phase as scenarios have it: 4.1s, 2m30s.
func formatLength(d time.Duration) string {
	text := d.Round(time.Millisecond).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	return text
}
