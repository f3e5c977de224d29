package sse

import (
	"fmt"
	"net/url"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
)

// A messagePoster posts JSON and text messages over HTTP/1.1.
type messagePoster struct {
	*poster
	json, text         httpwire.Request
	jsonHead, textHead []byte
}

func newMessagePoster(p *poster, base httpwire.Request, u *url.URL) *messagePoster {
	m := &messagePoster{poster: p, json: base.Post(u, jsonType), text: base.Post(u, textType)}
	m.jsonHead, m.textHead = requestHead(m.json), requestHead(m.text)
	return m
}

func requestHead(r httpwire.Request) []byte {
	return postHead(r.URL.RequestURI(), r.Host, r.HeaderLines())
}

func (u *messagePoster) post(p []byte) error {
	r, head := &u.text, u.textHead
	if looksLikeJSON(p) {
		r, head = &u.json, u.jsonHead
	}
	err := u.poster.post(head, p)
	if err == nil {
		return nil
	}
	return followPostRedirects(r, err, func(next httpwire.Request) error { return u.poster.post(requestHead(next), p) })
}

// checkPost checks the response to the POST of a message.
func checkPost(status int, body []byte) error {
	if status >= 200 && status < 300 {
		return nil
	}
	return fmt.Errorf("%w: %w", driver.ErrMessageFailed, httpwire.RefuseStatus("the POST of a message", status, body, "")) // the events continue
}

// maxPostResponse is the longest response body to a POST, in bytes: the initial window of HTTP/2.
const maxPostResponse = 64<<10 - 1

// Default content types of posted messages.
const (
	jsonType = "application/json"
	textType = "text/plain; charset=utf-8"
)

// looksLikeJSON reports whether a message starts like a JSON object or array.
func looksLikeJSON(p []byte) bool { return len(p) > 0 && (p[0] == '{' || p[0] == '[') }
