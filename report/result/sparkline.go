package result

import "math"

// Sparkline draws values in eight steps over their range, of at least the given share of the highest
// value; a NaN is a dot, and a range of 0 is drawn half high.
func Sparkline(values []float64, share float64) string {
	steps := []rune("▁▂▃▄▅▆▇█")
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if !math.IsNaN(v) {
			low, high = min(low, v), max(high, v)
		}
	}
	low = min(low, (1-share)*high)
	out := make([]rune, len(values))
	for i, v := range values {
		switch {
		case math.IsNaN(v):
			out[i] = '·'
		case high == low:
			out[i] = steps[3]
		default:
			out[i] = steps[int(math.Round((v-low)/(high-low)*float64(len(steps)-1)))]
		}
	}
	return string(out)
}
