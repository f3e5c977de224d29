package longpoll

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"rtbench/proto"
	"rtbench/proto/framing"
)

func (st *stream) Recv() ([]byte, error) {
	for {
		p, ok, err := st.next()
		switch {
		case ok || err != nil:
			return p, err
		case st.over:
			return nil, io.EOF
		}
		if err := st.poll(); err != nil {
			if st.ctx.Err() != nil {
				err = net.ErrClosed
			}
			return nil, err
		}
	}
}

// next returns the next message of the last response.
func (st *stream) next() (p []byte, ok bool, err error) {
	rest := st.body.Bytes()[st.used:]
	if !st.endpoint.Lengths { // a response is one message
		st.used += len(rest)
		if st.list != nil {
			rest, _ = st.list(rest)
		}
		return rest, len(rest) > 0 && !bytes.Equal(rest, noMessages), nil
	}
	kind, p, n, err := framing.TCP{Limit: st.limit}.Next(rest)
	st.used += n
	if kind == framing.More && len(rest) > 0 && err == nil {
		err = io.ErrUnexpectedEOF
	}
	return p, kind == framing.Message, err
}

// noMessages is a response, or a list in it, without messages.
var noMessages = []byte("[]")

// poll waits for a response with messages, or without: then the next poll asks again.
func (st *stream) poll() error {
	r := st.polls
	if st.cursor != "" {
		r.URL = withQuery(r.URL, st.endpoint.Cursor.Query+"="+url.QueryEscape(st.cursor))
	}
	resp, err := st.http.Do(r.NetHTTP(st.ctx, nil))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNotModified {
		return nil
	}
	if err := check(resp, "the poll"); err != nil {
		return err
	}
	if err := st.read(resp.Body); err != nil {
		return err
	}
	st.over = resp.Header.Get(proto.EndHeader) != ""
	st.advance(resp.Header)
	return nil
}

// maxBatch is the longest response of several messages, besides the last of them, in bytes.
const maxBatch = 1 << 20

func (st *stream) read(body io.Reader) error {
	st.body.Reset()
	st.used = 0
	most := int64(st.limit)
	if st.endpoint.Lengths {
		most += maxBatch
	}
	n, err := st.body.ReadFrom(io.LimitReader(body, most+1))
	if err == nil && n > most {
		err = framing.TooLong(st.limit)
	}
	return err
}

// advance takes the cursor of a response.
func (st *stream) advance(h http.Header) {
	c := st.endpoint.Cursor
	cursor := ""
	switch {
	case c.Header != "":
		cursor = h.Get(c.Header)
	case st.position != nil:
		found, _ := st.position(st.body.Bytes())
		cursor = string(found)
	}
	if cursor != "" {
		st.cursor = cursor
		st.client.note(st.endpoint, cursor)
	}
}

// withQuery returns a URL with more at the end of its query.
func withQuery(u *url.URL, more string) *url.URL {
	next := *u
	if next.RawQuery != "" && !strings.HasSuffix(next.RawQuery, "&") {
		next.RawQuery += "&"
	}
	next.RawQuery += more
	return &next
}
