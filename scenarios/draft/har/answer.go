package har

import (
	"strings"

	"rtbench/scenarios/draft"
	"rtbench/scenarios/draft/traffic"
)

// answersRequest reports whether the events answer a request with a body, as language models do.
func (e *entry) answersRequest(list []traffic.Message) bool {
	return e.stream && e.Request.Method == post && e.Request.Body.Text != "" && len(list) > 0
}

// generate adds a request that is answered with a stream of messages.
func (e *entry) generate(d *draft.Draft) {
	d.Endpoint = nil // method and body are those of the pattern
	events := e.events()
	d.Add("pattern", draft.Plain("generate"), "each request is answered with a stream of messages")
	d.Add("messages", draft.Text(traffic.Template(d, e.Request.Body.Text, e.started())), "the request of the recording; {{randomString 200}} or {{.Row.prompt}} instead of a text varies it")
	if last := strings.TrimSpace(events[len(events)-1].Text); last == "[DONE]" {
		d.Add("end", draft.Text(last), "the last event")
	}
	if d.Load.Rate == "" {
		d.Load.Rate, d.Load.Comment = "1/s", "requests per second; the recording has one request"
	}
}
