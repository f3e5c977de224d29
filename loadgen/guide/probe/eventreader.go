package probe

import (
	"bufio"
	"encoding/json"
	"io"
	"strings"
)

// An event is one of a text/event-stream.
type event struct{ id, data string }

// An eventReader reads a text/event-stream as the HTML standard has browsers do it
// (section 9.2.6): the bytes are decoded as UTF-8, what is not UTF-8 becomes U+FFFD, and
// LF, CR and CRLF end a line. It is written from the standard and not the drivers'
// reader, which leaves the decoding to whoever wants text.
type eventReader struct {
	in      *bufio.Reader
	started bool
	afterCR bool   // an LF that comes now belongs to the line before
	id      string // stays from event to event
}

func newEventReader(r io.Reader) *eventReader { return &eventReader{in: bufio.NewReader(r)} }

// next waits for the next event that has data.
func (r *eventReader) next() (event, error) {
	var data []string
	for {
		line, err := r.line()
		if err != nil {
			return event{}, err // what came of an event that is not whole is dropped
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
		c, _, err := r.in.ReadRune() // U+FFFD for what is not UTF-8
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

// A tick is what an event of the guide's /stream says: its number in the stream, and
// when it was due, in Unix seconds.
type tick struct {
	Counter   int     `json:"counter"`
	Timestamp float64 `json:"timestamp"`
	id        string
}

// tick waits for the next event of a /stream.
func (r *eventReader) tick() (tick, error) {
	e, err := r.next()
	if err != nil {
		return tick{}, err
	}
	t := tick{id: e.id}
	return t, json.Unmarshal([]byte(e.data), &t)
}
