// Package har drafts scenarios from HTTP archives (HAR 1.2), as browsers export them: from the messages
// of a WebSocket (_webSocketMessages) or the events of an event stream.
package har

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"rtbench/scenarios/draft"
	"rtbench/scenarios/draft/traffic"
)

// Options select and adapt a connection.
type Options struct {
	Pick   string // its number or a part of its URL; empty: the only one
	Target string // the URL to use instead of the recorded one; without a path, that of the recording
}

// Draft adds a connection of an archive to d. file is its name in errors, which have positions.
func Draft(d *draft.Draft, file string, data []byte, o Options) error {
	archive, err := parse(file, data)
	if err != nil {
		return err
	}
	var list []*entry
	var names []draft.Choice
	for _, e := range archive.Log.Entries {
		if e.classify() {
			list = append(list, e)
			names = append(names, e.describe())
		}
	}
	if len(list) == 0 {
		return fmt.Errorf("%s: found %d requests, none a WebSocket or an event stream; expected one: open the page with the developer tools, and export the archive with content", file, len(archive.Log.Entries))
	}
	i, err := draft.Choose("connections", "--pick", o.Pick, names)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	e := list[i]
	if err := e.addRequest(d, o.Target); err != nil {
		return fmt.Errorf("%s: connection %d: %w", file, i+1, err)
	}
	messages := e.messages(d)
	if len(messages) == 0 {
		d.Note("the recording has no messages of this connection: browsers keep them only while the developer tools are open")
	}
	d.Head = append(d.Head, fmt.Sprintf("Written from connection %d of %d in %s: %s.", i+1, len(list), file, e.counts(messages)))
	if preset := e.preset(messages); preset != "" {
		d.Note(fmt.Sprintf("this looks like %s; the preset may fit better: `include: %s`, see `rtbench scenario show %[2]s`", presetNames[preset], preset))
	}
	if e.answersRequest(messages) {
		e.generate(d)
		return nil
	}
	traffic.Draft(d, messages)
	return nil
}

// maxSize bounds archives, in bytes.
const maxSize = 256 << 20

// parse decodes an archive.
func parse(file string, data []byte) (*archive, error) {
	if len(data) > maxSize {
		return nil, fmt.Errorf("%s: found %d bytes; expected at most %d", file, len(data), maxSize)
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	a := new(archive)
	err := json.Unmarshal(data, a)
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return nil, fmt.Errorf("%s:%s: %s; expected a HAR file, which is JSON", file, position(data, syntax.Offset-1), strings.TrimPrefix(syntax.Error(), "json: "))
	case errors.As(err, &wrong):
		return nil, fmt.Errorf("%s:%s: %s: found %s; expected %s", file, position(data, wrong.Offset), cmp.Or(wrong.Field, "the file"), wrong.Value, typeName(wrong.Type.String()))
	case err != nil:
		return nil, fmt.Errorf("%s: %w", file, err)
	case a.Log == nil || a.Log.Entries == nil:
		return nil, fmt.Errorf("%s:1:1: found JSON without log.entries; expected a HAR file, as browsers export it", file)
	}
	return a, nil
}

// typeName returns the JSON type of a Go type.
func typeName(name string) string {
	switch {
	case strings.HasPrefix(name, "[]"):
		return "an array"
	case name == "string":
		return "a string"
	case strings.HasPrefix(name, "float"), strings.HasPrefix(name, "int"):
		return "a number"
	}
	return "an object"
}

// position returns the line and column of an offset.
func position(data []byte, offset int64) string {
	before := data[:max(0, min(int(offset), len(data)))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return fmt.Sprintf("%d:%d", bytes.Count(before, []byte("\n"))+1, utf8.RuneCount(before[start:])+1)
}

// An archive has the parts of a HAR file that matter here.
type archive struct {
	Log *struct {
		Entries []*entry `json:"entries"`
	} `json:"log"`
}

type entry struct {
	Started  string `json:"startedDateTime"`
	Resource string `json:"_resourceType"`
	Request  struct {
		Method  string   `json:"method"`
		URL     string   `json:"url"`
		Headers []header `json:"headers"`
		Cookies []header `json:"cookies"`
		Body    struct {
			MIME string `json:"mimeType"`
			Text string `json:"text"`
		} `json:"postData"`
	} `json:"request"`
	Response struct {
		Headers []header `json:"headers"`
		Content struct {
			MIME     string `json:"mimeType"`
			Text     string `json:"text"`
			Encoding string `json:"encoding"`
		} `json:"content"`
	} `json:"response"`
	Frames []frame `json:"_webSocketMessages"`
	Events []event `json:"_eventSourceMessages"`

	scheme string // of the URL for rtbench: ws, wss, http or https
	stream bool   // an event stream, not a WebSocket
}

type header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// A frame is a message of a WebSocket. Its time is in seconds since 1970.
type frame struct {
	Type   string  `json:"type"` // send or receive
	Time   float64 `json:"time"`
	Opcode float64 `json:"opcode"`
	Data   string  `json:"data"`
}

// An event is a message of an event stream.
type event struct {
	Time float64 `json:"time"`
	Data string  `json:"data"`
}

// classify finds out whether the entry is a WebSocket or an event stream.
func (e *entry) classify() bool {
	if e == nil {
		return false
	}
	scheme, _, _ := strings.Cut(strings.ToLower(e.Request.URL), "://")
	secure := scheme == "wss" || scheme == "https"
	upgrade, _ := find(e.Request.Headers, "Upgrade")
	e.stream = strings.EqualFold(e.Resource, "eventsource") || len(e.Events) > 0 || strings.HasPrefix(strings.ToLower(e.Response.Content.MIME), "text/event-stream")
	switch {
	case e.stream:
		e.scheme = "http"
	case scheme == "ws" || scheme == "wss" || strings.EqualFold(e.Resource, "websocket") || len(e.Frames) > 0 || strings.EqualFold(upgrade, "websocket"):
		e.scheme = "ws"
	default:
		return false
	}
	if secure {
		e.scheme += "s"
	}
	return true
}

// describe returns the URL without its query, and the number of messages.
func (e *entry) describe() draft.Choice {
	url, _, _ := strings.Cut(e.Request.URL, "?")
	if _, rest, ok := strings.Cut(url, "://"); ok {
		url = e.scheme + "://" + rest
	}
	if e.stream {
		return draft.Choice{Name: draft.Printable(url), Detail: fmt.Sprintf("%d events", len(e.events()))}
	}
	sent := 0
	for _, f := range e.Frames {
		if f.Type == "send" {
			sent++
		}
	}
	return draft.Choice{Name: draft.Printable(url), Detail: fmt.Sprintf("%d messages sent, %d received", sent, len(e.Frames)-sent)}
}

// counts describes the messages that are used.
func (e *entry) counts(list []traffic.Message) string {
	sent := 0
	for _, m := range list {
		if m.Sent {
			sent++
		}
	}
	took := time.Duration(0)
	if len(list) > 0 {
		took = list[len(list)-1].At.Sub(list[0].At).Round(100 * time.Millisecond)
	}
	return fmt.Sprintf("%d messages sent and %d received in %v", sent, len(list)-sent, took)
}

func find(list []header, name string) (string, bool) {
	for _, h := range list {
		if strings.EqualFold(h.Name, name) {
			return h.Value, true
		}
	}
	return "", false
}
