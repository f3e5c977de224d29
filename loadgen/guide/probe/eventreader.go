package probe

import (
	"bufio"
	"encoding/json"
	"io"
	"strings"
)

// An event is one event of a text/event-stream.
type event struct{ id, data string }

// An eventReader parses a text/event-stream as the HTML standard requires of browsers (section
// 9.2.6): bytes are decoded as UTF-8, invalid bytes become U+FFFD, and LF, CR or CRLF end a
// line. It does not use the drivers' reader, which skips the UTF-8 decoding.
type eventReader struct {
	in      *bufio.Reader
	started bool
	afterCR bool   // an LF now belongs to the previous line
	id      string // persists across events
}

func newEventReader(r io.Reader) *eventReader { return &eventReader{in: bufio.NewReader(r)} }

// next returns the next event that has data.
func (r *eventReader) next() (event, error) {
	var data []string
	for {
		line, err := r.line()
		if err != nil {
			return event{}, err // drops an incomplete event
		}
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "" && data != nil:
			return event{r.id, strings.Join(data, "\n")}, nil
		case field == "data":
			data = append(data, value)
		case field == "id" && !strings.Contains(value, "\x00"):
			r.id = value
		}
	}
}

func (r *eventReader) line() (string, error) {
	var line strings.Builder
	for {
		c, _, err := r.in.ReadRune() // U+FFFD for invalid UTF-8
		if err != nil {
			return "", err
		}
		first, second := !r.started, r.afterCR
		r.started, r.afterCR = true, c == '\r'
		switch {
		case first && c == '\ufeff', second && c == '\n':
		case c == '\n' || c == '\r':
			return line.String(), nil
		default:
			line.WriteRune(c)
		}
	}
}

// A tick is the data of an event of the guide's /stream: its number in the stream, and its due
// time in Unix seconds.
type tick struct {
	Counter   int     `json:"counter"`
	Timestamp float64 `json:"timestamp"`
	id        string
}

// tick returns the next event of a /stream.
func (r *eventReader) tick() (tick, error) {
	e, err := r.next()
	if err != nil {
		return tick{}, err
	}
	t := tick{id: e.id}
	return t, json.Unmarshal([]byte(e.data), &t)
}
