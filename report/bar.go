package report

import (
	"io"
	"math"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// barWidth is the width of a bar in columns.
const barWidth = 6

// bar draws a share of 1 in barWidth columns, at least an eighth of a column unless it is 0, and lightly
// what lies between the bounds of the share.
func bar(low, high float64) string {
	if math.IsNaN(low) || math.IsNaN(high) || math.IsInf(high, 0) {
		return strings.Repeat(" ", barWidth)
	}
	eighths := int(math.Round(min(low, 1) * 8 * barWidth))
	if low > 0 {
		eighths = max(1, eighths)
	}
	text := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		text += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	if light := int(math.Round(min(high, 1)*barWidth)) - columns(text); light > 0 {
		text += strings.Repeat("░", light)
	}
	return text + strings.Repeat(" ", barWidth-columns(text))
}

// spark returns a character as high as the share of 1.
func spark(share float64) rune {
	if math.IsNaN(share) {
		return ' '
	}
	const heights = "▁▂▃▄▅▆▇█"
	return []rune(heights)[min(7, int(share*8))]
}

// widthOf returns the number of columns of the terminal that w is, or defaultWidth.
func widthOf(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return max(width, minWidth)
		}
	}
	return defaultWidth
}

const (
	// defaultWidth is the width of output that is not for a terminal.
	defaultWidth = 80
	// minWidth is the smallest width for which lines are wrapped.
	minWidth = 30
)

// columns returns the number of columns that text takes.
func columns(text string) int { return utf8.RuneCountInString(text) }
