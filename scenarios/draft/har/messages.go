package har

import (
	"encoding/base64"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"rtbench/scenarios/draft"
	"rtbench/scenarios/draft/traffic"
)

// Opcodes of RFC 6455.
const (
	textFrame   = 1
	binaryFrame = 2
)

// messages returns the messages of the connection.
func (e *entry) messages(d *draft.Draft) (list []traffic.Message) {
	if e.stream {
		return e.events()
	}
	binary, asText := 0, 0
	for _, f := range e.Frames {
		text := f.Data
		switch f.Opcode {
		case textFrame, 0: // some tools leave the opcode out
		case binaryFrame:
			b, err := base64.StdEncoding.DecodeString(f.Data)
			if err != nil || !utf8.Valid(b) {
				binary++
				continue
			}
			asText++
			text = string(b)
		default:
			continue // ping, pong and close of the protocol
		}
		list = append(list, traffic.Message{Sent: f.Type == "send", At: at(f.Time), Text: text})
	}
	if asText > 0 && 2*asText > len(list) {
		d.Endpoint = append(d.Endpoint, draft.Key{Name: "frames", Value: draft.Plain("binary")})
	}
	if binary > 0 {
		d.Note(fmt.Sprintf("left out: %d binary messages that are not text; to send one, write it to a file and use messages: {file: NAME, raw: true}", binary))
	}
	return list
}

// at returns a time in seconds since 1970.
func at(seconds float64) time.Time {
	if math.IsNaN(seconds) || math.Abs(seconds) > 1e11 {
		return time.Time{}
	}
	return time.UnixMicro(int64(seconds * 1e6))
}

// events returns the events of a stream: as the browser recorded them, or as they are in the response,
// then without their times.
func (e *entry) events() (list []traffic.Message) {
	for _, v := range e.Events {
		list = append(list, traffic.Message{At: at(v.Time), Text: v.Data})
	}
	if len(list) > 0 {
		return list
	}
	text := e.Response.Content.Text
	if e.Response.Content.Encoding == "base64" {
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil
		}
		text = string(b)
	}
	for _, data := range split(text) {
		list = append(list, traffic.Message{At: e.started(), Text: data})
	}
	return list
}

// started returns the time of the request.
func (e *entry) started() time.Time {
	t, _ := time.Parse(time.RFC3339Nano, e.Started)
	return t
}

// split returns the data of the events in a stream (WHATWG HTML, section 9.2.6).
func split(stream string) (events []string) {
	stream = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(stream, "\ufeff"))
	var data []string
	for line := range strings.SplitSeq(stream, "\n") {
		name, value, _ := strings.Cut(line, ":")
		switch {
		case line == "" && len(data) > 0:
			events = append(events, strings.Join(data, "\n"))
			data = nil
		case name == "data":
			data = append(data, strings.TrimPrefix(value, " "))
		}
	}
	return events // an event without an empty line after it is not complete
}
