package http2

import "golang.org/x/net/http2"

// maxExcess bounds what countExcess counts.
const maxExcess = 500

// countExcess counts frames that make the server work and cost the client nothing: streams
// reset at once (CVE-2023-44487), and settings that let blocked streams send. Each complete
// response makes up for one.
func (c *Conn) countExcess() error {
	if c.server == nil {
		return nil
	}
	if c.excess++; c.excess > maxExcess {
		return newViolation(http2.ErrCodeEnhanceYourCalm, "too many streams reset or settings changed")
	}
	return nil
}

// countReset counts a stream that the client resets, unless it has seen the response.
func (c *Conn) countReset(st *Stream) error {
	if !st.responded || st.batch == c.batch {
		return c.countExcess()
	}
	return nil
}
