package report

import (
	"math"
	"strings"
)

// sparkWidth is the maximum number of results in a sparkline.
const sparkWidth = 40

// spark draws the values in eight steps from lowest to highest.
func spark(points []HistoryPoint) string {
	const steps = "▁▂▃▄▅▆▇█"
	points = points[max(0, len(points)-sparkWidth):]
	low, high := math.Inf(1), math.Inf(-1)
	for _, p := range points {
		if !math.IsNaN(p.Value) {
			low, high = min(low, p.Value), max(high, p.Value)
		}
	}
	levels := []rune(steps)
	var out strings.Builder
	for _, p := range points {
		switch {
		case math.IsNaN(p.Value):
			out.WriteRune('·')
		case high == low:
			out.WriteRune(levels[3]) // constant
		default:
			out.WriteRune(levels[int(math.Round((p.Value-low)/(high-low)*float64(len(levels)-1)))])
		}
	}
	return out.String()
}
