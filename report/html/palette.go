package html

// colors is the number of colours in report.css.
const colors = 8

// A palette assigns colours to protocols. The built-in ones always have the same colour.
type palette map[string]int

func newPalette() palette { return palette{"tcp": 0, "websocket": 1, "sse": 2, "grpc": 3} }

func (l palette) color(protocol string) int {
	c, ok := l[protocol]
	if !ok {
		c = len(l) % colors
		l[protocol] = c
	}
	return c
}
