package html

// colors is how many colours report.css has.
const colors = 8

// A palette gives each protocol its colour: the usual ones always the same.
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
