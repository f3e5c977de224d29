package longpoll

import (
	"fmt"
	"io"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
	"rtbench/proto/eventloop"
)

// Send posts one message and waits for the response.
func (st *stream) Send(p []byte) error {
	switch {
	case st.endpoint.Post == nil:
		return driver.ErrReceiveOnly
	case st.ended:
		return eventloop.ErrSendAfterEnd
	}
	if len(p) > 0 && (p[0] == '{' || p[0] == '[') {
		return st.post(st.json, p)
	}
	return st.post(st.text, p)
}

func (st *stream) post(r httpwire.Request, p []byte) error {
	resp, err := st.http.Do(r.NetHTTP(st.ctx, p))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if st.endpoint.PostEnd != nil && driver.SessionOver(resp.StatusCode) {
		return driver.ErrEnded
	}
	if err := check(resp, "the POST of a message"); err != nil {
		return fmt.Errorf("%w: %w", driver.ErrMessageFailed, err)
	}
	_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, maxBatch)) // so that the connection can be used again
	return err
}

// CloseSend posts the end of the messages if the Endpoint has a URL for it.
func (st *stream) CloseSend() error {
	if st.ended || st.endpoint.PostEnd == nil {
		return nil
	}
	st.ended = true
	r := st.text
	r.URL = st.endpoint.PostEnd
	return st.post(r, nil)
}
